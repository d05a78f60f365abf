"""The papers: every kind in every regime; forms only where their numbers are known; templates replaceable."""

import datetime as dt
import re
from typing import get_args

import pytest

from tokumei.schemas.errors import PolicyError
from tokumei.schemas.fees import state_fees
from tokumei.schemas.file_items import Period
from tokumei.schemas.regimes import PublicRegime
from tokumei.transforms.proposals.fees import creation_fee, worked_hours
from tokumei.transforms.proposals.papers import About, PaperKind, paper
from tokumei.transforms.proposals.screening import FoundByTest

DAY = dt.date(2026, 4, 1)
FINDINGS = (
    FoundByTest(1, True, "欠格事由に該当しない。"),
    FoundByTest(4, False, "資すると認められない。", "審査 花子"),
)
SAID = {
    "proposed_at": DAY,
    "people": 1200,
    "period": Period(start=DAY, end=dt.date(2028, 3, 31)),
    "fee": creation_fee(state_fees()["public"], hours=worked_hours("10.2")),
    "pay_how": "収入印紙",
    "pay_until": dt.date(2026, 5, 1),
    "how_provided": "電磁的記録媒体の交付",
    "findings": FINDINGS,
    "corrections": ("本人の数を記載すること。",),
    "until": dt.date(2026, 4, 20),
    "ground": 3,
    "because": "第三者へ無断で提供した。",
    "barred_until": dt.date(2028, 3, 31),
    "release": "r1",
    "product": {"people": 1200, "tables": [{"table": "名簿", "items": ["年代", "都道府県"]}]},
}


def about(regime="public", *, existing=False, body="見本市", kind="市区町村", at=DAY):
    return About(case="案1", file_name="名簿", body=body, kind=kind, at=at, regime=regime, existing=existing)


@pytest.mark.parametrize("kind", get_args(PaperKind))
@pytest.mark.parametrize("regime", get_args(PublicRegime))
@pytest.mark.parametrize("existing", [False, True])
def test_every_paper_names_the_case_and_the_law_of_its_day(kind, regime, existing):
    text = paper(kind, about(regime, existing=existing), templates=None, **SAID)
    assert "案1" in text or kind == "terms"
    product = "行政機関非識別加工情報" if regime == "public_2017" else "行政機関等匿名加工情報"
    assert product in text or kind in {"unfit", "correction"}
    assert "None" not in text and "{{" not in text and "第44条の7第" not in text.replace("法第44条の7第", "")
    forms = re.findall("様式第[一二三四五六七八九十]+", text)
    known = {"fit": "様式第九", "application": "様式第十", "unfit": "様式第十一"}
    assert forms == ([known[kind]] if regime == "public" and not existing and kind in known else [])


def test_a_notice_of_fit_states_what_the_rule_asks():
    text = paper("fit", about(), templates=None, **SAID)
    for said in (
        "64,450円",
        "11時間×3,950円",
        "43,450円",
        "収入印紙",
        "令和8年5月1日",
        "電磁的記録媒体の交付",
        "1,200人",
    ):
        assert said in text, said
    assert "法第118条第2項において準用する法第114条第2項" in paper(
        "fit", about(existing=True), templates=None, **SAID
    )


@pytest.mark.parametrize(
    ("day", "written"),
    [
        ((2026, 4, 1), "令和8年4月1日"),
        ((2019, 5, 1), "令和元年5月1日"),
        ((2019, 4, 30), "平成31年4月30日"),
        ((2018, 2, 26), "平成30年2月26日"),
    ],
)
def test_days_are_those_of_the_era_and_a_number_of_the_paper_is_left_open(day, written):
    text = paper("unfit", about(at=dt.date(*day)), templates=None, **SAID)
    assert f"　　　　第　　　　　号\n                                                    {written}\n" in text


@pytest.mark.parametrize(
    ("body", "kind", "sender", "due"),
    [
        ("みどり市", "市区町村", "みどり市長", "手数料"),
        ("みどり県", "都道府県", "みどり県知事", "手数料"),
        ("みどり市教育委員会", "市区町村", "みどり市教育委員会の長", "手数料"),
        ("見本省", "行政機関", "見本省の長", "手数料"),
        ("独立行政法人見本", "独立行政法人等", "独立行政法人見本の長", "利用料"),
    ],
)
def test_the_head_of_the_body_writes_and_takes_what_the_law_calls_it(body, kind, sender, due):
    for which in ("fit", "application", "contract"):
        text = paper(which, about(body=body, kind=kind), templates=None, **SAID)
        assert re.search(rf"{sender}\b", text) and {*re.findall("手数料|利用料", text)} == {due}


def test_a_proposal_of_another_regime_is_cited_as_it_was():
    for kind in ("fit", "unfit", "correction"):
        said = {**SAID, "proposed_at": dt.date(2022, 3, 31)}
        text = paper(kind, about("public_2022", at=dt.date(2022, 4, 5)), templates=None, **said)
        assert "第110条第1項（受付の日においては、行政機関の保有する個人情報の保護に関する法律" in text
        assert "第44条の5第1項）の規定による提案" in text
        assert "受付の日においては" not in paper(kind, about(), templates=None, **SAID)


@pytest.mark.parametrize("kind", get_args(PaperKind))
def test_corporations_had_an_act_of_their_own_in_2017(kind):
    text = paper(
        kind, about("public_2017", kind="独立行政法人等", at=dt.date(2018, 3, 1)), templates=None, **SAID
    )
    assert "行政機関の保有" not in text and "行政機関非識別" not in text
    assert "独立行政法人等の保有する個人情報の保護に関する法律" in text
    later = paper(
        kind, about("public", kind="独立行政法人等"), templates=None, **{**SAID, "proposed_at": DAY}
    )
    assert "独立行政法人等の保有" not in later


def test_papers_of_a_product_that_is_there_cite_its_article():
    for kind in ("application", "contract", "receipt"):
        there = paper(kind, about(existing=True), templates=None, **SAID)
        assert "第118条第2項において準用する法第115条の規定" in there
        assert "準用" not in paper(kind, about(), templates=None, **SAID)
    assert "情報の項目　年代、都道府県" in paper("receipt", about(), templates=None, **SAID)


def test_a_refusal_states_its_reasons_alone():
    text = paper("unfit", about(), templates=None, **SAID)
    assert "法第114条第1項第4号" in text and "資すると認められない。" in text and "欠格事由" not in text


def test_a_body_may_have_its_own(tmp_path):
    (tmp_path / "head.txt.j2").write_text("{{ body }}長　{{ case }}\n")
    text = paper("unfit", about(), templates=tmp_path, **SAID)
    assert text.startswith("見本市長　案1\n") and "理由を付して" in text
    for wrong in ("{{ nothing }}", "{% if %}", "{{ case.__class__.__mro__[1].__subclasses__() }}"):
        (tmp_path / "head.txt.j2").write_text(wrong)
        with pytest.raises(PolicyError, match=r"paper\.template"):
            paper("unfit", about(), templates=tmp_path, **SAID)
