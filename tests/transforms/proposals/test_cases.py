"""What a body decides about a case, from the state that its events fold to."""

import datetime as dt
import json

import pytest
from support.events import event

from tokumei.schemas.body_events import CallAnnounced, CallOpened, Condition, Desk, FileJudged
from tokumei.schemas.case_events import Proposal, ProposalCorrected, ProposalReceived
from tokumei.schemas.fees import state_fees
from tokumei.schemas.file_items import Period
from tokumei.schemas.japan_time import JST
from tokumei.transforms.ledger.fold import Refused, fold_events
from tokumei.transforms.proposals.contract import (
    AppliedContract,
    AskedOpinions,
    ConcludedContract,
    GivenOpinion,
    PaidFee,
    TerminatedContract,
    apply_for,
    ask_opinions,
    conclude_contract,
    take_opinion,
    take_payment,
    terminate,
)
from tokumei.transforms.proposals.method import MethodAnswer
from tokumei.transforms.proposals.occasion import Occasion
from tokumei.transforms.proposals.screen import Means, RehearsedMethod, screen_case
from tokumei.transforms.proposals.screening import ScreenedCase

USE = Period(start=dt.date(2026, 4, 1), end=dt.date(2028, 3, 31))
PROPOSAL = Proposal(people=1000, period=USE, period_reason="2年の研究", how_provided="媒体の交付")
ANSWER = MethodAnswer(reasons=(), people=1200, left_out=0, loss=0.1, instead=(), items=("年齢",), policy="")
PERSON = {"minor": False, "incapable": False, "bankrupt": False}
JUDGED = {t: {"passes": True, "by": "審査 花子", "because": "確認した"} for t in ("4", "6", "7")}
NOTICE = {"fee": {"hours": "10.2"}, "pay_how": "収入印紙", "pay_until": "2026-02-28"}


class Story:
    """Events of one body, one after another."""

    def __init__(self, day="2025-11-10", *, opinion=False):
        self.events, self.day = [], dt.date.fromisoformat(day)
        yes = Condition(holds=True, by="課長", reason="確認した")
        self.add(
            FileJudged(
                name="名簿",
                people=5000,
                published=yes,
                disclosable=yes,
                unhindered=yes,
                third_party_opinion=opinion,
            ),
            "f1",
        )
        period = Period(start=self.day, end=self.day + dt.timedelta(days=60))
        window = Desk(name="窓口", address="1番地", contact="電話")
        self.add(CallAnnounced(title="募集", period=period, files=("f1",), window=window), "c1")
        self.add(CallOpened(), "c1")

    @property
    def body(self):
        return fold_events(self.events)

    def add(self, payload, subject, **fields):
        at = dt.datetime.combine(self.day, dt.time(9), JST)
        self.events.append(event(payload, subject, at=at, **fields))
        return self.body

    def propose(self, case="k1", proposal=PROPOSAL, *, under="112", by="p1", missing=(), **fields):
        received = ProposalReceived(
            under=under,
            proposer=by,
            proposer_is="body",
            kept="x",
            destroy_on=dt.date(2031, 3, 31),
            proposal=proposal,
            missing=missing,
        )
        self.add(received, case, file="f1", call="c1", **fields)

    @property
    def occasion(self):
        at = dt.datetime.combine(self.day, dt.time(9), JST)
        return Occasion(body="見本市", kind="市区町村", as_of=at, registered={})

    def do(self, decide, record):
        """Take in what a command decides, or nothing."""
        self.take(decide(self.body, record, self.occasion))

    def take(self, events):
        fold_events([*self.events, *events])
        self.events += events

    def screen(self, case="k1", answer=ANSWER, **more):
        entered = {"case": case, "proposer": PERSON, "judgements": JUDGED, "notice": NOTICE}
        entered |= {"officers": {"1": PERSON}, **more}
        record = ScreenedCase.model_validate_json(json.dumps(entered))
        means = Means(fees=state_fees(), rehearsed={case: RehearsedMethod(answer, "0" * 64)}, officers={})
        decided = screen_case(self.body, record, self.occasion, means)
        self.take(list(decided.events))
        return decided

    def contract(self, case="k1"):
        self.do(apply_for, AppliedContract(case=case))

    def conclude(self, case="k1", period=None):
        self.do(conclude_contract, ConcludedContract(case=case, period=period))

    def pay(self, amount, case="k1"):
        self.do(take_payment, PaidFee(case=case, amount=amount, how="収入印紙"))


def test_from_a_proposal_to_a_contract_in_force():
    story = Story()
    story.propose()
    assert story.screen().fee.yen == 64_450
    story.contract()
    with pytest.raises(Refused, match="not the fee"):
        story.pay(64_449)
    story.pay(64_450)
    story.conclude()
    case = story.body.cases["k1"]
    assert case.state == "ready" and case.contract.period == USE
    assert {n for n, test in case.judged.items() if test.computed} == {1, 2, 3, 5}
    assert case.judged[3].evidence == "0" * 64 and case.judged[4].by == "審査 花子"


def test_what_fails_is_told_with_reasons_and_bars_nobody():
    story = Story()
    story.propose(proposal=PROPOSAL.model_copy(update={"people": 999}))
    assert story.screen(judgements={}, notice=None).fee is None
    case = story.body.cases["k1"]
    assert case.state == "unfit" and [r.test for r in case.unfit.reasons] == [2]


def test_what_is_missing_is_asked_for_and_decided_without_once_the_day_is_over():
    story = Story()
    story.propose(proposal=PROPOSAL.model_copy(update={"period_reason": None}), missing=("期間の理由",))
    with pytest.raises(Refused, match="mended first"):
        story.screen()
    assert story.screen(correct_until="2025-11-30").screened.outcome == "補正"
    assert story.body.cases["k1"].state == "correcting"
    story.add(ProposalCorrected(proposal=PROPOSAL), "k1")
    assert story.screen().screened.outcome == "適合"
    late = Story()
    late.propose(proposal=PROPOSAL.model_copy(update={"period_reason": None}), missing=("期間の理由",))
    late.screen(correct_until="2025-11-30")
    late.day = dt.date(2025, 12, 1)
    assert late.screen().screened.outcome == "不適合" and late.body.cases["k1"].state == "unfit"


def test_whoever_lost_a_contract_is_barred_by_the_ledger_itself():
    story = Story()
    story.propose()
    story.screen()
    story.contract()
    story.conclude()
    story.day = dt.date(2025, 12, 1)
    events, notice = terminate(
        story.body, TerminatedContract(case="k1", ground=3, because="契約違反。"), story.occasion, None
    )
    story.take(events)
    assert "2027年11月30日まで提案をすることができません。" in notice
    story.propose("k2")
    story.propose("k3", by="p2")
    (failed,) = [f for f in story.screen("k2").screened.findings if f.passes is False]
    assert failed.test == 1 and "2027年11月30日まで" in failed.reason
    assert story.screen("k3").screened.outcome == "適合"


def test_a_contract_is_for_the_period_that_was_screened():
    story = Story()
    story.propose()
    story.screen()
    story.contract()
    with pytest.raises(Refused, match="proposed and screened"):
        story.conclude(period=Period(start=USE.start, end=dt.date(2028, 4, 1)))
    story.conclude(period=Period(start=USE.start, end=dt.date(2027, 3, 31)))
    assert story.body.cases["k1"].contract.period.end == dt.date(2027, 3, 31)


def test_third_parties_of_2017_are_heard_before_the_contract():
    story = Story("2018-02-26", opinion=True)
    story.propose()
    decided = story.screen(notice={**NOTICE, "fee": {"hours": "10", "third_parties": 3}})
    assert decided.fee.yen == 61_130
    with pytest.raises(Refused, match="heard first"):
        story.contract()
    story.do(ask_opinions, AskedOpinions(case="k1", third_parties=1, until=dt.date(2018, 3, 20)))
    story.do(take_opinion, GivenOpinion(case="k1", third_party="1", objected=True))
    with pytest.raises(Refused, match="have answered"):
        story.do(take_opinion, GivenOpinion(case="k1", third_party="2", objected=False))


def test_no_case_no_decision():
    with pytest.raises(Refused, match="no proposal"):
        Story().screen("k9")
