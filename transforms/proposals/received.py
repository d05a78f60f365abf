"""提案 (法112条, 118条): taken in, completed (補正), taken back."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

from pydantic import Field

from tokumei.schemas.case_events import (
    CorrectionAsked,
    NamedReason,
    Proposal,
    ProposalCorrected,
    ProposalLate,
    ProposalReceived,
    ProposalWithdrawn,
    WantedItem,
)
from tokumei.schemas.events import Event, Paper
from tokumei.schemas.file_items import Period
from tokumei.schemas.proposers import Proposer, right_corporate_number
from tokumei.schemas.regimes import fiscal_year
from tokumei.schemas.strict import Day, Strict, Text
from tokumei.transforms.ledger.state import Body, Case
from tokumei.transforms.proposals.completeness import (
    FILE,
    missing_items,
    missing_of_proposer,
    missing_papers,
    still_missing_of_proposer,
)
from tokumei.transforms.proposals.due import years_after
from tokumei.transforms.proposals.occasion import Occasion, Record, TextLines

CORRECTION = dt.timedelta(days=14)  # our default; the law leaves the time to the agency
KEPT_YEARS = 5  # our default for what identifies a proposer; the body's own rules decide


class GivenItems(Strict):
    """Items of a proposal as a record gives them; what is left out is asked for."""

    people: int | None = Field(default=None, ge=1, description="3号: 本人の数.")
    wanted: dict[Text, Text] = Field(default={}, description="4号: 記録項目 → granularity, 都道府県のみ.")
    sample: Text | None = Field(default=None, description="4号: 抽出の方法, for a part of the people.")
    purpose: Text | None = Field(default=None, description="5号: 利用の目的.")
    use: Text | None = Field(default=None, description="5号: 利用の方法.")
    business: Text | None = Field(default=None, description="5号: 事業の内容.")
    period: Period | None = Field(default=None, description="6号: 利用の期間.")
    period_reason: Text | None = Field(default=None, description="6号: why so long (規則57条).")
    measures: Text | None = Field(default=None, description="7号: 管理の措置.")
    how_provided: Text | None = Field(default=None, description="8号: 提供の方法.")

    def over(self, before: Proposal) -> Proposal:
        """Return a proposal with the items that are given here, and else those that it had."""
        given = {name: getattr(self, name) for name in type(self).model_fields if name != "wanted"}
        wanted = tuple(WantedItem(item=item, granularity=how) for item, how in self.wanted.items())
        new = {name: value for name, value in given.items() if value is not None}
        return before.model_copy(update={**new, "wanted": wanted or before.wanted})


class TakenIn(Record):
    """A proposal that arrived; at is when."""

    case: Text = Field(description="受付番号")
    under: Literal["112", "118"] = Field(default="112", description="118: on a product that exists.")
    call: Text | None = Field(default=None, description="112: the call that it answers.")
    file: Text | None = Field(default=None, description="112: entry_id of the file.")
    release: Text | None = Field(default=None, description="118: the product.")
    proposer: Proposer
    items: GivenItems = Field(default=GivenItems(), description="法112条2項3号–8号.")
    correct_until: Day | None = Field(
        default=None, description="The last day to complete it. Default: 14 days after --as-of."
    )
    destroy_on: Day | None = Field(
        default=None, description="When what identifies the proposer goes. Default: five years after at."
    )


class AskedFor(Record):
    """That a proposer is asked to complete or explain a proposal (補正)."""

    case: Text = Field(description="受付番号")
    missing: TextLines = Field(
        description="What is missing or unclear, each on a line or before a semicolon."
    )
    until: Day = Field(description="The last day for it.")


class Completed(Record):
    """What a proposer gave to complete a proposal; the rest stays as it was."""

    case: Text = Field(description="受付番号")
    file: Text | None = Field(default=None, description="entry_id of the file.")
    proposer: Proposer | None = Field(default=None, description="The whole of it, where it changes.")
    items: GivenItems = Field(default=GivenItems(), description="法112条2項3号–8号.")
    late: NamedReason | None = Field(
        default=None, description="Where it comes after the day that was named and is taken nevertheless."
    )


class TakenBack(Record):
    """That a proposer took a proposal back (取下げ)."""

    case: Text = Field(description="受付番号")
    because: Text
    fee_settled: NamedReason | None = Field(
        default=None, description="Where the fee was paid already: who settled what becomes of it, and how."
    )


def receive(body: Body, record: TakenIn, occasion: Occasion) -> list[Event]:
    """Take a proposal in: complete, or to be completed by a day, or late.

    Raises:
        Refused: there is no such call or product, or it came before the call began.
    """
    where, at = f"case {record.case}", occasion.happened(record)
    start, end = _when_open(body, record, occasion)
    about = {"call": record.call, "release": record.release, "under": record.under}
    who: dict[str, Any] = {
        "under": record.under,
        **_told_of(record.case, record.proposer, occasion),
        "proposer_is": record.proposer.is_,
        "agent": record.proposer.agent is not None,
        "destroy_on": record.destroy_on or years_after(at.date(), KEPT_YEARS),
    }
    if record.destroy_on is not None and record.destroy_on < at.date():
        raise occasion.refuse(
            where, "it would be destroyed before it came", article="66", fix="correct destroy_on"
        )
    if at.date() < start:
        raise occasion.refuse(
            where,
            f"it would have come before {start}, the first day on which proposals are taken in",
            article=record.under,
            fix="correct at",
        )
    offered = _offered(body, record)
    if at.date() > end:
        return [occasion.event(record, ProposalLate(**who), record.case, "提案者", file=offered, **about)]
    proposal = record.items.over(Proposal())
    missing = (
        *missing_of_proposer(record.proposer),
        *((FILE,) if offered is None else ()),
        *missing_items(proposal, record.under),
        *missing_papers(_given(record), at.date(), proposer_is=who["proposer_is"], agent=who["agent"]),
    )
    payload = ProposalReceived(**who, proposal=proposal, missing=missing)
    events = [occasion.event(record, payload, record.case, "提案者", file=offered, **about)]
    if missing:
        until = record.correct_until or (occasion.as_of.date() + CORRECTION)
        _refuse_passed(until, occasion.as_of.date(), record.case, occasion)
        asked = CorrectionAsked(missing=missing, until=until)
        events.append(occasion.event(None, asked, record.case, "行政機関等", file=offered, **about))
    return events


def ask(body: Body, record: AskedFor, occasion: Occasion) -> list[Event]:
    """Ask a proposer to complete or explain a proposal.

    Raises:
        Refused: the last day for it is over.
    """
    _refuse_passed(record.until, occasion.happened(record).date(), record.case, occasion)
    payload = CorrectionAsked(missing=record.missing, until=record.until)
    return [occasion.event(record, payload, record.case, "行政機関等", **_about(body, record.case))]


def complete(body: Body, record: Completed, occasion: Occasion) -> list[Event]:
    """Complete a proposal by what its proposer gave; what is missing still is told in the event.

    Raises:
        Refused: it came after the day that was named, and nobody has decided to take it (規則54条7項).
    """
    case = body.cases.get(record.case) or Case()
    until = case.until if case.state == "correcting" else None
    if until is not None and occasion.happened(record).date() > until and record.late is None:
        raise occasion.refuse(
            f"case {record.case}",
            f"the last day for the correction was {until}: what is there is screened as it is",
            article=case.received.under if case.received else "112",
            fix="screen it; or enter late with by and because if it is taken nevertheless",
        )
    received = case.received
    under = received.under if received else "112"
    about = _about(body, record.case)
    if under == "112" and record.file in _called(body, case.call):
        about["file"] = record.file
    of_proposer = (
        missing_of_proposer(record.proposer) if record.proposer else still_missing_of_proposer(case.missing)
    )
    proposal = record.items.over(case.proposal or Proposal())
    missing = (
        *of_proposer,
        *((FILE,) if about["file"] is None else ()),
        *missing_items(proposal, under),
        *missing_papers(
            {**case.papers, **_given(record)},
            case.since.get("proposal_received", occasion.as_of).date(),
            proposer_is=received.proposer_is if received else "person",
            agent=received is not None and received.agent,
            given=occasion.happened(record).date(),
        ),
    )
    who = _told_of(record.case, record.proposer, occasion) if record.proposer else {}
    payload = ProposalCorrected(proposal=proposal, missing=missing, late=record.late, **who)
    return [occasion.event(record, payload, record.case, "提案者", **about)]


def withdraw(body: Body, record: TakenBack, occasion: Occasion) -> list[Event]:
    """Take a proposal back.

    Raises:
        Refused: it tells what becomes of a fee that nobody has paid.
    """
    case = body.cases.get(record.case)
    if record.fee_settled is not None and (case is None or case.paid is None):
        raise occasion.refuse(
            f"case {record.case}", "no fee is paid", article="119", fix="leave fee_settled out"
        )
    payload = ProposalWithdrawn(because=record.because, fee_settled=record.fee_settled)
    return [occasion.event(record, payload, record.case, "提案者", **_about(body, record.case))]


def _refuse_passed(until: dt.date, day: dt.date, case: str, occasion: Occasion) -> None:
    if until < day:
        raise occasion.refuse(
            f"case {case}",
            "the last day for the correction is before the day of asking",
            article="112",
            fix="correct until, or correct_until",
        )


def _told_of(case: str, proposer: Proposer, occasion: Occasion) -> dict[str, Any]:
    """Return what an event tells of a proposer.

    Raises:
        Refused: the 法人番号 is none, by which the proposer would be known.
    """
    if proposer.corporate_number and not right_corporate_number(proposer.corporate_number):
        raise occasion.refuse(
            f"case {case}",
            "proposer.corporate_number is no 法人番号: 13 digits, of which the first checks the others",
            article="",
            fix="correct it; or leave it out, and ask the proposer (tokumei propose ask)",
        )
    return {
        "proposer": proposer.reference(occasion.key),
        "older": tuple(map(proposer.reference, occasion.older)),
        "keyed_in": fiscal_year(occasion.as_of.date()),
        "marks": tuple(mark for key in (occasion.key, *occasion.older) for mark in proposer.marks(key)),
        "officers": proposer.named_officers(),
        "kept": occasion.record,
    }


def _about(body: Body, case: str) -> dict[str, str | None]:
    found = body.cases.get(case)
    about = {name: getattr(found, name, None) for name in ("file", "call", "release")}
    return {**about, "under": found.received.under if found and found.received else None}


def _given(record: Record) -> dict[str, Paper]:
    return {name: Paper(name=name, **paper.model_dump()) for name, paper in record.papers.items()}


def _called(body: Body, call: str | None) -> tuple[str, ...]:
    """Return the files that a call offers."""
    found = body.calls.get(call or "")
    return found.announced.files if found and found.announced else ()


def _offered(body: Body, record: TakenIn) -> str | None:
    """Return the file of a proposal, if proposals on it are taken in."""
    if record.under == "118":
        return body.cases[body.products[record.release or ""]].file
    return record.file if record.file in _called(body, record.call) else None


def _when_open(body: Body, record: TakenIn, occasion: Occasion) -> tuple[dt.date, dt.date]:
    """Return the first and the last day on which such proposals are taken in."""
    period: Period | None = None
    if record.under == "118":
        made_for = body.cases.get(body.products.get(record.release or "", ""))
        period = made_for.product.offered if made_for and made_for.product else None
        what = "no product of this id is offered (117条3号)"
        entry = occasion.registered.get(made_for.file or "") if made_for else None
        if entry is not None and record.release in {gone.release_id for gone in entry.withdrawn}:
            period, what = None, "the product was withdrawn (取下げ): no proposals on it are taken in"
    else:
        call = body.calls.get(record.call or "")
        period = call.announced.period if call and call.announced else None
        what = "no such call is announced"
    if period is None:
        raise occasion.refuse(
            f"case {record.case}", what, article=record.under, fix="correct call, or release"
        )
    return period.start, period.end
