"""The screening of a case, from the state of the body: tests, fee, and the events that follow (法114条)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from tokumei.schemas.case_events import (
    CorrectionAsked,
    ScreenedFit,
    ScreenedUnfit,
    ScreeningJudged,
    UnfitReason,
)
from tokumei.schemas.errors import RequirementError
from tokumei.schemas.event_base import Payload
from tokumei.schemas.fees import FeeTable
from tokumei.schemas.regimes import regime_of
from tokumei.schemas.screening import EndedContract, NoticeOfFit, ScreeningRecord
from tokumei.transforms.ledger.state import Body, Case
from tokumei.transforms.proposals.bars import Ground, grounds_of
from tokumei.transforms.proposals.fees import Fee, creation_fee, existing_fee, worked_hours
from tokumei.transforms.proposals.method import MethodAnswer
from tokumei.transforms.proposals.screening import Asked, Screened, screened

PROGRAM = "tokumei"  # who finds what is computed


@dataclass(frozen=True)
class Decided:
    """What a screening came to: events in order, tests, and the fee where the proposal fits."""

    events: tuple[Payload, ...]
    screened: Screened
    fee: Fee | None


def screen_case(
    body: Body,
    record: ScreeningRecord,
    *,
    day: dt.date,
    fees: Mapping[str, FeeTable],
    answer: MethodAnswer | None,
    evidence: str | None,
) -> Decided:
    """Screen a case of a body.

    Args:
        body: as its events tell.
        record: what officers entered.
        day: of the screening.
        fees: tables by regime.
        answer: what the rehearsal said.
        evidence: SHA-256 of it, kept with the case.

    Raises:
        RequirementError: what the outcome needs is missing: a judgement, the day for corrections, what the
            notice states.
        InputError: a sentence, or hours, cannot be.
    """
    case = known_case(body, record.case)
    asked = _asked(body, case)
    found = screened(
        asked,
        record,
        grounds=_grounds(body, case, record, day),
        method=answer,
        final=case.state == "correcting" and case.until is not None and day > case.until,
    )
    if found.outcome == "補正":
        until = record.correct_until
        if until is None or until < day:
            raise _lacking("correct_until", "the last day for corrections", "of the day itself or later")
        return Decided((CorrectionAsked(missing=found.corrections, until=until),), found, None)
    judged = [
        ScreeningJudged(
            test=finding.test,
            passed=bool(finding.passes),
            computed=finding.by is None,
            by=finding.by or PROGRAM,
            reason=finding.reason,
            evidence=evidence if finding.test == 3 else None,
        )
        for finding in found.findings
    ]
    if found.outcome == "不適合":
        reasons = [UnfitReason(test=f.test, reason=f.reason) for f in found.findings if f.passes is False]
        return Decided((*judged, ScreenedUnfit(reasons=tuple(reasons))), found, None)
    notice = record.notice
    if notice is None:
        raise _lacking("notice", "what the notice of a fit proposal states", "fee, pay_how and pay_until")
    fee = _fee(body, case, notice, fees[regime_of(day)])
    how = notice.how_provided or (None if case.proposal is None else case.proposal.how_provided)
    if how is None:
        raise _lacking("notice.how_provided", "the method of provision", "it stands in no proposal")
    fit = ScreenedFit(fee=fee.yen, pay_how=notice.pay_how, pay_until=notice.pay_until, how_provided=how)
    return Decided((*judged, fit), found, fee)


def known_case(body: Body, case_id: str) -> Case:
    """Return a case.

    Raises:
        RequirementError: no proposal of this id is recorded, or it came too late to become a case.
    """
    case = body.cases.get(case_id)
    if case is None or case.proposal is None:
        raise RequirementError(
            "case.unknown",
            where=f"case {case_id}",
            what="no proposal of this id is recorded in time",
            fix="correct the id, or record the proposal first (tokumei propose)",
        )
    return case


def is_existing(case: Case) -> bool:
    """Return whether a case is about a product that is there already (法118条)."""
    return case.received is not None and case.received.under == "118"


def _asked(body: Body, case: Case) -> Asked:
    proposal = case.proposal
    assert proposal is not None  # noqa: S101  (`known_case`)
    file = body.files.get(case.file or "")
    return Asked(
        existing=is_existing(case),
        people=proposal.people,
        people_of_file=file.judged.people if file is not None and file.judged is not None else None,
        use=proposal.period,
        use_because=proposal.period_reason,
    )


def _grounds(body: Body, case: Case, record: ScreeningRecord, day: dt.date) -> tuple[Ground, ...]:
    """Return the grounds that officers entered, and those of the proposer that the ledger knows."""
    mine = None if case.received is None else case.received.proposer
    known = tuple(
        EndedContract(terminated=other.since["terminated"].date())
        for other in body.cases.values()
        if other.received is not None and other.received.proposer == mine and "terminated" in other.since
    )
    persons = [
        person.model_copy(update={"terminated": tuple(dict.fromkeys((*person.terminated, *known)))})
        if person.role == "proposer"
        else person
        for person in record.persons
    ]
    return grounds_of(persons, day=day, regime=regime_of(day))


def _fee(body: Body, case: Case, notice: NoticeOfFit, table: FeeTable) -> Fee:
    if not is_existing(case):
        basis = notice.fee
        return creation_fee(
            table,
            hours=worked_hours(basis.hours),
            outsourcing=basis.outsourcing,
            third_parties=basis.third_parties,
        )
    first = body.cases.get(body.products.get(case.release or "", ""))
    mine = None if case.received is None else case.received.proposer
    repeat = any(
        other is not case
        and other.release == case.release
        and other.contract is not None
        and other.received is not None
        and other.received.proposer == mine
        for other in body.cases.values()
    )
    return existing_fee(table, made=None if first is None else first.paid, repeat=repeat)


def _lacking(where: str, what: str, fix: str) -> RequirementError:
    return RequirementError(
        "screening.lacking", where=where, what=f"the outcome needs {what}", fix=f"enter it: {fix}"
    )
