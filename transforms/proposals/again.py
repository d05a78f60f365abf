"""An event as its command would decide it anew: what a correction must pass, and what rests on it still.

The record is made again from what the event says, and put to the same command, on the state before the event.
So a correction passes the checks of the command, and no others. What was computed from papers, releases or
people that no event names cannot be decided anew: it is not corrected by hand either.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from tokumei.schemas.case_events import Proposal, ProposalCorrected, ProposalLate, ProposalReceived
from tokumei.schemas.events import Event
from tokumei.schemas.proposers import Proposer
from tokumei.transforms.ledger.fold import Refused, apply, refusal
from tokumei.transforms.ledger.state import Body
from tokumei.transforms.proposals import calls, contract, desks, received
from tokumei.transforms.proposals.completeness import missing_items
from tokumei.transforms.proposals.occasion import GivenPaper, Occasion, Record

_COMMANDS: Mapping[str, tuple[type[Record], Callable[[Body, Any, Occasion], list[Event]]]] = {
    "file_judged": (calls.JudgedFile, calls.judge_file),
    "call_announced": (calls.AnnouncedCall, calls.announce_call),
    "proposal_received": (received.TakenIn, received.receive),
    "proposal_late": (received.TakenIn, received.receive),
    "proposal_corrected": (received.Completed, received.complete),
    "correction_asked": (received.AskedFor, received.ask),
    "proposal_withdrawn": (received.TakenBack, received.withdraw),
    "opinion_asked": (contract.AskedOpinions, contract.ask_opinions),
    "opinion_given": (contract.GivenOpinion, contract.take_opinion),
    "contract_applied": (contract.AppliedContract, contract.apply_for),
    "contract_concluded": (contract.ConcludedContract, contract.conclude_contract),
    "fee_paid": (contract.PaidFee, contract.take_payment),
    "complaint_received": (desks.ReceivedComplaint, desks.receive_complaint),
    "complaint_answered": (desks.AnsweredComplaint, desks.answer_complaint),
    "inquiry_received": (desks.ReceivedInquiry, desks.receive_inquiry),
    "inquiry_answered": (desks.AnsweredInquiry, desks.answer_inquiry),
}
_WHO = frozenset(
    {"under", "proposer", "marks", "keyed_in", "older", "officers", "kept", "proposer_is", "agent"}
)
COMPUTED: Mapping[str, frozenset[str]] = {  # what no hand corrects, by kind
    "file_judged": frozenset({"name", "third_party_opinion", "by_ordinance"}),
    "proposal_received": _WHO,
    "proposal_late": _WHO,
    "proposal_corrected": _WHO,
    "screening_judged": frozenset({"test", "computed", "evidence", "kept"}),
    "screened_fit": frozenset({"fee", "third_parties"}),
    "screened_unfit": frozenset({"reasons"}),
    "product_created": frozenset({"people", "offered"}),
    "provided": frozenset({"package"}),
}


def decide_again(body: Body, event: Event, occasion: Occasion) -> None:
    """Put an event to its command, on the state before it; nothing where no command could decide it.

    Raises:
        Refused: the command refuses it, or would record something else.
    """
    if event.kind not in _COMMANDS or event.actor == "時の経過":
        return
    model, decide = _COMMANDS[event.kind]
    record = model.model_validate(_said(event, model))
    anew = decide(body, record, replace(occasion, as_of=event.recorded_at, record=event.record))[0]
    said, untold = event.payload, ""
    if isinstance(said, ProposalReceived | ProposalCorrected):  # papers and proposer stand elsewhere
        lacking = set(missing_items(said.proposal, _under(body, event))) - set(said.missing)
        same = anew.kind == event.kind and anew.file == event.file and not lacking
        untold = f"; missing does not say: {', '.join(sorted(lacking))}" if lacking else ""
    else:
        same = anew.kind == event.kind and (isinstance(said, ProposalLate) or anew.payload == said)
    if not same:
        raise refusal(
            f"{event.of} {event.subject}, {event.kind}",
            f"its command would record {anew.kind} with something else, as things then stood{untold}",
            article=event.basis,
            fix="annul the event, and record it anew",
        )


def no_longer_follow(events: Sequence[Event], before: Sequence[Event], occasion: Occasion) -> None:
    """Refuse events of which one was decided rightly before, and would not be now.

    Args:
        events: in force, as they would be; all can be applied in this order.
        before: in force, as they are.
        occasion: of the correction.

    Raises:
        Refused: such an event, which is named; or a new one that is not right itself.
    """
    wrong, now = _wrong(before, occasion), _wrong(events, occasion)
    there = {event.event_id for event in before}
    for event in events:
        fault = now.get(event.event_id)
        if fault is not None and event.event_id not in there:
            raise fault
        if fault is not None and event.event_id not in wrong:
            raise refusal(
                fault.where,
                f"{event.kind} of {event.at.date()} would no longer be right: {fault.what}",
                article="",
                fix=f"{fault.fix}; correct or annul that event first where it is wrong too",
            )


def _wrong(events: Sequence[Event], occasion: Occasion) -> dict[str, Refused]:
    """Return the refusals of those events that their commands would refuse, by event_id."""
    body, found = Body(), {}
    for event in events:
        try:
            decide_again(body, event, occasion)
        except Refused as fault:
            found[event.event_id] = fault
        apply(body, event)
    return found


def _said(event: Event, model: type[Record]) -> dict[str, Any]:
    """Return the record of an event, as far as it tells."""
    papers = {
        paper.name: GivenPaper(sha256=paper.sha256, issued_on=paper.issued_on) for paper in event.papers
    }
    says = {
        **{name: getattr(event, name) for name in ("at", "file", "call", "release")},
        **{name: getattr(event.payload, name) for name in type(event.payload).model_fields},
        "papers": papers,
        event.of: event.subject,
    }
    if isinstance(event.payload, ProposalReceived | ProposalLate):
        says["proposer"] = Proposer.model_validate({"is": event.payload.proposer_is})
    if isinstance(event.payload, ProposalReceived | ProposalCorrected):
        says["items"] = _items(event.payload.proposal)
    if isinstance(event.payload, ProposalCorrected):
        del says["proposer"]
    return {name: value for name, value in says.items() if name in model.model_fields}


def _items(proposal: Proposal) -> received.GivenItems:
    given = {name: getattr(proposal, name) for name in received.GivenItems.model_fields if name != "wanted"}
    return received.GivenItems(wanted={item.item: item.granularity for item in proposal.wanted}, **given)


def _under(body: Body, event: Event) -> Any:
    said = event.payload
    if isinstance(said, ProposalReceived):
        return said.under
    case = body.cases.get(event.subject)
    return case.received.under if case and case.received else "112"
