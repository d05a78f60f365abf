"""Extremes are exact for people, histograms to 0.1 %, pictures small; all in any pieces."""

import math
from collections import Counter

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.kernels import KEY, chain_of, cut, fit, hashes_of

from tokumei.transforms.counting.extremes import find_bins, find_extremes, merge_bins, merge_extremes
from tokumei.transforms.counting.people import RECORDS
from tokumei.transforms.profile.pictures import (
    LABEL,
    MAX_LABELS,
    merge_pictures,
    picture_after,
    picture_before,
)

FLOATS = st.floats(-1e9, 1e9, allow_nan=False)
CUTS = st.lists(st.integers(0, 30), max_size=4)


CELLS = st.one_of(FLOATS, st.integers(-9, 9).map(float), st.sampled_from([None, math.nan]))


@settings(max_examples=150)
@given(
    st.lists(st.tuples(CELLS, st.sampled_from("abcde")), min_size=5, max_size=30),
    CUTS,
    st.booleans(),
    st.integers(2, 4),
)
def test_extremes_are_those_of_the_sorted_people(rows, places, several, people):
    parts = [
        find_extremes(
            pl.Series([v for v, _ in piece], dtype=pl.Float64),
            hashes_of([p for _, p in piece]) if several else None,
            people,
        )
        for piece in cut(rows, places)
    ]
    found = merge_extremes(parts[::-1])
    most, least = {}, {}
    for i, (value, person) in enumerate(rows):
        if value is not None and not math.isnan(value):
            who = person if several else i
            most[who], least[who] = max(most.get(who, value), value), min(least.get(who, value), value)
    enough = len(most) >= people
    assert found.reached_from_above() == (sorted(most.values())[-people] if enough else None)
    assert found.reached_from_below() == (sorted(least.values())[people - 1] if enough else None)
    values = [*most.values(), *least.values()]
    assert found.beyond(-3.5, 4.5) == (any(v < -3.5 for v in values), any(v > 4.5 for v in values))
    assert max(found.top.height, found.bottom.height) <= people


@pytest.mark.filterwarnings("error")
@given(
    st.lists(
        st.one_of(FLOATS, st.sampled_from([0.0, -0.0, 1.0, 5e-324, 1e300, math.nan, math.inf])), max_size=40
    ),
    CUTS,
)
def test_quantiles_are_right_to_a_thousandth(values, places):
    parts = [find_bins(np.array(piece)) for piece in cut(values, places)]
    bins = merge_bins(parts[::-1])
    assert bins == find_bins(np.array(values))
    finite = sorted(v for v in values if math.isfinite(v))
    for share in (0.25, 0.5, 0.75, 1.0):
        found = bins.quantile(share)
        if not finite:
            assert found is None
            continue
        true = finite[max(math.ceil(share * len(finite)), 1) - 1]
        assert found == pytest.approx(true, rel=0.00101, abs=1e-320)


@given(st.lists(st.integers(1, 1000), min_size=1, max_size=40))
def test_median_deviation(values):
    middle = sorted(values)[math.ceil(len(values) / 2) - 1]
    true = sorted(abs(v - middle) for v in values)[math.ceil(len(values) / 2) - 1]
    assert find_bins(np.array(values, float)).median_deviation() == pytest.approx(
        true, abs=0.005 * max(values)
    )


def shown(picture):
    return dict(picture.counts.select(LABEL, RECORDS).iter_rows())


@given(st.lists(st.one_of(st.none(), st.integers(-5000, 5000)), max_size=30), CUTS, st.booleans())
def test_pictures_add_up_over_pieces(values, places, several):
    chain = chain_of("integer", {"method": "bands", "criterion": 5, "edges": [0], "labels": ["負", "正"]})
    fitted = fit(chain, [])
    before, after = [], []
    for piece in cut(values, places):
        column = pa.array(piece, pa.int64())
        treated = chain.apply(fitted, column, KEY)
        people = hashes_of([str(v) for v in piece]) if several else None
        before.append(picture_before(column, np.arange(len(column)), people, 3))
        after.append(picture_after(treated.rows()))

    def two_digits(value):
        if value is None:
            return None
        step = 10 ** (max(len(str(abs(value))), 2) - 2)
        return str(value // step * step)

    assert shown(merge_pictures(before)) == Counter(map(two_digits, values))
    assert shown(merge_pictures(after)) == Counter(
        None if v is None else "負" if v < 0 else "正" for v in values
    )


def test_dictionaries_dates_and_columns_too_various():
    labels = pa.DictionaryArray.from_arrays(pa.array([0, None, 0, 1]), pa.array(["甲", "乙", "丙"]))
    assert shown(picture_after(labels)) == {"甲": 2, "乙": 1, None: 1}
    assert shown(picture_after(pa.array([0, 400], pa.date32()))) == {"1970": 1, "1971": 1}
    wide = pa.array([2**63 - 1, -(2**63), 2**53 + 1])  # account numbers: a float does not hold them exactly
    assert sum(shown(picture_before(wide, np.arange(len(wide)), None, 3)).values()) == 3
    many = picture_after(pa.array([f"v{i}" for i in range(MAX_LABELS + 1)]))
    assert many is None and merge_pictures([many, picture_after(pa.array(["a"]))]) is None
    halves = [picture_after(pa.array([f"v{i}" for i in half])) for half in (range(1500), range(1000, 2500))]
    assert None not in halves and merge_pictures(halves) is None


def test_fractions_are_pictured_in_tenths():
    values = pa.array([0.3, 0.29, 0.7, -0.25, 2.3, 9.99, 12.7, 1234.5, 1e-9, -1.0, None, 5e8])
    tenths = ["0.3", "0.2", "0.7", "-0.3", "2.3", "9.9", "12", "1200", "0", "-1", None, "500000000"]
    assert shown(picture_after(values)) == Counter(tenths)
    extremes = shown(picture_after(pa.array([1.79e308, -1.7e308, 5e-324, None])))
    assert {label and f"{float(label):.2g}" for label in extremes} == {"1.7e+308", "-1.7e+308", "0", None}


def test_a_person_counts_with_their_most_extreme_value():
    found = find_extremes(pl.Series([1.0, 5.0, 3.0, 4.0]), np.array([1, 1, 2, 2], np.uint64), 2)
    assert (found.reached_from_above(), found.reached_from_below()) == (4.0, 3.0)
