"""Contract, payment, opinions and termination of a case: a record to events (法115条, 119条, 120条)."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from tokumei.schemas.case_events import (
    ContractApplied,
    ContractConcluded,
    FeePaid,
    NamedReason,
    OpinionAsked,
    OpinionGiven,
    Terminated,
)
from tokumei.schemas.events import Event
from tokumei.schemas.fees import Yen
from tokumei.schemas.file_items import Period
from tokumei.schemas.strict import Day, Text
from tokumei.transforms.ledger.state import Body, Case
from tokumei.transforms.proposals.occasion import Occasion, Record
from tokumei.transforms.proposals.papers import paper, with_papers
from tokumei.transforms.proposals.screen import about_case, known_case, under_article
from tokumei.transforms.proposals.writing import contents

HEARING = "44条の8"  # of the law of 2017 alone


class AskedOpinions(Record):
    """Third parties are given the chance of an opinion (行個法44条の8)."""

    case: Text = Field(description="受付番号")
    third_parties: int = Field(ge=1, description="How many are asked.")
    until: Day = Field(description="The last day for opinions.")


class GivenOpinion(Record):
    """The opinion of one third party."""

    case: Text = Field(description="受付番号")
    third_party: Text = Field(description="A number, never a name.")
    objected: bool = Field(description="Whether they object; then their records are taken out of the file.")


class AppliedContract(Record):
    """That a proposer applied for the contract (様式第十)."""

    case: Text = Field(description="受付番号")


class ConcludedContract(Record):
    """That a contract was concluded (法115条)."""

    case: Text = Field(description="受付番号")
    period: Period | None = Field(default=None, description="利用の期間. Default: that of the proposal.")


class PaidFee(Record):
    """The fee was paid (法119条)."""

    case: Text = Field(description="受付番号")
    amount: Yen = Field(description="Yen.")
    how: Text = Field(description="For example 収入印紙.")
    late: NamedReason | None = Field(
        default=None, description="Where it comes after the day of the notice and is taken nevertheless."
    )


class TerminatedContract(Record):
    """A contract is terminated (法120条)."""

    case: Text = Field(description="受付番号")
    ground: int = Field(ge=1, le=3, description="1 false means, 2 disqualified, 3 serious breach.")
    because: Text = Field(description="Why; stands in the paper, and names no private person.")


def ask_opinions(body: Body, record: AskedOpinions, occasion: Occasion) -> list[Event]:
    """Ask third parties; that the law of the day knows no such step, the table of transitions tells.

    Raises:
        Refused: the day is over, or the notice takes a fee for another number of them.
    """
    case = known_case(body, record.case, occasion)
    if record.until < occasion.happened(record).date():
        raise occasion.refuse(
            f"case {record.case}",
            "the last day for opinions is before the day of asking",
            article=HEARING,
            fix="correct until",
        )
    if case.fit is not None and record.third_parties != case.fit.third_parties:
        raise occasion.refuse(
            f"case {record.case}",
            f"the notice takes a fee for {case.fit.third_parties:,} third parties",
            article=HEARING,
            fix="ask as many; or annul the notice's event (tokumei ledger annul), and screen again",
        )
    payload = OpinionAsked(third_parties=record.third_parties, until=record.until)
    return [occasion.event(record, payload, record.case, "行政機関等")]


def take_opinion(body: Body, record: GivenOpinion, occasion: Occasion) -> list[Event]:
    """Take in what a third party answers.

    Raises:
        Refused: more would have answered than were asked, or one would answer again, and otherwise.
    """
    case = known_case(body, record.case, occasion)
    if case.opinions.get(record.third_party, record.objected) != record.objected:
        raise occasion.refuse(
            f"case {record.case}",
            "this third party has answered otherwise",
            article=HEARING,
            fix="correct that event (tokumei ledger correct), or third_party",
        )
    if case.asked and len({*case.opinions, record.third_party}) > case.asked:
        raise occasion.refuse(
            f"case {record.case}",
            f"{case.asked:,} third parties were asked, and as many have answered",
            article=HEARING,
            fix="correct third_party, or the number of those who were asked",
        )
    payload = OpinionGiven(third_party=record.third_party, objected=record.objected)
    return [occasion.event(record, payload, record.case, "第三者")]


def apply_for(body: Body, record: AppliedContract, occasion: Occasion) -> list[Event]:
    """Take in an application for a contract."""
    under = under_article(known_case(body, record.case, occasion))
    return [occasion.event(record, ContractApplied(), record.case, "提案者", under=under)]


def conclude_contract(body: Body, record: ConcludedContract, occasion: Occasion) -> list[Event]:
    """Conclude a contract for the period that was screened, or a part of it.

    Raises:
        Refused: the period is longer, or over.
    """
    case = known_case(body, record.case, occasion)
    payload = ContractConcluded(period=_period(case, record, occasion))
    return [occasion.event(record, payload, record.case, "行政機関等", under=under_article(case))]


def take_payment(body: Body, record: PaidFee, occasion: Occasion) -> list[Event]:
    """Take in a payment; whether it is the whole fee, the table of transitions tells.

    Raises:
        Refused: it came after the day that the notice states, and nobody has decided to take it.
    """
    case = known_case(body, record.case, occasion)
    late = case.fit is not None and occasion.happened(record).date() > case.fit.pay_until
    if case.fit is not None and late != (record.late is not None):
        raise occasion.refuse(
            f"case {record.case}",
            f"the last day for the fee {'was' if late else 'is'} {case.fit.pay_until} (規則59条)",
            article="119",
            fix="enter late with by and because if it is taken nevertheless" if late else "leave late out",
        )
    payload = FeePaid(amount=record.amount, how=record.how, late=record.late)
    return [occasion.event(record, payload, record.case, "提案者")]


def terminate(
    body: Body, record: TerminatedContract, occasion: Occasion, templates: Path | None
) -> tuple[list[Event], str]:
    """Terminate a contract, and return the notice too; the bar of the proposer begins with this day."""
    case, day = known_case(body, record.case, occasion), occasion.happened(record).date()
    payload = Terminated(ground=record.ground, because=record.because)
    said = contents(case, payload, day, case.since["proposal_received"].date())["terminated"]
    text = paper("terminated", about_case(body, case, record.case, day), templates=templates, **said)
    signed = with_papers(record, {"terminated": text})
    return [occasion.event(signed, payload, record.case, "行政機関等")], text


def _period(case: Case, record: ConcludedContract, occasion: Occasion) -> Period:
    screened = None if case.proposal is None else case.proposal.period
    period = record.period or screened
    if period is None or screened is None or period.start < screened.start or period.end > screened.end:
        raise occasion.refuse(
            f"case {record.case}",
            "a contract is concluded for the period that was proposed and screened, or a part of it",
            article="115",
            fix="correct period, or leave it out",
        )
    if period.end < occasion.happened(record).date():
        raise occasion.refuse(
            f"case {record.case}",
            "the period of use is over",
            article="115",
            fix="let the proposer make a new proposal",
        )
    return period
