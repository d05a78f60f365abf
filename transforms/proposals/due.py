"""What time alone brings (`tokumei tick`): calls open and close, contracts end, bars begin and end.

Every event is dated by the moment that brings it, not by the night that finds it. So nights that were missed
are made up in order, with the same events as if none had been missed, and a second tick finds nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TypeVar

from tokumei.schemas.body_events import (
    BarBegun,
    BarEnded,
    CallClosed,
    CallOpened,
    FileErased,
    ProposerDestroyed,
)
from tokumei.schemas.case_events import OpinionsClosed, PeriodEnded, ProposalLapsed
from tokumei.schemas.events import AnyPayload, Event
from tokumei.schemas.japan_time import JST
from tokumei.schemas.register import SMALL_FILE
from tokumei.transforms.ledger.conditions import LAPSE, OVER
from tokumei.transforms.ledger.fold import apply
from tokumei.transforms.ledger.state import Body, Case
from tokumei.transforms.proposals.occasion import Occasion

T = TypeVar("T")
BAR_YEARS = 2  # 法113条5号
_UNPAID = frozenset({"fit", "heard", "applied"})  # fit, and neither paid for nor contracted
IN_FORCE = frozenset({"contracted", "ready", "created", "provided"})  # a contract is concluded and goes on


def bring_forward(body: Body, occasion: Occasion) -> list[Event]:
    """Apply to the state what time has brought up to the occasion, in order; return the events."""
    made: list[Event] = []
    occasion = replace(occasion, record="")
    while True:
        found = [due for due in _due(body) if due[0] <= occasion.as_of]
        if not found:
            return made
        first = min(moment for moment, *_ in found)
        for moment, payload, subject, about in sorted(
            (due for due in found if due[0] == first), key=lambda due: (due[1].kind, due[2])
        ):
            event = occasion.event(None, payload, subject, "時の経過", at=moment, **about)
            apply(body, event)
            made.append(event)


def is_due(body: Body, event: Event) -> bool:
    """Return whether time brings an event next, by the state before it."""
    return any(
        (moment, payload) == (event.at, event.payload) for moment, payload, *_ in _due(body, event.subject)
    )


def years_after(day: dt.date, years: int) -> dt.date:
    """Return the first day after a period of years that begins on a day (民法143条).

    From 2023-05-01 two years last up to and including 2025-04-30; from 29 February, to the end of February.
    """
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return dt.date(day.year + years, 3, 1)


def midnight(day: dt.date, *, after: bool = False) -> dt.datetime:
    """Return the moment at which a day begins, or ends, in Japan."""
    return dt.datetime.combine(day + dt.timedelta(days=after), dt.time(), JST)


_Due = tuple[dt.datetime, AnyPayload, str, dict[str, str | None]]


def _due(body: Body, only: str | None = None) -> Iterator[_Due]:
    """Yield what follows next from the state, with its moment, now or later; of one subject, or of all."""
    for name, file in _some(body.files, only):
        judged = file.judged
        assert judged is not None  # noqa: S101  (no file is there without)
        if file.state != "erased" and judged.people < SMALL_FILE and not judged.by_ordinance:
            payload = FileErased(people=judged.people)
            yield file.since["file_judged"], payload, name, {"file": name}
    for name, call in _some(body.calls, only):
        assert call.announced is not None  # noqa: S101  (no call is there without)
        if call.state == "announced":
            yield midnight(call.announced.period.start), CallOpened(), name, {"call": name}
        elif call.state == "open":
            yield midnight(call.announced.period.end, after=True), CallClosed(), name, {"call": name}
    for name, case in _some(body.cases, only):
        under = case.received.under if case.received else None
        about = {"file": case.file, "call": case.call, "under": under}
        yield from ((moment, payload, name, about) for moment, payload in _due_of_case(case))


def _some(things: Mapping[str, T], only: str | None) -> Iterable[tuple[str, T]]:
    if only is None:
        return things.items()
    return [(only, things[only])] if only in things else []


def _due_of_case(case: Case) -> Iterator[tuple[dt.datetime, AnyPayload]]:
    if case.state == "hearing" and case.until:
        yield midnight(case.until, after=True), OpinionsClosed()
    elif case.state in _UNPAID and case.fit:
        last = case.fit.pay_until
        yield max(midnight(last + LAPSE, after=True), *case.since.values()), ProposalLapsed(pay_until=last)
    elif case.state == "paid" and case.fit and case.proposal and case.proposal.period:
        over = midnight(case.proposal.period.end, after=True)
        yield max(over, *case.since.values()), ProposalLapsed(pay_until=case.fit.pay_until)
    elif case.state in IN_FORCE and case.contract:
        yield midnight(case.contract.period.end, after=True), PeriodEnded()
    elif case.state in OVER and case.received:
        yield from _due_when_over(case)


def _due_when_over(case: Case) -> Iterator[tuple[dt.datetime, AnyPayload]]:
    assert case.received is not None  # noqa: S101  (asked by the caller)
    last = max(case.since.values())
    if case.state == "terminated" and case.bar == "none":
        at = case.since["terminated"]
        free = years_after(at.date(), BAR_YEARS)
        yield at, BarBegun(proposer=case.reference, free_on=free)
    elif case.bar == "barred" and case.barred:
        yield midnight(case.barred.free_on), BarEnded()
    elif case.proposer == "held":
        yield max(midnight(case.received.destroy_on), last), ProposerDestroyed()
