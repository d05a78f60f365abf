"""What names in sentences come to: sure ones stop the run, others by what decoys say; labels are none."""

import itertools

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from tokumei.transforms.detect.name_forms import full_names
from tokumei.transforms.detect.name_set import NameSet
from tokumei.transforms.leaks.found import Found, LeakSearch
from tokumei.transforms.leaks.people import names_and_addresses, names_in
from tokumei.transforms.leaks.values import read_cells
from tokumei.transforms.leaks.verdict import is_leak
from tokumei.transforms.leaks.written import WrittenColumn

NAMES = NameSet.of(full_names(pa.array(["佐藤 太郎", "金子 大", "小山田 花子"])), bytes(range(32)))
FAMILIES = ("佐藤", "鈴木", "高橋", "田中", "伊藤")
SURE, LIKELY = LeakSearch("name", "note", ""), LeakSearch("likely", "note", "")


def searched(cells, people=None, shared=10):
    return names_in(NAMES, "note", WrittenColumn.of(read_cells(pa.array(cells)), NAMES, people), shared)


def test_records_with_a_sure_name_are_counted_and_cells_with_others():
    found = searched(["佐藤太郎様"] * 3 + ["佐藤太郎転出", "金子大臣", "金子大臣", "山口", None])
    assert (found[SURE].sure, found[SURE].chance, found[LIKELY].chance) == (3, 1, 1)
    assert found[SURE].compared == 7 and found[SURE].expected == found[LIKELY].expected == 0


@pytest.mark.parametrize(("bearers", "met"), [(9, 9), (10, 0)])
def test_what_ten_people_bear_is_a_label(bearers, met):
    assert searched(["佐藤太郎の店"] * bearers)[SURE].sure == met


@pytest.mark.parametrize(("bearers", "met"), [(9, 40), (10, 0)])
def test_people_make_a_label_not_records(bearers, met):
    """Forty records of nine people are nine people's."""
    people = pl.Series([f"P{i % bearers}" for i in range(40)])
    assert searched(["佐藤太郎の店"] * 40, people)[SURE].sure == met


@pytest.mark.parametrize(
    ("cell", "met"),
    [
        *[(f"佐藤太郎{who}の集会に参加", 12) for who in ("氏", "様", "さん", "君", "殿", "先生", "サン")],
        ("佐藤 太郎氏の集会に参加", 12),
        ("太郎 佐藤様", 12),
        ("佐藤太郎の集会に参加", 0),
        ("佐藤太郎商店", 0),
        ("佐藤 太郎", 0),
        ("金子大先生の会", 0),  # as short as words are
    ],
)
def test_who_is_addressed_is_a_person_however_many_write_it(cell, met):
    assert searched([cell] * 12)[SURE].sure == met


@pytest.mark.parametrize(
    ("search", "found", "leak"),
    [
        (SURE, Found(100, 0, 1), True),
        (SURE, Found(100, 0, 0), False),
        (SURE, Found(100, 1, 0), False),
        (SURE, Found(100, 13, 0), False),  # 2^-13 is more than 1 in 10,000
        (SURE, Found(100, 14, 0), True),
        (SURE, Found(10**6, 300, 0, 0, 280.0), False),
        (SURE, Found(10**6, 300, 0, 0, 190.0), True),
        (SURE, Found(10**6, 5000, 0, 0, 4900.0), False),
        (SURE, Found(10**6, 5000, 0, 0, 4000.0), True),
        (LIKELY, Found(100, 0, 0), False),
        (LIKELY, Found(100, 1, 0), True),
        (LIKELY, Found(10**6, 1, 0, 0, 0.02), True),  # the error of a filter
        (LIKELY, Found(10**6, 1, 0, 0, 1.0), False),
        (LIKELY, Found(10**6, 11, 0, 0, 28.0), False),  # 平八新田, an address and perhaps somebody
        (LIKELY, Found(10**6, 60, 0, 0, 12.0), True),
    ],
)
def test_the_verdict(search, found, leak):
    assert is_leak(search, found) == leak


def test_addresses_are_no_names_though_they_hold_some():
    """Places are called like people (小山田, 山田花); decoys of the same people are met as often."""
    draw = np.random.default_rng(1)
    letters = np.array(list("小大中青石高松杉山田川本下上野原"))
    family, given = (["".join(draw.choice(letters, 2)) for _ in range(40)] for _ in range(2))
    people = [f"{a} {b}" for i, a in enumerate(family) for j, b in enumerate(given) if (i + j) % 2]
    names = NameSet.of(full_names(pa.array(people)), bytes(range(32)))
    towns = [f"港区{a}{b}町{n}" for n, (a, b) in enumerate(itertools.product(family, given))]
    found = names_in(names, "town", WrittenColumn.of(read_cells(pa.array(towns)), names, None), 10)
    assert not any(is_leak(search, count) for search, count in found.items())
    assert found[LeakSearch("likely", "town", "")].chance > 700


@pytest.mark.parametrize(("bearers", "told"), [(3, (100, 60)), (1, None)])
def test_whole_names_are_counted_by_people(bearers, told):
    """Twenty names among 40 codes: a third of the different cells, but most people's."""
    names = [f"{family}{given}" for family in FAMILIES for given in ("太郎", "花子", "健一", "美咲")]
    cells = [*names * bearers, *(f"K-{n:05d}" for n in range(40))]
    found = names_and_addresses("a", WrittenColumn.of(read_cells(pa.array(cells)), None, None), 10)
    assert [(n.compared, n.chance) for n in found.values()] == ([told] if told else [])
