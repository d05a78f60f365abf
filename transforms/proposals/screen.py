"""The screening of a case, from the state of the body: tests, fee, and the events that follow (法114条)."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tokumei.schemas.case_events import (
    CorrectionAsked,
    ScreenedFit,
    ScreenedUnfit,
    ScreeningJudged,
    UnfitReason,
)
from tokumei.schemas.events import Event
from tokumei.schemas.fees import FeeTable
from tokumei.schemas.proposers import KeptGrounds
from tokumei.schemas.regimes import regime_of
from tokumei.schemas.screening import NoticeOfFit
from tokumei.transforms.ledger.state import Body, Case
from tokumei.transforms.proposals.examination import found_grounds
from tokumei.transforms.proposals.fees import Fee, creation_fee, existing_fee, worked_hours
from tokumei.transforms.proposals.method import MethodAnswer
from tokumei.transforms.proposals.occasion import Occasion
from tokumei.transforms.proposals.papers import (
    About,
    PaperKind,
    paper,
    plain_digest,
    sealed_digest,
    with_papers,
)
from tokumei.transforms.proposals.screening import (
    A_GROUND,
    NO_GROUND,
    FoundByTest,
    ProposalTerms,
    Screened,
    ScreenedCase,
    screened,
)
from tokumei.transforms.proposals.writing import contents

PROGRAM = "tokumei"  # who finds what is computed
UNSTATED = "契約で定める方法"  # of provision, where neither notice nor proposal says one


@dataclass(frozen=True)
class RehearsedMethod:
    """What a rehearsal answered to test 3, and the SHA-256 of that answer, which is kept with the case."""

    answer: MethodAnswer
    evidence: str


@dataclass(frozen=True, kw_only=True)
class Means:
    """What a screening needs beside the record.

    Attributes:
        fees: tables by regime.
        rehearsed: by case, what rehearsals answered.
        templates: a folder of the body's own papers; None: those of the package.
    """

    fees: Mapping[str, FeeTable]
    rehearsed: Mapping[str, RehearsedMethod]
    templates: Path | None = None


@dataclass(frozen=True)
class ScreeningDecision:
    """What a screening came to: events in order, tests, the fee of a fit proposal, and papers by kind.

    What test 1 found stands in ``apart``, where that is more than an event says.
    """

    events: tuple[Event, ...]
    screened: Screened
    fee: Fee | None
    papers: Mapping[PaperKind, str]
    apart: KeptGrounds | None


def screen_case(body: Body, record: ScreenedCase, occasion: Occasion, means: Means) -> ScreeningDecision:
    """Screen a case: its tests, and the outcome with its papers.

    Raises:
        Refused: the case is none, or what the outcome needs is missing: a judgement, the day for corrections,
            what the notice states, a fee that is known.
    """
    case, day = known_case(body, record.case, occasion), occasion.happened(record).date()
    _refuse_other_items(case, record, occasion)
    rehearsed = means.rehearsed.get(record.case)
    found = screened(
        _asked(body, case, day),
        record,
        grounds=found_grounds(body, case, record, occasion),
        method=None if rehearsed is None else rehearsed.answer,
        final=case.state == "correcting" and case.until is not None and day > case.until,
    )
    evidence = None if rehearsed is None else rehearsed.evidence
    told = [] if found.outcome == "補正" else found.findings
    judged = [_judged(finding, evidence, occasion) for finding in told if finding.passes is not None]
    apart = next((f.reason for f in told if f.reason != _in_events(f)), None)
    fee = _fee(body, case, _notice(record, occasion), _table(means, day, occasion)) if found.fits else None
    outcome = _outcome(case, record, occasion, found, fee)
    proposed = case.since["proposal_received"].date()
    papers = {
        kind: paper(kind, about_case(body, case, record.case, day), templates=means.templates, **said)
        for kind, said in contents(case, outcome, day, proposed, found.findings).items()
    }
    signed = with_papers(record, papers, partial(sealed_digest, occasion.key) if apart else plain_digest)
    under = under_article(case)
    events = [occasion.event(record, payload, record.case, "行政機関等", under=under) for payload in judged]
    events.append(occasion.event(signed, outcome, record.case, "行政機関等", under=under))
    kept = None if apart is None else KeptGrounds(case=record.case, reason=apart)
    return ScreeningDecision(tuple(events), found, fee, papers, kept)


def _table(means: Means, day: dt.date, occasion: Occasion) -> FeeTable:
    table = means.fees.get(regime_of(day))
    if table is None:
        raise occasion.refuse(
            "--fees",
            "the State's fees are those of 行政機関 alone; others have an ordinance, or rules of their own",
            article="119",
            fix="give the body's own table: --fees",
        )
    return table


def _refuse_other_items(case: Case, record: ScreenedCase, occasion: Occasion) -> None:
    """Refuse a trial of other items than the proposal wants: test 3 is about those, and all of them."""
    trial, wanted = record.method, {want.item for want in case.proposal.wanted} if case.proposal else set()
    if is_existing(case) or trial is None or not wanted:
        return
    called = {trial.called.get(item, item) for item in wanted}
    tried, strangers = set(trial.items), set(trial.called) - wanted
    if tried != called or strangers:
        parts = {"not tried": called - tried, "tried and not wanted": tried - called}
        parts["called and not wanted"] = strangers
        told = "; ".join(f"{what}: {'、'.join(sorted(items))}" for what, items in parts.items() if items)
        raise occasion.refuse(
            f"case {record.case}",
            f"method.items are not the items of the proposal (112条2項4号) – {told}",
            article="114",
            fix="try each that is wanted; where the policy calls one otherwise, say so in method.called",
        )


def _in_events(finding: FoundByTest) -> str:
    """Return the reason as events have it: health, sentences and the like stand apart (法113条, 66条)."""
    return finding.reason if finding.test != 1 else NO_GROUND if finding.passes else A_GROUND


def _judged(finding: FoundByTest, evidence: str | None, occasion: Occasion) -> ScreeningJudged:
    return ScreeningJudged(
        test=finding.test,
        passed=bool(finding.passes),
        computed=finding.by is None,
        by=finding.by or PROGRAM,
        reason=_in_events(finding),
        evidence=evidence if finding.test == 3 else None,
        kept=occasion.record if finding.reason != _in_events(finding) else None,
    )


def _notice(record: ScreenedCase, occasion: Occasion) -> NoticeOfFit:
    if record.notice is None:
        raise occasion.refuse(
            f"case {record.case}",
            "the notice of a fit proposal states fee, payment and provision (規則59条)",
            article="114",
            fix="enter notice with fee, pay_how and pay_until",
        )
    if record.notice.pay_until < occasion.happened(record).date():
        raise occasion.refuse(
            f"case {record.case}",
            "the last day for the fee is before the day of the notice (規則59条)",
            article="119",
            fix="correct notice.pay_until",
        )
    return record.notice


def _outcome(
    case: Case, record: ScreenedCase, occasion: Occasion, found: Screened, fee: Fee | None
) -> CorrectionAsked | ScreenedUnfit | ScreenedFit:
    if fee is not None and record.notice is not None:
        notice, proposed = record.notice, case.proposal and case.proposal.how_provided
        return ScreenedFit(
            fee=fee.yen,
            pay_how=notice.pay_how,
            pay_until=notice.pay_until,
            how_provided=notice.how_provided or proposed or UNSTATED,
            third_parties=notice.fee.third_parties,
            minutes=None if is_existing(case) else 60 * math.ceil(worked_hours(notice.fee.hours)),
            outsourced=0 if is_existing(case) else notice.fee.outsourcing,
            fee_lines=fee.lines,
            fee_basis=fee.basis,
        )
    if found.outcome == "不適合":
        failed = (finding for finding in found.findings if finding.passes is False)
        return ScreenedUnfit(reasons=tuple(UnfitReason(test=f.test, reason=_in_events(f)) for f in failed))
    until = record.correct_until
    if until is None or until < occasion.happened(record).date():
        raise occasion.refuse(
            f"case {record.case}",
            f"{len(found.corrections)} item(s) must be mended first (補正), until a day that is told",
            article="112",
            fix="enter correct_until, of the day itself or later",
        )
    return CorrectionAsked(missing=found.corrections, until=until)


def known_case(body: Body, case_id: str, occasion: Occasion) -> Case:
    """Return a case.

    Raises:
        Refused: no proposal of this id is recorded, or it came too late to become a case.
    """
    case = body.cases.get(case_id)
    if case is None or case.proposal is None:
        raise occasion.refuse(
            f"case {case_id}",
            "no proposal of this id is recorded in time",
            article="112",
            fix="correct the id, or record the proposal first (tokumei propose)",
        )
    return case


def about_case(body: Body, case: Case, case_id: str, day: dt.date) -> About:
    """Return what every paper of a case says, dated by a day."""
    file = body.files.get(case.file or "")
    return About(
        case=case_id,
        file_name=file.judged.name if file is not None and file.judged is not None else case.file or "",
        body=body.name,
        kind=body.kind or "その他",
        at=day,
        regime=regime_of(day),
        existing=is_existing(case),
    )


def under_article(case: Case | None) -> str | None:
    """Return by which article a case was proposed; None where it was not."""
    return None if case is None or case.received is None else case.received.under


def is_existing(case: Case) -> bool:
    """Return whether a case is about a product that is there already (法118条)."""
    return under_article(case) == "118"


def _asked(body: Body, case: Case, day: dt.date) -> ProposalTerms:
    proposal = case.proposal
    assert proposal is not None  # noqa: S101  (`known_case`)
    file = body.files.get(case.file or "")
    return ProposalTerms(
        existing=is_existing(case),
        people=proposal.people,
        people_of_file=file.judged.people if file is not None and file.judged is not None else None,
        sample=proposal.sample,
        use=proposal.period,
        use_because=proposal.period_reason,
        day=day,
    )


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
    repeat = any(
        other is not case
        and other.release == case.release
        and other.contract is not None
        and other.same_proposer(case)
        for other in body.cases.values()
    )
    return existing_fee(table, made=None if first is None else first.paid, repeat=repeat)
