"""The own family name where somebody is addressed, and the own last four digits: more than chance, of people."""

import json
import random

import pyarrow as pa
import pytest
from support.helpers import policy_of

from tokumei.schemas.policy_file import parse_policy
from tokumei.transforms.leaks.found import Found, LeakSearch
from tokumei.transforms.leaks.own_tokens import own_tokens
from tokumei.transforms.leaks.values import read_cells
from tokumei.transforms.leaks.verdict import is_leak
from tokumei.transforms.leaks.written import WrittenColumn
from tokumei.transforms.planning.plan_tables import plan_tables

DROPPED = {"drop": True, "because": "不要"}
FAMILIES = ("佐藤", "鈴木", "林", "渡邊", "五十嵐", "長谷川", "王", "森", "齋藤", "高橋")
COUNT = 400


def found(cells, columns=("氏名", "電話番号"), people=None):
    """What is counted in cells of 400 people: of 佐藤 to 高橋 in turn, with telephones at random."""
    draw = random.Random(1)
    values = {
        "氏名": [f"{FAMILIES[i % 10]} {'一二三四五六七八'[i % 8]}子" for i in range(COUNT)],
        "姓": [FAMILIES[i % 10] for i in range(COUNT)],
        "名": [f"{'一二三四五六七八'[i % 8]}子" for i in range(COUNT)],
        "氏名カナ": [f"{('サトウ', 'キジマ')[i % 2]} ハナ" for i in range(COUNT)],
        "電話番号": [f"03-{draw.randrange(2000, 9999)}-{draw.randrange(10_000):04d}" for _ in range(COUNT)],
    }
    shown = {**dict.fromkeys(columns, DROPPED), "note": {"keep": True, "because": "試験"}}
    table = plan_tables(parse_policy(json.dumps(policy_of(shown)), "policy"), ".")["t"]
    sources = pa.RecordBatch.from_pydict({name: values[name] for name in columns})
    notes = [cells(i, values) for i in range(COUNT)]
    written = WrittenColumn.of(read_cells(pa.array(notes, pa.string())), None, people)
    return dict(own_tokens(table, sources, pa.array(range(COUNT)), "note", written))


def leaks(cells, **more):
    return {(s.kind, s.of) for s, n in found(cells, **more).items() if is_leak(s, n)}


@pytest.mark.parametrize(
    "said",
    [
        "{}様より入電",
        "昨日、{}さんが来所",
        "隣の{}宅より苦情",
        "{}氏と面談",
        "{} 様",
        "{}家の件",
        "{}夫妻",
        "{}君",
    ],
)
def test_who_is_addressed_by_the_own_family_name(said):
    def cells(i, values):
        return said.format(values["姓"][i]) if i % 5 == 0 else "変わりなし"

    assert leaks(cells) == {("called", "氏名")}
    assert leaks(cells, columns=("姓", "名")) == {("called", "姓")}


READ = "サトウ スズキ ハヤシ ワタナベ イガラシ ハセガワ オウ モリ サイトウ タカハシ".split()  # noqa: SIM905
LATIN = "Satoh Suzuki HAYASHI Watanabe Igarashi Hasegawa Oh Mori Saitou takahashi".split()  # noqa: SIM905
ADDRESSED = "{}-sama 来庁|{}様|T.{}様|{}.T 様|Mr. {} called|Ms.{}|{} san|{}くん|{}氏|{}宅訪問|Dr. {}|H. {}|{}, H.|{}-kun|H {} より|{} H より"


@pytest.mark.parametrize("said", ADDRESSED.split("|"))
def test_who_is_addressed_in_latin_letters(said):
    def cells(of):
        return lambda i, v: said.format(LATIN[of(i) % 10]) if i % 5 == 0 else "変わりなし"

    assert leaks(cells(lambda i: i)) == {("called", "氏名")}  # as the tables read it
    assert leaks(cells(lambda i: i // 10)) == set()


@pytest.mark.parametrize("said", ["{}様", "はい{}さん", "{}くん", "{}先生", "{}宅", "{} 氏"])
def test_who_is_addressed_in_kana(said):
    for kana in (READ, [word.translate({c: c - 0x60 for c in range(0x30A1, 0x30F7)}) for word in READ]):
        if said.startswith("{}") or kana is not READ:
            assert leaks(lambda i, v, k=kana: said.format(k[i % 10]) if i % 5 == 0 else "") == {
                ("called", "氏名")
            }
            assert leaks(lambda i, v, k=kana: said.format(k[i // 10 % 10]) if i % 5 == 0 else "") == set()


@pytest.mark.parametrize(
    "said", ["{}家訪問", "{}家へ", "{}邸", "{}部長", "{}親子", "{}姓", "{}家計簿", "{}家族"]
)
def test_a_family_and_what_only_begins_so(said):
    told = leaks(lambda i, v: said.format(v["姓"][i]) if i % 5 == 0 else "変わりなし")
    assert told == (set() if said in {"{}家計簿", "{}家族"} else {("called", "氏名")})


@pytest.mark.parametrize("columns", [("氏名",), ("姓", "名")])
def test_a_given_name_is_a_name_too_and_so_is_a_whole_cell(columns):
    assert leaks(lambda i, v: f"{v['名'][i]}さん、{i}", columns=columns) == {("called", columns[0])}
    for part in ("姓", "名"):
        assert leaks(lambda i, v, part=part: v[part][i], columns=columns) == {("part", columns[0])}
        assert leaks(lambda i, v, part=part: v[part][i] if i % 20 == 0 else f"{i}件", columns=columns)
        assert not leaks(lambda i, v, part=part: v[part][i * 7 // 10], columns=columns)


def test_old_kanji_and_kana_are_the_same_name():
    assert leaks(lambda i, v: f"渡辺様{i}" if v["姓"][i] == "渡邊" else "") == {("called", "氏名")}
    kana = ("氏名カナ",)
    assert leaks(lambda i, v: f"サトウ様{i}" if i % 2 == 0 else "", columns=kana) == {("called", "氏名カナ")}


@pytest.mark.parametrize(
    "cells",
    [
        lambda i, v: f"主治医は佐藤先生 {i}",  # of everybody
        lambda i, v: f"{FAMILIES[i // 10 % 10]}様に電話 {i}",  # of somebody else's choice
        lambda i, v: f"{v['姓'][i]}商店の森宅配便 {i}",
        lambda i, v: f"小{v['姓'][i]}山に同様の件 {i}",
        lambda i, v: f"{2000 + i % 30}年 1200円 12:30 090-1234-{i:04d}",
        lambda i, v: f"整理番号 {1000 + i}",
        lambda i, v: f"{v['電話番号'][i][-4:]}年、{v['電話番号'][i][-4:]}円",
    ],
)
def test_what_is_met_by_chance_is_none(cells):
    assert leaks(cells) == set()


@pytest.mark.parametrize("said", ["{}", "下4桁{}", "携帯({})", "{}番の方", "末尾 {} を確認", "A、{}、B"])
def test_the_last_four_digits_of_the_own_telephone(said):
    def cells(i, values):
        return said.format(values["電話番号"][i][-4:]) if i % 50 == 0 else "変わりなし"

    assert leaks(cells) == {("last", "電話番号")}


def test_people_are_counted_and_not_their_lines():
    """One person whose doctor is a namesake, on 40 lines: chance. Ten people on four lines each: none."""
    import polars as pl

    people = pl.Series(
        [i % 100 for i in range(COUNT)]
    )  # one person has every hundredth line: one family name
    one = found(lambda i, v: f"{v['姓'][i]}様 {i}" if i % 100 == 0 else "", people=people)
    (count,) = (n for s, n in one.items() if s.kind == "called")
    assert (count.compared, count.chance) == (1, 1)
    assert not is_leak(LeakSearch("called", "note", "氏名"), count)
    assert leaks(lambda i, v: f"{v['姓'][i]}様 {i}" if i % 100 < 10 else "", people=people)


@pytest.mark.parametrize(
    ("met", "expected", "leak"),
    [
        (1, 0.009, True),
        (1, 0.011, False),
        (3, 0.3, True),
        (2, 0.3, False),
        (600, 400.0, True),
        (600, 590.0, False),
    ],
)
def test_chance_is_an_exact_test(met, expected, leak):
    assert is_leak(LeakSearch("called", "note", "氏名"), Found(1000, met, 0, 0, expected)) == leak
