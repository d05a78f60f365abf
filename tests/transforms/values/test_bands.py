import decimal
import math

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tokumei.transforms.values.bands import AGE_BANDS, bands


@pytest.mark.parametrize(
    ("preset", "ages", "labels"),
    [
        (
            "id_pos_7",
            [0, 19, 20, 29, 30, 40, 50, 60, 69, 70, 116],
            ["20歳未満"] * 2
            + ["20歳代"] * 2
            + ["30歳代", "40歳代", "50歳代"]
            + ["60歳代"] * 2
            + ["70歳以上"] * 2,
        ),
        (
            "case_6",
            [0, 29, 30, 45, 59, 60, 70],
            ["20歳代以下"] * 2 + ["30歳代", "40歳代", "50歳代", "60歳代", "70歳以上"],
        ),
    ],
)
def test_age_bands_of_the_case_report(preset, ages, labels):
    edges, names = AGE_BANDS[preset]
    assert len(names) == int(preset[-1])
    assert bands(pa.array(ages), edges, names).to_pylist() == labels


@pytest.mark.parametrize(
    ("value", "edge", "label"),
    [
        (116, 90, "90歳以上"),
        (80, 80, "80歳以上"),
        (170, 150, "150cm以上"),
        (18_500_000, 18_000_000, "1800万以上"),
        (63, 50, "50km/h以上"),
        (6, 4, "4人以上"),
    ],
)
def test_top_coding_of_the_guideline(value, edge, label):
    assert bands(pa.array([value, edge, edge - 1]), [edge], ["未満", label]).to_pylist() == [
        label,
        label,
        "未満",
    ]


def test_odd_numbers():
    column = pa.array([None, math.nan, math.inf, -math.inf, 1.0, 0.999])
    assert bands(column, [1], ["low", "high"]).to_pylist() == [None, None, "high", "low", "high", "low"]
    assert bands(pa.nulls(2), [1], ["low", "high"]).to_pylist() == [None, None]
    assert bands(pa.array([decimal.Decimal("1.00")]), [1], ["low", "high"]).to_pylist() == ["high"]
    assert bands(pa.array([], pa.int64()), [1], ["low", "high"]).to_pylist() == []


@settings(deadline=None)
@given(st.lists(st.one_of(st.none(), st.integers(-50, 150))), st.integers(0, 10))
def test_slices_and_half_open_edges(ages, skip):
    edges, labels = AGE_BANDS["id_pos_7"]
    expected = [None if age is None else labels[sum(age >= edge for edge in edges)] for age in ages]
    assert bands(pa.array(ages, type=pa.int32()).slice(skip), edges, labels).to_pylist() == expected[skip:]


@pytest.mark.parametrize(
    ("edges", "labels"),
    [([1], ["a"]), ([2, 1], ["a", "b", "c"]), ([1, 1], ["a", "b", "c"]), ([math.nan], ["a", "b"])],
)
def test_edges_that_do_not_fit(edges, labels):
    with pytest.raises(ValueError, match="edges"):
        bands(pa.array([1]), edges, labels)
