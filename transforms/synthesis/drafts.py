"""Drafts of events: what happened, and whether it was first recorded wrongly, or should never have been."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, NamedTuple

from tokumei.schemas.body_events import Annulled
from tokumei.schemas.event_base import Payload
from tokumei.schemas.events import Actor, BodyKind, Event
from tokumei.schemas.japan_time import JST
from tokumei.schemas.transitions import lines

_NOTICED = dt.timedelta(days=6)  # after which a mistake is corrected


class Draft(NamedTuple):
    """What happened to a subject.

    Attributes:
        at: when, Japanese time.
        said: what the event says.
        subject: id of what it changes.
        file, call, release: what else it is about.
        wrong: what was recorded first; it is corrected some days later.
        void: whether it should never have been recorded, and is annulled some days later.
    """

    at: dt.datetime
    said: Payload
    subject: str
    file: str | None = None
    call: str | None = None
    release: str | None = None
    wrong: Payload | None = None
    void: bool = False


def at(day: dt.date, hour: int) -> dt.datetime:
    """Return an hour of a day in Japan."""
    return dt.datetime(day.year, day.month, day.day, hour, tzinfo=JST)


def events_of(body: str, body_kind: BodyKind, drafts: Iterable[Draft]) -> Iterator[Event]:
    """Yield the events of a body in the order in which they were recorded, corrections and annulments among them."""
    later: list[tuple[dt.datetime, int, Draft, Event]] = []
    recorded = sorted(((draft.at, n, draft) for n, draft in enumerate(drafts)), key=lambda of: of[:2])
    for when, n, draft in recorded:
        while later and later[0][0] <= when:
            yield _mended(*later.pop(0))
        event = _event(body, body_kind, draft, draft.wrong or draft.said, when)
        if draft.wrong is not None or draft.void:
            later.append((when + _NOTICED, n, draft, event))
        yield event
    for of in later:
        yield _mended(*of)


def _mended(when: dt.datetime, _: int, draft: Draft, event: Event) -> Event:
    said = Annulled(because="誤って記録した。") if draft.void else draft.said
    return _event(event.body, event.body_kind, draft, said, when, corrects=event.event_id)


def _event(
    body: str, body_kind: BodyKind, draft: Draft, said: Any, recorded: dt.datetime, corrects: str | None = None
) -> Event:
    who = _actors()[said.kind]
    told = "" if who == "時の経過" else f"{body}\0{said.kind}\0{draft.subject}\0{recorded.isoformat()}"
    return Event.made(
        body=body,
        body_kind=body_kind,
        at=recorded if draft.void and corrects else draft.at,
        recorded_at=recorded,
        actor=who,
        subject=corrects if draft.void and corrects else draft.subject,
        file=draft.file,
        call=draft.call,
        release=draft.release,
        papers=(),
        record=hashlib.sha256(told.encode()).hexdigest()[:32] if told else "",
        corrects=corrects,
        payload=said,
    )


@cache
def _actors() -> dict[str, Actor]:
    """Return whose act each event is, as the table of transitions says."""
    return {line["event"]: line["who"] for line in lines()}  # type: ignore[misc]
