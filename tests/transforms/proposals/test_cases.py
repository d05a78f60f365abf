"""What a body decides about a case, from the state that its events fold to."""

import datetime as dt
import json

import pytest
from support.events import event

from tokumei.schemas.body_events import CallAnnounced, CallOpened, Condition, Desk, FileJudged
from tokumei.schemas.case_events import NamedReason, Proposal, ProposalCorrected, ProposalReceived, WantedItem
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
NEEDED = {"day": "2031-03-31", "by": "審査 花子", "because": "確認した"}
NOBODY = {}  # is known of the proposer
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

    def propose(
        self, case="k1", proposal=PROPOSAL, *, under="112", by="p1", missing=(), who=NOBODY, **fields
    ):
        received = ProposalReceived(
            under=under,
            proposer=by,
            proposer_is="body",
            kept="x",
            destroy_on=dt.date(2031, 3, 31),
            proposal=proposal,
            missing=missing,
            **who,
        )
        self.add(received, case, file="f1", call="c1", **fields)

    @property
    def occasion(self):
        at = dt.datetime.combine(self.day, dt.time(9), JST)
        return Occasion(body="見本市", kind="市区町村", as_of=at, registered={}, record="r" * 32)

    def do(self, decide, record):
        """Take in what a command decides, or nothing."""
        self.take(decide(self.body, record, self.occasion))

    def take(self, events):
        fold_events([*self.events, *events])
        self.events += events

    def screen(self, case="k1", answer=ANSWER, **more):
        examined = {"proposer": PERSON, "officers": {"1": PERSON}}
        entered = {
            "case": case,
            **examined,
            "judgements": JUDGED,
            "needed_until": NEEDED,
            "notice": NOTICE,
            **more,
        }
        record = ScreenedCase.model_validate_json(json.dumps(entered))
        means = Means(fees=state_fees(), rehearsed={case: RehearsedMethod(answer, "0" * 64)})
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
    assert {n for n, test in case.judged.items() if test.computed} == {1, 2, 3}
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
    assert "令和9年11月30日まで提案をすることができません。" in notice
    story.propose("k2")
    story.propose("k3", by="p2")
    (failed,) = [f for f in story.screen("k2").screened.findings if f.passes is False]
    assert failed.test == 1 and "令和9年11月30日まで" in failed.reason
    assert story.screen("k3").screened.outcome == "適合"


def test_whoever_may_be_one_who_lost_a_contract_is_decided_by_name():
    story = Story()
    story.propose(who={"marks": ("n1", "s1")})
    story.screen()
    story.contract()
    story.conclude()
    story.day = dt.date(2025, 12, 1)
    lost = TerminatedContract(case="k1", ground=3, because="契約違反。")
    story.take(terminate(story.body, lost, story.occasion, None)[0])
    story.propose("k2", by="p2", who={"marks": ("n1", "s2")})
    story.propose("k3", by="p3", who={"marks": ("n3", "s1")})
    story.propose("k4", by="p4", who={"marks": ("n4",)})
    for case in ("k2", "k3"):
        with pytest.raises(Refused, match=r"with that of case k1.*nobody has said whether"):
            story.screen(case)
    said = {"by": "審査 花子", "because": "登記事項証明書で確認した"}
    (failed,) = [
        f
        for f in story.screen("k2", same_as={"k1": {"same": True, **said}}).screened.findings
        if not f.passes
    ]
    assert (
        failed.reason.startswith("法第113条第5号に該当する。") and "同一の者であると認める" in failed.reason
    )
    found = story.screen("k3", same_as={"k1": {"same": False, **said}}).screened
    assert found.outcome == "適合" and found.findings[0].by == "審査 花子"
    assert "別の者であると認める。登記事項証明書で確認した。" in found.findings[0].reason
    with pytest.raises(Refused, match="no doubt"):
        story.screen("k4", same_as={"k1": {"same": False, **said}})
    assert story.screen("k4").screened.outcome == "適合"


def test_every_officer_of_a_body_is_examined():
    story = Story()
    story.propose(who={"officers": 3})
    for officers in ({}, {"1": PERSON, "2": PERSON}):
        with pytest.raises(Refused, match=r"officer .* of 3 or more"):
            story.screen(officers=officers)
    assert story.screen(officers=dict.fromkeys("123", PERSON)).screened.outcome == "適合"
    story.propose("k2")
    with pytest.raises(Refused, match="of 1 or more"):
        story.screen("k2", officers={})


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
    for number, until, why in ((2, 20, "a fee for 3"), (3, 1, "before the day")):
        with pytest.raises(Refused, match=why):
            asked = AskedOpinions(case="k1", third_parties=number, until=dt.date(2018, 2, until))
            story.do(ask_opinions, asked.model_copy(update={"until": dt.date(2018, 3 - (until == 1), until)}))
    story.do(ask_opinions, AskedOpinions(case="k1", third_parties=3, until=dt.date(2018, 3, 20)))
    for third_party in "123":
        story.do(take_opinion, GivenOpinion(case="k1", third_party=third_party, objected=True))
    with pytest.raises(Refused, match="have answered"):
        story.do(take_opinion, GivenOpinion(case="k1", third_party="4", objected=False))
    with pytest.raises(Refused, match="answered otherwise"):
        story.do(take_opinion, GivenOpinion(case="k1", third_party="1", objected=False))
    assert all(story.body.cases["k1"].opinions.values())


def test_a_fee_that_comes_late_is_taken_by_decision():
    story = Story()
    story.propose()
    story.screen()
    story.contract()
    story.day = dt.date(2026, 3, 1)  # the notice says 2026-02-28
    with pytest.raises(Refused, match="was 2026-02-28"):
        story.pay(64_450)
    late = NamedReason(by="課長 甲", because="金融機関の障害のため")
    paid = PaidFee(case="k1", amount=64_450, how="収入印紙", late=late)
    story.do(take_payment, paid)
    assert story.events[-1].payload.late == late and story.body.cases["k1"].state == "paid"
    other = Story()
    other.propose()
    other.screen()
    other.contract()
    with pytest.raises(Refused, match="leave") as refused:
        other.do(take_payment, paid)
    assert "is 2026-02-28" in refused.value.what


def test_days_of_a_notice_are_not_over():
    story = Story()
    story.propose()
    with pytest.raises(Refused, match="before the day of the notice"):
        story.screen(notice={**NOTICE, "pay_until": "2025-11-09"})
    used = Period(start=dt.date(2020, 1, 1), end=dt.date(2025, 11, 9))
    story.propose("k2", PROPOSAL.model_copy(update={"period": used}))
    found = story.screen("k2", correct_until="2025-12-01").screened
    assert found.outcome == "補正" and "既に終わっている" in found.corrections[0]


def test_what_is_tried_are_the_items_of_the_proposal():
    story = Story()
    wants = (WantedItem(item="生年月日", granularity="年"), WantedItem(item="収入", granularity="階級"))
    story.propose(proposal=PROPOSAL.model_copy(update={"wanted": wants}))
    for items, why in (
        ({"生年月日": 0}, "not tried: 収入"),
        ({"生年月日": 0, "収入": 1, "住所": 0}, "tried and not wanted: 住所"),
    ):
        with pytest.raises(Refused, match="not the items") as refused:
            story.screen(method={"policy": "p", "items": items})
        assert why in refused.value.what
    method = {"policy": "p", "items": {"生年月日": 0, "給与収入": 1}, "called": {"収入": "給与収入"}}
    assert story.screen(method=method).screened.outcome == "適合"


def test_no_case_no_decision():
    with pytest.raises(Refused, match="no proposal"):
        Story().screen("k9")
