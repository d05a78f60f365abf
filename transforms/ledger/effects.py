"""What each kind of event leaves behind in the state, beside the state's name; and what it rests on there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from tokumei.schemas import body_events as b
from tokumei.schemas import case_events as c
from tokumei.schemas.events import Event
from tokumei.transforms.ledger.state import Body, Case, Thing


def leave(body: Body, event: Event) -> None:
    """Put down what an event says; the thing that it is about is there already."""
    match event.payload:
        case b.FileJudged():
            file = body.files[event.subject]
            file.judged = event.payload
            since = file.eligible_since or event.at.date()
            file.eligible_since = since if file.state == "eligible" else None
        case b.FileErased():
            body.files[event.subject].eligible_since = None
        case b.CallAnnounced():
            body.calls[event.subject].announced = event.payload
        case b.ComplaintReceived():
            body.complaints[event.subject].received = event.payload
        case b.InquiryReceived():
            body.inquiries[event.subject].received = event.payload
        case b.BarBegun():
            body.cases[event.subject].barred = event.payload
        case _:
            if event.of == "case":
                _of_case(body, body.cases[event.subject], event)


def rests_on(body: Body, thing: Thing, event: Event) -> dict[str, dt.datetime]:
    """Return the events that an event rests on, each with its moment: it happened on no earlier day.

    These are the last of what it is about; of a call, the judgements of its files; of a proposal, the call or
    the product.
    """
    latest = max(reversed(thing.since.items()), key=lambda item: item[1], default=None)
    found = dict([latest] if latest else ())
    said = event.payload
    if isinstance(said, b.CallAnnounced):
        found |= _last("file_judged", (body.files.get(file) for file in said.files))
    if isinstance(said, c.ProposalReceived | c.ProposalLate):
        found |= _last("call_announced", [body.calls.get(event.call or "")])
        found |= _last("product_created", [body.cases.get(body.products.get(event.release or "", ""))])
    return found


def _last(kind: str, things: Iterable[Thing | None]) -> dict[str, dt.datetime]:
    moments = [thing.since[kind] for thing in things if thing is not None and kind in thing.since]
    return {kind: max(moments)} if moments else {}


def _of_case(body: Body, case: Case, event: Event) -> None:
    case.file, case.call = event.file or case.file, event.call or case.call
    case.release = event.release or case.release
    match event.payload:
        case c.ProposalReceived() | c.ProposalLate() | c.ProposalCorrected():
            _of_proposal(case, event)
        case c.CorrectionAsked() as said:
            case.missing, case.until = said.missing, said.until
        case c.ScreeningJudged() as said:
            case.judged = {**case.judged, said.test: said}
            case.grounds |= {said.kept} if said.kept else set()
        case c.ScreenedFit() as said:
            case.fit = said
        case c.ScreenedUnfit() as said:
            case.unfit = said
        case c.OpinionAsked() as said:
            case.asked, case.until = said.third_parties, said.until
        case c.OpinionGiven() as said:
            case.opinions = {**case.opinions, said.third_party: said.objected}
        case _:
            _of_contract(body, case, event)


def _of_proposal(case: Case, event: Event) -> None:
    said = event.payload
    if isinstance(said, c.ProposalReceived | c.ProposalLate):
        case.received = said
    if isinstance(said, c.ProposalReceived | c.ProposalCorrected):
        case.proposal, case.missing, case.judged = said.proposal, said.missing, {}
        case.papers = {**case.papers, **{paper.name: paper for paper in event.papers}}
    if isinstance(said, c.ProposalReceived | c.ProposalLate | c.ProposalCorrected):
        case.replaced |= {case.kept} if said.kept and case.kept else set()
        case.reference, case.kept = said.proposer or case.reference, said.kept or case.kept
        if said.proposer:
            case.marks, case.officers = said.marks, said.officers
            case.known_as = frozenset({said.proposer, *said.older})
            case.keyed_in = said.keyed_in


def _of_contract(body: Body, case: Case, event: Event) -> None:
    match event.payload:
        case c.FeePaid() as said:
            case.paid = said.amount
        case c.ContractConcluded() as said:
            case.contract = said
        case c.ProductCreated() as said:
            case.product = said
            if event.release:
                body.products[event.release] = event.subject
        case c.Provided() as said:
            case.package = said.package
        case _:
            pass  # the name of the state says it all
