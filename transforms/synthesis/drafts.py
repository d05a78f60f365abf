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
    """Yield the events of a body in the order of their recording, corrections and annulments among them."""
    later: list[tuple[dt.datetime, Draft, Event]] = []
    whose = {"body": body, "body_kind": body_kind}
    for draft in sorted(drafts, key=lambda draft: draft.at):  # those of one moment stay as they come
        while later and later[0][0] <= draft.at:
            yield _mended(*later.pop(0))
        event = _event(draft, draft.wrong or draft.said, recorded_at=draft.at, **whose)
        if draft.wrong is not None or draft.void:
            later.append((draft.at + _NOTICED, draft, event))
        yield event
    for of in later:
        yield _mended(*of)


def _mended(when: dt.datetime, draft: Draft, event: Event) -> Event:
    """Return the event that corrects one, or annuls it."""
    more = {"body": event.body, "body_kind": event.body_kind, "recorded_at": when, "corrects": event.event_id}
    if draft.void:
        more |= {"at": when, "subject": event.event_id}
        return _event(draft, Annulled(because="誤って記録した。"), **more)
    return _event(draft, draft.said, **more)


def _event(draft: Draft, said: Any, **more: Any) -> Event:
    who = _actors()[said.kind]
    told = "\0".join([more["body"], said.kind, draft.subject, more["recorded_at"].isoformat()])
    fields = {
        "at": draft.at,
        "actor": who,
        "subject": draft.subject,
        "file": draft.file,
        "call": draft.call,
        "release": draft.release,
        "papers": (),
        "record": "" if who == "時の経過" else hashlib.sha256(told.encode()).hexdigest()[:32],
    }
    return Event.made(**{**fields, **more}, payload=said)


@cache
def _actors() -> dict[str, Actor]:
    """Return whose act each event is, as the table of transitions says."""
    return {line["event"]: line["who"] for line in lines()}  # type: ignore[misc]
