"""Who is barred on which day."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tokumei.schemas.screening import Examined
from tokumei.transforms.proposals.bars import grounds_of, last_barred

CLEAN = {"minor": False, "incapable": False, "bankrupt": False}


def person(**more):
    return Examined.model_validate({**CLEAN, **more})


def on(day, proposer, *officers, regime="public"):
    return grounds_of(proposer, officers, day=dt.date.fromisoformat(day), regime=regime)


def test_a_terminated_contract_bars_two_years_from_its_day():
    who = person(terminated={"1": {"terminated": "2023-05-01"}})
    assert [g.article for g in on("2025-04-30", who)] == ["法第113条第5号"]
    assert on("2025-04-30", who)[0].until == dt.date(2025, 4, 30)
    assert on("2025-05-01", who) == ()
    assert on("2023-05-01", who) and not on("2023-04-30", who)


def test_officers_bar_their_body():
    officer = person(terminated={"1": {"terminated": "2023-05-01"}})
    (ground,) = on("2025-04-30", person(), officer)
    assert ground.article == "法第113条第6号" and "法第113条第5号" in ground.reason
    assert on("2025-05-01", person(), officer) == ()


def test_2017_numbers_corporations_and_officers_apart():
    day = "2018-05-01"
    who = {"1": {"terminated": day}, "2": {"terminated": day, "of_corporation": True}}
    found = on("2019-05-01", person(terminated=who), regime="public_2017")
    assert [g.article for g in found] == ["法第44条の6第5号", "法第44条の6第6号"]
    officer = person(bankrupt=True)
    assert on("2019-05-01", person(), officer, regime="public_2017")[0].article == "法第44条の6第7号"
    assert on("2022-05-01", person(), officer, regime="public_2022")[0].article == "法第111条第6号"


@pytest.mark.parametrize(
    ("sentence", "day", "words"),
    [
        ({"penalty": "懲役", "under_act": False, "ended": None}, "2025-05-31", "禁錮以上の刑"),
        ({"penalty": "懲役", "under_act": False, "ended": None}, "2025-06-01", "拘禁刑以上の刑"),
        (
            {"penalty": "拘禁刑", "under_act": False, "ended": "2025-12-01"},
            "2027-11-30",
            "令和9年11月30日まで",
        ),
        ({"penalty": "拘禁刑", "under_act": False, "ended": "2025-12-01"}, "2027-12-01", None),
        ({"penalty": "罰金", "under_act": False, "ended": "2025-12-01"}, "2026-01-01", None),
        ({"penalty": "罰金", "under_act": True, "ended": "2025-12-01"}, "2026-01-01", "法の規定により刑"),
    ],
)
def test_sentences_count_by_kind_and_are_called_as_the_law_of_the_day_does(sentence, day, words):
    found = on(day, person(sentences={"1": sentence}))
    assert bool(found) == (words is not None)
    if words:
        assert found[0].article == "法第113条第4号" and words in found[0].reason


def test_a_penalty_that_did_not_exist_is_refused():
    with pytest.raises(ValidationError, match="since 2025-06-01"):
        person(sentences={"1": {"penalty": "拘禁刑", "under_act": False, "ended": "2025-05-31"}})


def test_grounds_without_a_date_have_no_end():
    found = on("2026-01-01", person(minor=True, incapable=True, bankrupt=True))
    assert [(g.article[-3:], g.until) for g in found] == [("第1号", None), ("第2号", None), ("第3号", None)]


@given(st.dates(dt.date(2017, 5, 30), dt.date(2100, 12, 31)))
def test_two_years_are_730_or_731_days_the_first_included(day):
    assert (last_barred(day) - day).days + 1 in {730, 731}
    assert last_barred(day) < last_barred(day + dt.timedelta(days=2))


def test_a_leap_day_has_no_counterpart():
    assert last_barred(dt.date(2024, 2, 29)) == dt.date(2026, 2, 28)
    assert last_barred(dt.date(2024, 3, 1)) == dt.date(2026, 2, 28)
