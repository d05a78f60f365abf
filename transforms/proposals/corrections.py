"""Corrections: a wrong event is replaced, or annulled, by a new one; what follows from it is decided anew.

A correction passes the checks of the command that records such an event. Afterwards every event of the body,
of other cases too, is as right as it was, or the correction is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import Field, TypeAdapter, ValidationError

from tokumei.schemas.body_events import Annulled
from tokumei.schemas.case_events import ScreeningJudged
from tokumei.schemas.events import AnyPayload, Event
from tokumei.schemas.strict import Text
from tokumei.transforms.ledger.fold import Refused, apply, effective, refusal
from tokumei.transforms.ledger.state import Body
from tokumei.transforms.proposals.again import COMPUTED, no_longer_follow
from tokumei.transforms.proposals.due import is_due
from tokumei.transforms.proposals.occasion import GivenPaper, Occasion, Record
from tokumei.transforms.proposals.screen import under_article

_PAYLOAD: TypeAdapter[Any] = TypeAdapter(AnyPayload)


class CorrectedEvent(Record):
    """What an event should have said; what is left out stays."""

    event: Text = Field(description="event_id, as tokumei ledger show prints it.")
    payload: dict[str, Any] = Field(default={}, description="Keys of what it says, with the right values.")


class AnnulledEvent(Record):
    """An event that should never have been recorded."""

    event: Text = Field(description="event_id, as tokumei ledger show prints it.")
    because: Text


def correct(body: Body, record: CorrectedEvent, occasion: Occasion) -> list[Event]:
    """Return the event that replaces another.

    Raises:
        Refused: there is no such event, it cannot say that, or that is not corrected by hand.
    """
    wrong = _found(occasion.events, record.event)
    _refuse_computed(wrong, record)
    try:
        said = {**wrong.payload.model_dump(mode="json"), **record.payload, "kind": wrong.kind}
        payload = _PAYLOAD.validate_python(said, strict=False)
    except ValidationError as error:
        place = ".".join(map(str, error.errors(include_input=False)[0]["loc"][1:]))
        raise refusal(
            f"event {record.event}",
            f"an event of this kind cannot say that: {place}",
            article="",
            fix="see the events in schemas/life.md",
        ) from None
    about = {"file": wrong.file, "call": wrong.call, "release": wrong.release, "corrects": wrong.event_id}
    about["under"] = under_article(body.cases.get(wrong.subject))
    at = wrong.at if record.at is None else occasion.happened(record)
    papers = {paper.name: GivenPaper(**paper.model_dump(exclude={"name"})) for paper in wrong.papers}
    record = record.model_copy(update={"papers": {**papers, **record.papers}})
    return [occasion.event(record, payload, wrong.subject, wrong.actor, at=at, **about)]


def annul(_: Body, record: AnnulledEvent, occasion: Occasion) -> list[Event]:
    """Return the event that makes another void.

    Raises:
        Refused: there is no such event.
    """
    wrong = _found(occasion.events, record.event)
    payload = Annulled(because=record.because)
    return [occasion.event(record, payload, wrong.subject, "行政機関等", corrects=wrong.event_id)]


def _refuse_computed(wrong: Event, record: CorrectedEvent) -> None:
    """Refuse to correct by hand what a program found, or who made a proposal."""
    fixed = sorted(COMPUTED.get(wrong.kind, frozenset()) & set(record.payload))
    if wrong.actor == "時の経過":
        fixed = [wrong.kind]  # it follows from others
    if isinstance(wrong.payload, ScreeningJudged) and wrong.payload.computed:
        fixed = sorted(record.payload)
    if fixed:
        raise refusal(
            f"event {record.event}",
            f"this was computed, or stands apart, and is not corrected by hand: {', '.join(fixed)}",
            article="",
            fix="annul the event, with what rests on it, and run its command again; correct what it rests on",
        )


def revise(events: Sequence[Event], occasion: Occasion) -> list[Event]:
    """Return the events, and after them annulments of what time would not have brought as things now stand.

    A contract whose last day is corrected has not ended; a call whose last day is, has not closed.

    Raises:
        Refused: other events no longer follow.
    """
    body, stale, kept = Body(), [], []
    for event in effective(events):
        if event.actor == "時の経過" and not is_due(body, event):
            stale.append(event)
        else:
            _follow(body, event)
            kept.append(event)
    no_longer_follow(kept, effective(occasion.events), occasion)
    payload = Annulled(because="訂正により、時の経過によっては生じなかったこととなるため")
    return [
        *events,
        *(
            occasion.event(None, payload, event.subject, "時の経過", corrects=event.event_id)
            for event in stale
        ),
    ]


def _follow(body: Body, event: Event) -> None:
    """Apply an event, or say that it must go first."""
    try:
        apply(body, event)
    except Refused as fault:
        first = "correct or annul what rests on the event first, from the last to the first; in one file too"
        raise Refused(fault.code, where=fault.where, what=fault.what, fix=first) from None


def _found(events: Sequence[Event], event_id: str) -> Event:
    for event in events:
        if event.event_id == event_id:
            return event
    raise refusal(
        f"event {event_id}",
        "no such event is recorded",
        article="",
        fix="take the id from tokumei ledger show",
    )
