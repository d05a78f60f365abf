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
    # a hidden extreme must not show in the form of the others
    assert list(bars(pa.array([100] * 5 + [1000] * 5 + [10**9]), "integer", 5)[1]) == ["100", "1000"]


@given(st.lists(st.integers(-(10**12), 10**12), min_size=1, max_size=60), st.booleans())
def test_every_label_is_a_plain_number_in_ascending_order(values, floats):
    array = pa.array(values, pa.float64() if floats else pa.int64())
    ordered, shown = bars(array, "number" if floats else "integer")
    assert ordered and sum(shown.values()) == len(values)
    assert all(re.fullmatch(r"-?[\d,]+(～-?[\d,]+)?", label) for label in shown)
    starts = [int(label.split("～")[0].replace(",", "")) for label in shown]
    assert starts == sorted(set(starts))
