"""Contract, payment, opinions and termination of a case: the events that follow (法115条–120条)."""

from __future__ import annotations

import datetime as dt

from tokumei.schemas.case_events import (
    ContractApplied,
    ContractConcluded,
    FeePaid,
    OpinionAsked,
    OpinionGiven,
    Terminated,
)
from tokumei.schemas.case_records import (
    ContractRecord,
    HearingRecord,
    OpinionRecord,
    PaymentRecord,
    TerminationRecord,
)
from tokumei.schemas.errors import RequirementError
from tokumei.schemas.file_items import Period
from tokumei.transforms.ledger.state import Body, Case
from tokumei.transforms.proposals.screen import known_case


def heard(record: HearingRecord) -> OpinionAsked:
    """Return that third parties are asked; that the law of the day knows no such step, the table tells."""
    return OpinionAsked(third_parties=record.third_parties, until=record.until)


def opined(body: Body, record: OpinionRecord) -> OpinionGiven:
    """Return that a third party answered.

    Raises:
        RequirementError: more would have answered than were asked.
    """
    case = known_case(body, record.case)
    if len({*case.opinions, record.third_party}) > case.asked:
        raise RequirementError(
            "case.opinions",
            where=f"case {record.case}",
            what=f"{case.asked:,} third parties were asked, and as many have answered",
            fix="correct third_party, or the number of those who were asked",
        )
    return OpinionGiven(third_party=record.third_party, objected=record.objected)


def contracted(body: Body, record: ContractRecord, *, day: dt.date) -> ContractApplied | ContractConcluded:
    """Return that a contract was applied for, or concluded for the period that was screened or less.

    Raises:
        RequirementError: the period is longer than the one that was screened, or over;

    """
    case = known_case(body, record.case)
    if record.step == "applied":
        return ContractApplied()
    period = _period(case, record)
    if period.end < day:
        raise RequirementError(
            "case.period",
            where=f"case {record.case}",
            what="the period of use is over",
            fix="let the proposer make a new proposal",
        )
    return ContractConcluded(period=period)


def paid(record: PaymentRecord) -> FeePaid:
    """Return that the fee was paid; whether it is whole, the table tells."""
    return FeePaid(amount=record.amount, how=record.how)


def terminated(record: TerminationRecord) -> Terminated:
    """Return that the contract was terminated."""
    return Terminated(ground=record.ground, because=record.because)


def _period(case: Case, record: ContractRecord) -> Period:
    screened = None if case.proposal is None else case.proposal.period
    period = record.period or screened
    if period is None or screened is None or period.start < screened.start or period.end > screened.end:
        raise RequirementError(
            "case.period",
            where=f"case {record.case}",
            what="a contract is concluded for the period that was proposed and screened, or a part of it"
            " (法114条1項5号)",
            fix="correct period, or leave it out",
        )
    return period
