"""The conditions that the table of transitions names in ``when``, asked before an event is applied."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import TypeAlias

from tokumei.schemas.body_events import FileJudged
from tokumei.schemas.case_events import FeePaid, ProposalCorrected, ProposalReceived, ProposalWithdrawn
from tokumei.schemas.events import Event
from tokumei.schemas.regimes import regime_of
from tokumei.transforms.ledger.state import Body, Case, Thing

# body, the thing that the event is about (of bars and proposers, their case), the event → whether it holds
Test: TypeAlias = Callable[[Body, Thing, Event], bool]
TESTS = {"112": frozenset(range(1, 8)), "118": frozenset({1, 4, 5, 6, 7})}  # 法114条1項, 118条2項
OVER = frozenset(
    {"late", "withdrawn", "lapsed", "unfit", "ended", "terminated"}
)  # states that a case ends in

LAPSE = dt.timedelta(days=30)  # our default: so long after its day a fee that was paid in time is recorded


def _eligible(_: Body, _thing: Thing, event: Event) -> bool:
    said = event.payload
    return isinstance(said, FileJudged) and all(
        condition.holds for condition in (said.published, said.disclosable, said.unhindered)
    )


def _complete(_: Body, _thing: Thing, event: Event) -> bool:
    return isinstance(event.payload, ProposalReceived | ProposalCorrected) and not event.payload.missing


def _overdue(body: Body, thing: Thing, event: Event) -> bool:
    until = _case(thing).until
    return until is not None and event.at.date() > until


def _all_passed(body: Body, thing: Thing, event: Event) -> bool:
    case = _case(thing)
    passed = {number for number, test in case.judged.items() if test.passed}
    return passed >= tests_of(case) and passed == set(case.judged)


def _one_failed(body: Body, thing: Thing, event: Event) -> bool:
    return any(not test.passed for test in _case(thing).judged.values())


def _heard(body: Body, thing: Thing, event: Event) -> bool:
    case = _case(thing)
    file = body.files.get(case.file or "")
    marked = file is not None and file.judged is not None and file.judged.third_party_opinion
    return marked and case.state == "fit" and regime_of(event.at.date()) == "public_2017"


def _whole_fee(body: Body, thing: Thing, event: Event) -> bool:
    fit = _case(thing).fit
    return fit is not None and isinstance(event.payload, FeePaid) and event.payload.amount == fit.fee


def _fee_overdue(body: Body, thing: Thing, event: Event) -> bool:
    fit = _case(thing).fit
    return fit is not None and event.at.date() > fit.pay_until + LAPSE


def _fee_settled(body: Body, thing: Thing, event: Event) -> bool:
    return isinstance(event.payload, ProposalWithdrawn) and event.payload.fee_settled is not None


def _period_over(body: Body, thing: Thing, event: Event) -> bool:
    proposal = _case(thing).proposal
    return proposal is not None and proposal.period is not None and event.at.date() > proposal.period.end


def _terminated(body: Body, thing: Thing, event: Event) -> bool:
    return _case(thing).state == "terminated"


def _not_needed(body: Body, thing: Thing, event: Event) -> bool:
    case = _case(thing)
    return case.state in OVER and case.bar != "barred"


def _under(article: str) -> Test:
    def under(_: Body, thing: Thing, _event: Event) -> bool:
        received = _case(thing).received
        return received is not None and received.under == article

    return under


def _case(thing: Thing) -> Case:
    assert isinstance(thing, Case)  # noqa: S101  (the table asks these of cases only)
    return thing


def tests_of(case: Case) -> frozenset[int]:
    """Return the numbers of the tests that a case must pass: of 118条, not 2 and 3 (118条2項)."""
    return TESTS[case.received.under] if case.received else frozenset()


CONDITIONS: Mapping[str, Test] = {
    "eligible": _eligible,
    "complete": _complete,
    "correction overdue": _overdue,
    "all tests passed": _all_passed,
    "a test failed": _one_failed,
    "third parties are heard": _heard,
    "fee is whole": _whole_fee,
    "fee overdue": _fee_overdue,
    "fee is settled": _fee_settled,
    "period of use is over": _period_over,
    "terminated": _terminated,
    "nobody needs them": _not_needed,
    "under 112": _under("112"),
    "under 118": _under("118"),
}
