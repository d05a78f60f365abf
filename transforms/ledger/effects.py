"""What each kind of event leaves behind in the state, beside the state's name."""

from __future__ import annotations

from tokumei.schemas import body_events as b
from tokumei.schemas import case_events as c
from tokumei.schemas.events import Event
from tokumei.transforms.ledger.state import Body, Case


def leave(body: Body, event: Event) -> None:
    """Put down what an event says; the thing that it is about is there already."""
    match event.payload:
        case b.FileJudged():
            body.files[event.subject].judged = event.payload
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
        case _:
            pass  # the name of the state says it all
