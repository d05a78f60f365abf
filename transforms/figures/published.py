"""What everybody may read of one body: its calls, its window (窓口), the files it offers, its products.

Nothing of a proposal is here, nor of who made it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_args

import polars as pl

from tokumei.schemas.body_events import CallAnnounced, FileJudged
from tokumei.schemas.case_events import ProductCreated
from tokumei.schemas.events import BodyKind
from tokumei.schemas.file_items import Period
from tokumei.schemas.regimes import fiscal_year
from tokumei.schemas.register import body_folder
from tokumei.transforms.figures.happened import ELIGIBLE_NOW
from tokumei.transforms.figures.views.dataset import ListCell

PublicLine = Mapping[str, ListCell]


@dataclass(frozen=True, kw_only=True)
class PublicLists:
    """Lines of one body's lists, each with a ``key`` of its own, in the order of its events.

    Attributes:
        body: what it is called, of which kind, and the window of its latest call.
        calls: calls that are announced, with period and window.
        files: files that the three conditions hold for and that stand in the register.
        register: entries of the register book that are in force.
        products: what was made of them and is on offer, now or soon (117条, 118条).
    """

    body: PublicLine
    calls: tuple[PublicLine, ...]
    files: tuple[PublicLine, ...]
    register: tuple[PublicLine, ...]
    products: tuple[PublicLine, ...]


def published(
    events: pl.DataFrame,
    register: Iterable[PublicLine],
    withdrawn: Collection[str],
    until: dt.date,
    year: int,
) -> PublicLists | None:
    """Return what is public of a body on a day; None where nothing happened by then.

    Args:
        events: of the body, as `tokumei.transforms.figures.columns.ledger_columns` returns them.
        register: entries of the body that are in force.
        withdrawn: releases that were taken out of force (取下げ).
        until: that day.
        year: the fiscal year whose calls are counted.
    """
    events = events.filter(pl.col("day") <= until)
    if not len(events):
        return None
    body, body_kind = events.select("body", "body_kind").row(0)
    key = body_folder(body)
    at = {"body_key": key, "body": body, "body_kind": body_kind}
    calls = [
        (event, CallAnnounced.model_validate_json(said)) for event, said in _of(events, "call_announced")
    ]
    files = _files(events)
    names = {file: said.name for file, (said, _) in files.items()}
    eligible = {file: said for file, (said, now) in files.items() if now}
    window = calls[-1][1].window if calls else None
    offered = {file: event["subject"] for event, said in calls for file in said.files}
    products = [
        (event, ProductCreated.model_validate_json(said)) for event, said in _of(events, "product_created")
    ]
    return PublicLists(
        body={
            "key": key,
            "body": body,
            "body_kind": body_kind,
            "window": window.name if window else None,
            "address": window.address if window else None,
            "contact": window.contact if window else None,
            "calls": sum(fiscal_year(said.period.start) == year for _, said in calls),
            "files": len(eligible),
        },
        calls=tuple({**at, **_call(event, said, key, until)} for event, said in calls),
        files=tuple(
            {**at, "key": file, "name": said.name, "people": said.people, "call": offered.get(file)}
            for file, said in eligible.items()
        ),
        register=tuple({**at, **entry} for entry in register),
        products=tuple(
            {**at, **_product(event, said, said.offered, names, until)}
            for event, said in products
            if said.offered is not None and said.offered.end >= until and event["release"] not in withdrawn
        ),
    )


def _of(events: pl.DataFrame, *kinds: str) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Yield the events of these kinds, and what each says."""
    for event in events.filter(pl.col("kind").is_in(kinds)).iter_rows(named=True):
        yield event, event["payload"]


def _files(events: pl.DataFrame) -> dict[str, tuple[FileJudged, bool]]:
    """Return every file that was judged, as it was last, and whether proposals may be made on it now."""
    files: dict[str, tuple[FileJudged, bool]] = {}
    for event, said in _of(events.with_columns(ELIGIBLE_NOW.alias("eligible")), "file_judged", "file_erased"):
        if event["kind"] == "file_judged":
            files[event["subject"]] = (FileJudged.model_validate_json(said), bool(event["eligible"]))
        elif event["subject"] in files:
            files[event["subject"]] = (files[event["subject"]][0], False)
    return files


def _call(event: Mapping[str, Any], said: CallAnnounced, key: str, until: dt.date) -> PublicLine:
    return {
        "key": f"{key}-{event['subject']}",
        "call": event["subject"],
        "title": said.title,
        "announced": f"{event['day']}",
        "first_day": f"{said.period.start}",
        "last_day": f"{said.period.end}",
        "state": period_standing(said.period, until),
        "files": len(said.files),
        "window": said.window.name,
        "address": said.window.address,
        "contact": said.window.contact,
    }


def _product(
    event: Mapping[str, Any], said: ProductCreated, offered: Period, names: Mapping[str, str], until: dt.date
) -> PublicLine:
    return {
        "key": event["release"] or event["event_id"],
        "file": event["file"],
        "name": names.get(event["file"]),
        "people": said.people,
        "created": f"{event['day']}",
        "offered_from": f"{offered.start}",
        "offered_to": f"{offered.end}",
        "state": period_standing(offered, until),
    }


def kind_place(kind: str) -> int:
    """Return the place of a kind of body among all kinds, as the law names them."""
    return get_args(BodyKind).index(kind)


def period_standing(period: Period, day: dt.date) -> str:
    """Return where a period stands on a day, as pages say it: on its last day it is not over."""
    return "募集前" if day < period.start else "募集中" if day <= period.end else "募集終了"
