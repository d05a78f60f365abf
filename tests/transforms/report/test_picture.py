"""Pictures: numbers are plain, ascend and tell no extreme; labels of few people are merged."""

import re

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokumei.transforms.profile.pictures import picture_after, picture_before
from tokumei.transforms.report.picture import picture_of


def bars(values, kind, k=0):
    counted = picture_before(values, np.arange(len(values)), None, k) if k else picture_after(values)
    picture = picture_of(counted, kind, k)
    return picture.ordered, {bar.label: bar.records for bar in picture.bars}


@pytest.mark.parametrize("k", [0, 1])
@pytest.mark.parametrize("kind", [pa.int64(), pa.float64()])
def test_large_numbers_are_plain_and_ascend(kind, k):
    values = pa.array(np.arange(0, 30_000_000, 500_000), kind)
    ordered, shown = bars(values, "number", k)
    assert ordered and list(shown)[:2] == ["0～1,999,999", "2,000,000～3,999,999"]
    assert list(shown)[-1] == "28,000,000～29,999,999" and set(shown.values()) == {4}


def test_few_numbers_keep_their_bars():
    ordered, shown = bars(pa.array([2e6, 1e7, 2e6, -5e6, None]), "number")
    assert ordered and shown == {"-5,000,000": 1, "2,000,000": 2, "10,000,000": 1, "（空欄）": 1}
    assert list(shown) == ["-5,000,000", "2,000,000", "10,000,000", "（空欄）"]
    assert list(bars(pa.array([1e-5, 0.3, 12345.5]), "number")[1]) == ["0", "0.3", "12,000"]


def test_a_label_with_an_endless_exponent_is_not_written_out():
    assert list(bars(pa.array(["1e999999999", "1e-999999999", "7"]), "integer")[1])[-1] == "7"


def test_separators_are_for_long_numbers_only():
    assert list(bars(pa.array([1985, 2004]), "integer")[1]) == ["1900", "2000"]
    assert list(bars(pa.array(["1500000", "150万以上", "90"]), "integer")[1]) == [
        "90",
        "150万以上",
        "1,500,000",
    ]
    assert list(bars(pa.array(["1234567", "0012345"]), "string")[1]) == ["0012345", "1234567"]
    # a hidden extreme must not show in the form of the others; nor in their total: it takes one along
    rare = pa.array([100] * 5 + [1000] * 6 + [10**9])
    assert bars(rare, "integer", 5)[1] == {"1000": 6, "その他（少数の区分の合計）": 6}


def test_a_picture_holds_all_records_and_no_bar_of_few_people():
    others = "その他（少数の区分の合計）"
    assert bars(pa.array(["a"] * 5 + ["b"] * 4 + ["c"]), "string", 5)[1] == {"a": 5, others: 5}
    assert bars(pa.array(["a"] * 9 + ["b"] * 6 + ["c"]), "string", 5)[1] == {"a": 9, others: 7}
    assert bars(pa.array(["a"] * 9 + ["b"] * 6 + [None]), "string", 5)[1] == {"a": 9, others: 7}
    assert bars(pa.array(["a"] * 9 + ["c"]), "string", 5)[1] == {}  # together they would tell nothing
    assert bars(pa.array(["a", "b"]), "string", 5)[1] == {}


@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 30)), min_size=1, max_size=80), st.integers(1, 5)
)
def test_bars_are_borne_by_k_people_before_and_after(rows, k):
    """By plain counting: nobody finds a bar of fewer people, nor one by subtracting from the total."""
    values, people = pa.array([v for v, _ in rows]), np.array([p for _, p in rows], np.uint64)
    for counted in (
        picture_before(values, np.arange(len(rows)), people, k),
        picture_after(values, people, k),
    ):
        picture = picture_of(counted, "integer", k)
        if not picture.bars:
            assert picture.note
            continue
        assert sum(bar.records for bar in picture.bars) == len(rows)
        shown = [bar.label for bar in picture.bars if "その他" not in bar.label]
        held = [{p for v, p in rows if inside(v, label)} for label in shown]
        assert all(len(who) >= k for who in held)
        rest = {p for v, p in rows if not any(inside(v, label) for label in shown)}
        assert len(rest) >= k or sum(b.records for b in picture.bars if b.label in shown) == len(rows)


def inside(value, label):
    first, _, last = label.partition("～")
    return int(first) <= value <= int(last or first)


@given(st.lists(st.integers(-(10**12), 10**12), min_size=1, max_size=60), st.booleans())
def test_every_label_is_a_plain_number_in_ascending_order(values, floats):
    array = pa.array(values, pa.float64() if floats else pa.int64())
    ordered, shown = bars(array, "number" if floats else "integer")
    assert ordered and sum(shown.values()) == len(values)
    assert all(re.fullmatch(r"-?[\d,]+(～-?[\d,]+)?", label) for label in shown)
    starts = [int(label.split("～")[0].replace(",", "")) for label in shown]
    assert starts == sorted(set(starts))
