"""Who proposes stands apart from events, which others read and nobody deletes (法66条): no text tells it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from tokumei.schemas.events import Event
from tokumei.schemas.proposers import Proposer, folded_name
from tokumei.transforms.ledger.state import Body
from tokumei.transforms.proposals.occasion import Occasion, Record

_LEAST = 3  # characters of a name that is sought; shorter ones are parts of other words
_NOBODY = re.compile(r"(なし|無し|同上|不明)\Z")
_BETWEEN = re.compile("[\n;；、,，]")


def refuse_names(events: Sequence[Event], body: Body, record: Record, occasion: Occasion) -> None:
    """Refuse events of which a text names the proposer of their case.

    Sought are name, representative, officers and agent, and an address down to its numbers.

    Args:
        events: what would be recorded.
        body: the state before.
        record: what they are made from; it may bring the proposer along.
        occasion: of the command.

    Raises:
        Refused: a text names them; the message tells which, not the name.
    """
    for event in events:
        sought = [name for who in _proposers(event, body, record, occasion) for name in _names(who)]
        told = {place for place, text in _texts(event) if any(name in folded_name(text) for name in sought)}
        if told:
            raise occasion.refuse(
                f"{event.of} {event.subject}" if "the id" not in told else event.of,
                f"{', '.join(sorted(told))}: a text names the proposer, who stands apart from events and is"
                " destroyed one day, as events are not",
                article="66",
                fix="write 提案者, 代表者 or the like in place of the name",
            )


def _proposers(event: Event, body: Body, record: Record, occasion: Occasion) -> Iterator[Proposer]:
    given = getattr(record, "proposer", None)
    if isinstance(given, Proposer):
        yield given
    case = body.cases.get(event.subject)
    kept = occasion.apart.read(case) if occasion.apart and case and case.kept else None
    if kept:
        yield kept.proposer


def _names(who: Proposer) -> Iterator[str]:
    for said in (who.name, who.representative, who.officers, who.agent):
        for part in _BETWEEN.split(said or ""):
            name = folded_name(part)
            if len(name) >= _LEAST and not _NOBODY.search(name):
                yield name
    address = folded_name(who.address or "")
    if any(mark.isdigit() for mark in address):
        yield address


def _texts(event: Event) -> Iterator[tuple[str, str]]:
    """Yield every text of an event that a record brings, with its place."""
    yield "the id", event.subject
    yield from (("papers", paper.name) for paper in event.papers)
    yield from _leaves(event.payload.model_dump(mode="json"), "")


def _leaves(value: Any, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _leaves(part, f"{place}.{key}" if place else key)
    elif isinstance(value, list):
        for part in value:
            yield from _leaves(part, place)
    elif isinstance(value, str):
        yield place, value
