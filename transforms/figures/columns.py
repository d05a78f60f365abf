"""A body's ledger as columns: its segments read together, corrections in effect, and no event object made.

This is the fold of `tokumei.transforms.ledger.fold` for what figures need of it, over all events at once; a
test compares the two. Events that no line of the table of transitions allows one after the other are refused.
"""

from __future__ import annotations

import io
from functools import cache

import polars as pl

from tokumei.schemas.transitions import NEW, lines
from tokumei.transforms.ledger.journal import Journal
from tokumei.transforms.ledger.segments import damaged_segment, decoded_segment

_COLUMNS = (
    *("event_id", "body", "body_kind", "kind", "at", "subject", "file", "release", "corrects", "payload"),
)
_ZONE = "+09:00"
_FIRST = {"proposer": "held"}  # the state of what no event has been about, where it is not that of the table


def ledger_columns(journal: Journal) -> pl.DataFrame:
    """Return a ledger's events in the order in which they took effect, as corrected, without annulled ones.

    Returns:
        The columns of `schemas/event.avsc` that figures need, and ``day``, the Japanese day of the event.

    Raises:
        InputError: the ledger is damaged, holds events of several bodies, or some cannot follow others.
    """
    segments = list(journal.segments())
    if not segments:
        raise damaged_segment(journal.folder, "there is no segment")
    uri, data = segments[-1]
    decoded_segment(data, uri)  # each is proven by the one after it, the last by the ids of its events
    parts = [pl.read_avro(io.BytesIO(data), columns=list(_COLUMNS)) for _, data in segments]
    events = _in_effect(pl.concat(parts), journal.folder)
    if not events["at"].str.ends_with(_ZONE).all():
        raise damaged_segment(journal.folder, "an event has a time of another zone than Japan's")
    if events.select(pl.struct("body", "body_kind").n_unique()).item() > 1:
        raise damaged_segment(journal.folder, "it holds events of several bodies, or kinds of bodies")
    return _legal(events, journal.folder).with_columns(pl.col("at").str.head(10).str.to_date().alias("day"))


def _in_effect(events: pl.DataFrame, where: str) -> pl.DataFrame:
    """Put each correction in the place of the first event that it replaces, and take annulled events out."""
    events = events.with_row_index("place")
    if events["corrects"].null_count() == len(events):
        return events.drop("place", "corrects")
    first = events.select("event_id", pl.coalesce("corrects", "event_id").alias("first"))
    while True:  # a correction of a correction: to the one before, until nothing changes
        before = first.rename({"event_id": "first", "first": "earlier"})
        further = first.join(before, on="first", how="left", maintain_order="left")
        if further["earlier"].null_count():
            raise damaged_segment(where, "an event corrects one that the ledger does not have")
        if (further["earlier"] == further["first"]).all():
            break
        first = further.select("event_id", pl.col("earlier").alias("first"))
    events = events.with_columns(first["first"])
    newest = events.group_by("first").agg(pl.col("place").max(), pl.col("place").min().alias("since"))
    return (
        events.join(newest, on=["first", "place"])
        .filter(pl.col("kind") != "annulled")
        .sort("since")
        .drop("place", "since", "first", "corrects")
    )


def _legal(events: pl.DataFrame, where: str) -> pl.DataFrame:
    """Return the events as they are, where each may follow the one before of the same thing."""
    pairs = events.select("kind", "subject").join(_of_kinds(), on="kind", how="left", maintain_order="left")
    pairs = pairs.with_columns(
        pl.col("kind").shift(1).over("of", "subject").fill_null("").alias("before")
    ).select("before", "kind")
    if len(pairs.unique().join(_allowed(), on=["before", "kind"], how="anti")):
        raise damaged_segment(where, "an event in it cannot follow the one before it (tokumei ledger check)")
    return events


@cache
def _of_kinds() -> pl.DataFrame:
    """Return what kind of thing each event changes."""
    of = {line["event"]: line["of"] for line in lines()}
    return pl.DataFrame({"kind": list(of), "of": list(of.values())})


@cache
def _allowed() -> pl.DataFrame:
    """Return the pairs of events that may follow one another; ``before`` is empty for the first."""
    after: dict[str, set[str]] = {}
    allowed = [line for line in lines() if line["next"]]
    for line in allowed:
        after.setdefault(line["event"], set()).add(line["next"])
    found = set()
    for line in allowed:
        states = set(line["state"].split("|"))
        if _FIRST.get(line["of"], NEW) in states:
            found.add(("", line["event"]))
        of = {other["event"] for other in allowed if other["of"] == line["of"]}
        found |= {(before, line["event"]) for before in of if after[before] & states}
    return pl.DataFrame(sorted(found), schema=["before", "kind"], orient="row")
