"""Columns whose names say nothing: full names and addresses of anybody, and own birth dates."""

import csv
import io

import pytest
from support.helpers import policy_of

KEEP = {"keep": True, "because": "試験"}
ID = {"treat": [{"criterion": 3, "method": "pseudonym", "link": "x"}]}
SUPPRESS = {"treat": [{"criterion": 5, "method": "generalize", "hierarchy": {"kind": "suppress"}}]}
BORN = {"treat": [{"criterion": 1, "method": "delete"}]}
FAMILY = "佐藤 鈴木 高橋 田中 伊藤 山本 中村 小林 加藤 吉田".split()  # noqa: SIM905
GIVEN = "太郎 花子 健一 美咲 翔太 陽子 恵子 大輔 直樹 真由美".split()  # noqa: SIM905


def released(run, a, **column):
    """Run 100 people with a column whose name says nothing."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["id", "a", "生年月日", "town"])
    writer.writerows(
        [f"C{i:07d}", a(i), f"19{40 + i % 50}-0{1 + i % 9}-{10 + i % 19}", "A"] for i in range(100)
    )
    columns = {
        "id": ID,
        "a": column if "treat" in column else {**KEEP, **column},
        "生年月日": BORN,
        "town": SUPPRESS,
    }
    return run(policy_of(columns, person="id"), {"data.csv": text.getvalue()})


@pytest.mark.parametrize(
    "a",
    [
        lambda i: f"{FAMILY[i % 10]} {GIVEN[i // 10]}",
        lambda i: f"{FAMILY[i % 10]}{GIVEN[i // 10]}",
        lambda i: f"{i:04d}_{FAMILY[i % 10]} {GIVEN[i // 10]}様",
        lambda i: (
            f"{GIVEN[i // 10]}　{FAMILY[i % 10]}" if i % 4 == 0 else f"{FAMILY[i % 10]}・{GIVEN[i // 10]}"
        ),
    ],
)
def test_a_column_of_full_names_stops_whatever_it_is_called(run, a):
    done = released(run, a)
    assert done.status == 4 and "verification.leak" in done.err and "are names of people" in done.err
    assert not any(name in done.err for name in FAMILY + GIVEN)


def test_names_that_somebody_has_looked_at_are_released(run):
    done = released(run, lambda i: FAMILY[i % 10] + GIVEN[i // 10], source_values_allowed={"because": "役員"})
    assert done.status == 0, done.err


@pytest.mark.parametrize(
    "a",
    [
        lambda i: FAMILY[i % 10] + ["", "商店", "製薬", "建設"][i // 10 % 4] + str(i // 40),
        lambda i: (
            ["高血圧症", "糖尿病", "胃潰瘍", "白内障"][i % 4] + ["疑い", "急性", "慢性", "術後"][i // 4 % 4]
        ),
        lambda i: (
            f"{['新宿', '大宮', '渋谷', '品川', '中野'][i % 5]} {['本町', '栄町', '元町', '旭町'][i // 5 % 4]}"
        ),
    ],
)
def test_firms_illnesses_and_towns_are_no_names(run, a):
    assert released(run, a).status == 0


TOWNS = [
    "東京都港区芝浦",
    "横浜市中区山下町",
    "北海道札幌市中央区北一条",
    "大阪府堺市堺区南瓦町",
    "武蔵野市吉祥寺本町",
]


@pytest.mark.parametrize(
    "a",
    [
        lambda i: f"{TOWNS[i % 5]}{1 + i // 9}-{1 + i % 9}-{1 + i % 20}",
        lambda i: f"{TOWNS[i % 5]}{1 + i // 9}丁目{1 + i % 9}番{1 + i % 20}号",
        lambda i: f"{TOWNS[i % 5]} {1 + i // 9}－{1 + i % 9} 第{i}コーポ",
        lambda i: f"{TOWNS[i % 5]}{i + 1}",
    ],
)
def test_a_column_of_addresses_stops_whatever_it_is_called(run, a):
    done = released(run, a)
    assert done.status == 4 and "are addresses with numbers" in done.err
    assert not any(town in done.err for town in TOWNS)
    assert released(run, a, source_values_allowed={"because": "店舗の所在地"}).status == 0


@pytest.mark.parametrize(
    "a",
    [
        lambda i: TOWNS[i % 5] + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[i % 26],  # no number of a house
        lambda i: f"第{i}回 市民マラソン {2000 + i}",
        lambda i: f"市区町村コード {13101 + i}",
    ],
)
def test_areas_and_numbered_things_are_no_addresses(run, a):
    assert released(run, a).status == 0


def test_a_day_that_is_the_own_birth_date_stops(run):
    def own(i):
        return f"19{40 + i % 50}-0{1 + i % 9}-{10 + i % 19}"

    done = released(run, own, type="date")
    assert done.status == 4 and "their own value of 生年月日" in done.err
    assert released(run, lambda i: f"2024-0{1 + i % 9}-{10 + i % 19}", type="date").status == 0


@pytest.mark.parametrize("unit", ["minute", "hour", "day"])
def test_a_time_that_is_cut_is_still_the_own_birth_date(run, unit):
    cut = {"type": "datetime", "treat": [{"criterion": 1, "method": "truncate_time", "unit": unit}]}
    done = released(run, lambda i: f"19{40 + i % 50}-0{1 + i % 9}-{10 + i % 19} 10:30", **cut)
    assert done.status == 4 and "their own value of 生年月日" in done.err
    assert released(run, lambda i: f"2024-0{1 + i % 9}-{10 + i % 19} 10:30", **cut).status == 0


def test_digits_of_the_own_birth_date_stop(run):
    done = released(run, lambda i: f"19{40 + i % 50}0{1 + i % 9}{10 + i % 19}", type="integer")
    assert done.status == 4 and "their own value of 生年月日, or a part of it" in done.err


TREATED = [
    {"criterion": 4, "method": "tail"},
    {"criterion": 4, "method": "top_code", "at": 19950101, "label": "以上"},
    {"criterion": 4, "method": "bottom_code", "at": 19300101, "label": "以前"},
    {"criterion": 4, "method": "fence", "action": "code"},
    {"criterion": 5, "method": "noise", "scale": 1},
    {"criterion": 5, "method": "rank_swap", "within": 0.05},
]


@pytest.mark.parametrize("step", TREATED, ids=[step["method"] for step in TREATED])
def test_no_method_that_leaves_numbers_makes_another_number_of_a_birth_date(run, step):
    def born(i):
        return f"19{40 + i % 50}0{1 + i % 9}{10 + i % 19}"

    done = released(run, born, type="integer", treat=[step])
    assert done.status == 4 and "their own value of 生年月日, or a part of it" in done.err
    assert (
        released(run, lambda i: f"{(i * 7919) % 9973 + 19400000}", type="integer", treat=[step]).status == 0
    )


@pytest.mark.parametrize(
    "step",
    [
        {"criterion": 5, "method": "shift_dates", "days": 3},
        {"criterion": 5, "method": "rank_swap", "within": 0.05},
        {"criterion": 5, "method": "noise", "scale": 2},
    ],
    ids=["shift_dates", "rank_swap", "noise"],
)
def test_a_birth_date_that_is_blurred_under_another_name(run, step):
    done = released(run, lambda i: f"19{40 + i % 50}-0{1 + i % 9}-{10 + i % 19}", type="date", treat=[step])
    assert done.status == 4 and "their own value of 生年月日" in done.err
