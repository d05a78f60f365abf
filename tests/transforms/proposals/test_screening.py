"""The seven tests: computed, or judged by name; never passed by default."""

import datetime as dt
import json

import pytest

from tokumei.schemas.file_items import Period
from tokumei.transforms.ledger.fold import Refused
from tokumei.transforms.proposals.bars import BarringGround
from tokumei.transforms.proposals.method import MethodAnswer
from tokumei.transforms.proposals.screening import ProposalTerms, ScreenedCase, screened

PERSON = {"minor": False, "incapable": False, "bankrupt": False}
JUDGED = {t: {"passes": True, "by": "審査 花子", "because": "事業計画書で確認した"} for t in ("4", "6", "7")}
USE = Period(start=dt.date(2026, 4, 1), end=dt.date(2028, 3, 31))


def asked(**more):
    given = {
        "existing": False,
        "people": 1000,
        "people_of_file": 5000,
        "sample": None,
        "use": USE,
        "use_because": "2年の研究",
        "day": dt.date(2026, 1, 15),
    }
    return ProposalTerms(**{**given, **more})


def answer(*reasons, people=1200):
    return MethodAnswer(reasons=reasons, people=people, left_out=3, loss=0.2, instead=(), items=(), policy="")


NEEDED = {"day": "2028-03-31", "by": "審査 花子", "because": "研究は2年を要する"}


def record(**more):
    entered = {"case": "c1", "proposer": PERSON, "judgements": JUDGED, "needed_until": NEEDED, **more}
    return ScreenedCase.model_validate_json(json.dumps(entered))


def outcome(wanted=None, entered=None, grounds=(), method=None):
    return screened(wanted or asked(), entered or record(), grounds=grounds, method=method or answer())


def test_all_seven_are_met():
    found = outcome()
    assert found.outcome == "適合" and [f.test for f in found.findings] == [1, 2, 3, 4, 5, 6, 7]
    assert {f.test for f in found.findings if f.by} == {4, 5, 6, 7}
    judged = [f.reason.split("。")[0] for f in found.findings if f.by and f.test != 5]
    assert judged[0].endswith("実現に資すると認める") and judged[1].endswith("適切であると認める")
    assert judged[2].endswith("支障を及ぼさないと認める")


@pytest.mark.parametrize(
    ("changes", "test"),
    [
        ({"grounds": (BarringGround("法第113条第1号", "未成年者である", None),)}, 1),
        ({"wanted": asked(people=999)}, 2),
        ({"wanted": asked(people=5001), "method": answer(people=5001)}, 2),
        ({"method": answer("「住所」は、求める粒度では加工の基準を満たさない。")}, 3),
        ({"method": answer(people=999)}, 3),
        ({"entered": record(judgements={**JUDGED, "4": {**JUDGED["4"], "passes": False}})}, 4),
        (
            {
                "entered": record(
                    needed_until={"day": "2027-03-31", "by": "審査 花子", "because": "研究は1年"}
                )
            },
            5,
        ),
    ],
)
def test_one_that_is_not_met_refuses_with_its_reason(changes, test):
    found = outcome(**changes)
    assert found.outcome == "不適合"
    assert [f.test for f in found.findings if f.passes is False] == [test]
    assert all(f.reason.endswith("。") for f in found.findings)


def test_5000_of_5000_people_are_not_more_than_the_file():
    assert outcome(asked(people=5000), method=answer(people=5000)).outcome == "適合"


@pytest.mark.parametrize("missing", ["4", "6", "7"])
def test_what_only_people_can_judge_is_never_passed_by_default(missing):
    with pytest.raises(Refused, match="never passed by default"):
        outcome(entered=record(judgements={t: j for t, j in JUDGED.items() if t != missing}))


def test_a_period_that_nobody_has_judged_is_not_met():
    for terms in (asked(), asked(existing=True, people=None)):
        with pytest.raises(Refused, match=r"test\(s\) 5 .* never passed by default"):
            outcome(terms, record(needed_until=None))
    (five,) = (f for f in outcome().findings if f.test == 5)
    assert five.passes and five.by == "審査 花子" and five.reason.endswith("と認める。研究は2年を要する。")


def test_a_part_of_the_people_is_tried_as_that_part():
    method = {"policy": "p.yaml", "items": {"年齢": 0}}
    part = {**method, "sampled": {"passes": True, "by": "審査 花子", "because": "乱数で抽出した"}}
    drawn = asked(sample="無作為に1,000人")
    for terms, tried in ((drawn, method), (asked(), part)):
        with pytest.raises(Refused, match="part of the people"):
            outcome(terms, record(method=tried))
    found = outcome(drawn, record(method=part))
    assert found.outcome == "適合" and "抽出の方法によるものと認める。" in found.findings[2].reason
    part["sampled"]["passes"] = False
    assert [f.test for f in outcome(drawn, record(method=part)).findings if f.passes is False] == [3]


def test_a_refusal_needs_no_judgement():
    assert outcome(asked(people=999), record(judgements={})).outcome == "不適合"


@pytest.mark.parametrize(
    "wanted", [asked(people=None), asked(use=None), asked(use_because=None)], ids=["people", "use", "because"]
)
def test_what_is_missing_is_to_be_mended_not_refused(wanted):
    found = outcome(wanted)
    assert found.outcome == "補正" and len(found.corrections) == 1


def test_what_officers_ask_for_is_to_be_mended():
    found = outcome(entered=record(corrections="法人の登記事項証明書を添付すること。"))
    assert found.corrections == ("法人の登記事項証明書を添付すること。",)
    assert screened(asked(), record(), grounds=(), method=None).outcome == "補正"  # no method is fixed


def test_of_a_product_that_is_there_neither_people_nor_method_are_tested():
    found = screened(
        asked(existing=True, people=None, people_of_file=None), record(), grounds=(), method=None
    )
    assert found.outcome == "適合" and [f.test for f in found.findings] == [1, 4, 5, 6, 7]


def test_a_file_whose_people_are_not_recorded_cannot_be_compared():
    with pytest.raises(Refused, match="not recorded"):
        outcome(asked(people_of_file=None))
