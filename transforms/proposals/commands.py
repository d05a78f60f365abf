"""Every command over records: job and action → what its records say and what it does with them."""

from __future__ import annotations

from collections.abc import Mapping

from tokumei.transforms.proposals import calls, contract, corrections, desks, received
from tokumei.transforms.proposals.execute import Command

COMMANDS: Mapping[str, Mapping[str, Command]] = {
    "call": {
        "files": Command(
            "judge files by the three conditions of 法60条3項", calls.JudgedFile, calls.judge_file
        ),
        "announce": Command("announce calls (公示)", calls.AnnouncedCall, calls.announce_call),
    },
    "propose": {
        "receive": Command("take proposals in", received.TakenIn, received.receive),
        "ask": Command("ask proposers for a correction (補正)", received.AskedFor, received.ask),
        "complete": Command("take in what completes proposals", received.Completed, received.complete),
        "withdraw": Command("note that proposals were withdrawn", received.TakenBack, received.withdraw),
    },
    "screen": {
        "hear": Command(
            "ask third parties for opinions (2017)", contract.AskedOpinions, contract.ask_opinions
        ),
        "opinion": Command("take opinions in (2017)", contract.GivenOpinion, contract.take_opinion),
    },
    "contract": {
        "apply": Command("take applications for contracts in", contract.AppliedContract, contract.apply_for),
        "conclude": Command(
            "note that contracts were concluded", contract.ConcludedContract, contract.conclude_contract
        ),
    },
    "fee": {
        "pay": Command("take payments in", contract.PaidFee, contract.take_payment),
    },
    "complain": {
        "receive": Command("take complaints in", desks.ReceivedComplaint, desks.receive_complaint),
        "answer": Command("note what became of complaints", desks.AnsweredComplaint, desks.answer_complaint),
    },
    "inquire": {
        "receive": Command("take inquiries in", desks.ReceivedInquiry, desks.receive_inquiry),
        "answer": Command("note that inquiries were answered", desks.AnsweredInquiry, desks.answer_inquiry),
    },
    "ledger": {
        "correct": Command(
            "replace wrong events by right ones", corrections.CorrectedEvent, corrections.correct
        ),
        "annul": Command("make events void", corrections.AnnulledEvent, corrections.annul),
    },
}
