"""The fold: events in order, by the table of transitions, to the state of the body; corrections take effect.

Replaying all events gives the state that applying them one by one gave. An event that the table refuses is
raised as `Refused` with article and reason: from a command it refuses the record, in a ledger it is damage.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from tokumei.schemas.errors import InputError, RequirementError
from tokumei.schemas.events import Event
from tokumei.schemas.regimes import cited, regime_of
from tokumei.schemas.transitions import transition
from tokumei.transforms.ledger.conditions import CONDITIONS
from tokumei.transforms.ledger.effects import leave, rests_on
from tokumei.transforms.ledger.state import Body, Call, Case, Complaint, File, Inquiry, Thing


class Refused(RequirementError):
    """A record, or an event, that law or state refuse: exit status 4."""


def refusal(where: str, reason: str, *, article: str, fix: str, code: str = "refused") -> Refused:
    """Return a refusal.

    Args:
        where: what is refused; no name of a person.
        reason: why.
        article: as it is cited, empty for none.
        fix: what to do.
        code: short stable name, without its first part.
    """
    what = f"{reason} ({article})" if article else reason
    return Refused(f"ledger.{code}", where=where, what=what, fix=fix)


def fold_events(events: Sequence[Event]) -> Body:
    """Return what all events of a ledger fold to.

    Raises:
        Refused: the table refuses one of them, or a correction corrects nothing.
        InputError: they are not of one body.
    """
    order, origin = _resolved(events)
    body = Body()
    for event in order.values():
        apply(body, event)
    for event in events:
        if origin[event.event_id] in order or event.of == "event":  # what is annulled may be recorded again
            body.records.add(event.record)
        body.day = max(body.day, event.recorded_at.date())
    return body


def effective(events: Sequence[Event]) -> list[Event]:
    """Return the events as corrected: each in the place of the first that it replaces, without annulled ones.

    Raises:
        Refused: an event corrects one that is not before it, that is annulled, or of another kind.
    """
    return list(_resolved(events)[0].values())


def _resolved(events: Sequence[Event]) -> tuple[dict[str, Event], dict[str, str]]:
    """Return what is in force, by the first of each chain of corrections; and of each event that first."""
    order: dict[str, Event] = {}
    origin: dict[str, str] = {}
    for event in events:
        if event.corrects is None:
            order[event.event_id] = event
        origin[event.event_id] = _origin(origin, event)
        _correct(order, origin[event.event_id], event)
    return order, origin


def _origin(origin: dict[str, str], event: Event) -> str:
    if event.corrects is None:
        return event.event_id
    if event.corrects not in origin:
        raise refusal(
            f"event {event.corrects}",
            "no such event is recorded, that could be corrected",
            article="",
            fix="take the id from tokumei ledger show",
        )
    return origin[event.corrects]


def _correct(order: dict[str, Event], first: str, event: Event) -> None:
    """Put a correction in the place of the event that it replaces, or take an annulled event out."""
    if event.corrects is None:
        return
    line = transition("event", "recorded" if first in order else "annulled", "annulled", lambda _: True)
    if not line.next:
        raise refusal(f"event {event.corrects}", line.reason, article="", fix="record the event anew")
    if event.of == "event":
        del order[first]
        return
    if (order[first].kind, order[first].subject) != (event.kind, event.subject):
        raise refusal(
            f"event {event.corrects}",
            "a correction is of the same kind, and about the same, as what it corrects",
            article="",
            fix="annul the event and record another",
        )
    order[first] = event


def apply(body: Body, event: Event) -> None:
    """Apply one event, which corrects none, to the state of a body.

    Raises:
        Refused: the table refuses it; the state is unchanged.
        InputError: it is of another body.
    """
    if body.name and (body.name, body.kind) != (event.body, event.body_kind):
        raise InputError(
            "ledger.body",
            where=event.event_id,
            what="the event is of another body, or of a body of another kind, than those before it",
            fix="keep the ledgers of bodies apart; a body has one kind",
        )
    thing, state = _thing(body, event)
    after = _step(body, thing, state, event)
    _refuse_before(rests_on(body, thing, event), event)
    body.name, body.kind = event.body, event.body_kind
    _put(body, event, thing, after)
    leave(body, event)
    body.records.add(event.record)
    body.day = max(body.day, event.recorded_at.date())


def _step(body: Body, thing: Thing, state: str, event: Event) -> str:
    """Return the state that follows."""
    line = transition(event.of, state, event.kind, lambda name: CONDITIONS[name](body, thing, event))
    if line.next:
        return line.next
    raise refusal(
        f"{event.of} {event.subject}, {event.kind}",
        line.reason,
        article=cited(line.article, regime_of(event.at.date())),
        fix="see the table of transitions in schemas/life.md",
    )


def _refuse_before(rests_on: Mapping[str, dt.datetime], event: Event) -> None:
    """Refuse an event on a day before that of what it rests on; of the moments of a day, clerks note few."""
    for what, moment in rests_on.items():
        if event.at.date() < moment.date():
            raise refusal(
                f"{event.of} {event.subject}, {event.kind}",
                f"it would have happened on {event.at.date()}, before {what} of {moment.date()}",
                article="",
                fix="correct at, or the event before it",
                code="order",
            )


_MAKE: dict[str, tuple[str, type[Thing]]] = {
    "file": ("files", File),
    "call": ("calls", Call),
    "case": ("cases", Case),
    "complaint": ("complaints", Complaint),
    "inquiry": ("inquiries", Inquiry),
}


def _thing(body: Body, event: Event) -> tuple[Thing, str]:
    """Return what an event is about, new where there is none yet, and its state."""
    if event.of in {"bar", "proposer"}:
        case = body.cases.get(event.subject)
        if case is None:
            raise refusal(
                f"case {event.subject}, {event.kind}",
                "no proposal of this id is recorded",
                article=event.basis,
                fix="correct the id",
            )
        return case, case.bar if event.of == "bar" else case.proposer
    place, make = _MAKE[event.of]
    thing: Thing = getattr(body, place).get(event.subject) or make()
    return thing, thing.state


def _put(body: Body, event: Event, thing: Thing, after: str) -> None:
    if event.of == "bar" and isinstance(thing, Case):
        thing.bar = after
    elif event.of == "proposer" and isinstance(thing, Case):
        thing.proposer = after
    else:
        thing.state = after
        getattr(body, _MAKE[event.of][0])[event.subject] = thing
    thing.since[event.kind] = event.at
