"""Every pair of state and event through the code that folds: it does what the table says, and changes nothing else."""

import copy
import datetime as dt

import pytest
from support.events import event
from support.payloads import case_payloads

from tokumei.schemas.case_events import Proposal, ProposalReceived, ScreenedFit
from tokumei.schemas.regimes import cited
from tokumei.schemas.transitions import transition, transitions
from tokumei.transforms.ledger.conditions import CONDITIONS
from tokumei.transforms.ledger.fold import Refused, apply
from tokumei.transforms.ledger.state import Body, Case

STATES = sorted({key.split(":")[1] for key, _ in transitions() if key.startswith("case:")})
FIT = ScreenedFit(fee=21000, pay_how="現金", pay_until=dt.date(2026, 1, 31), how_provided="媒体")


def body_in(state, under):
    """A body with one case, put into a state without its history."""
    body = Body()
    if state == "none":
        return body
    who = {"proposer": "p", "kept": "k", "proposer_is": "body", "destroy_on": dt.date(2030, 1, 1)}
    received = ProposalReceived(under=under, proposal=Proposal(), **who)
    body.cases["案"] = Case(state=state, received=received, fit=FIT, until=dt.date(2025, 12, 1))
    return body


@pytest.mark.parametrize("under", ["112", "118"])
@pytest.mark.parametrize("state", STATES)
def test_what_the_table_says_is_done(state, under):
    for payload in case_payloads(under):
        if payload.of == "case":
            does_what_the_table_says(state, under, payload)


def does_what_the_table_says(state, under, payload):
    made = event(payload, "案", at=dt.datetime.fromisoformat("2025-12-24T10:00+09:00"))
    body = body_in(state, under)
    before = copy.deepcopy(body)
    thing = body.cases.get("案") or Case()
    line = transition("case", state, made.kind, lambda name: CONDITIONS[name](body, thing, made))
    if line.next:
        apply(body, made)
        assert body.cases["案"].state == line.next
        assert set(body.cases) == {"案"} and body.files == before.files and body.calls == before.calls
        return
    with pytest.raises(Refused) as refused:
        apply(body, made)
    assert line.reason in refused.value.what and cited(line.article, "public") in refused.value.what
    assert body == before
