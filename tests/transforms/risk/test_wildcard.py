"""Wildcard counts, against sdcMicro's test_freqCalc.R."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokumei.transforms.risk.wildcard import wildcard_counts

WEIGHTS = np.array([18.0, 45.5, 39.0, 17.0, 92.0, 8.0, 123.5, 51])
NA = -1
A = [2, 3, 2, 2, 3, 3, 1, 2]
B = [3, 3, 3, 3, 3, 3, 4, 3]
C = [1, 3, 1, 2, 1, 1, 1, 1]
TABLES = {
    "complete": ([A, B, C], [3, 1, 3, 1, 2, 2, 1, 3], [108, 45.5, 108, 17, 100, 100, 123.5, 108]),
    "C unknown twice": (
        [A, B, [1, 3, NA, 2, 1, 1, NA, 1]],
        [3, 1, 4, 2, 2, 2, 1, 3],
        [108, 45.5, 125, 56, 100, 100, 123.5, 108],
    ),
    "a row and a column unknown": (
        [[2, 3, NA, 2, 3, 3, 1, 2], [3, 3, NA, 3, 3, 3, 4, 3], [NA] * 8],
        [4, 4, 8, 4, 4, 4, 2, 4],
        [125, 184.5, 394, 125, 184.5, 184.5, 162.5, 125],
    ),
    "one column": (
        [[2, 3, NA, 2, 1, NA, 1, 2]],
        [5, 3, 8, 5, 4, 8, 4, 5],
        [133, 92.5, 394, 133, 262.5, 394, 262.5, 133],
    ),
}


@pytest.mark.parametrize("name", TABLES)
def test_frequencies_of_sdcmicro(name):
    columns, people, weights = TABLES[name]
    codes = np.array(columns).T
    assert wildcard_counts(codes, np.ones(8)).tolist() == people
    assert wildcard_counts(codes, WEIGHTS).tolist() == weights


def test_more_columns_than_rows():
    codes = np.array(
        [[2, 3, NA], [2, 3, 3], [1, NA, 3], [3, NA, 3], [3, 2, 2], [3, NA, NA], [1, 2, NA], [NA, 4, 4]]
    ).T
    assert wildcard_counts(codes, np.array([18.0, 45.5, 122.0])).tolist() == [18.0, 167.5, 167.5]


def by_pairs(codes, weights):
    return [
        sum(
            w
            for other, w in zip(codes, weights, strict=True)
            if all(x == y or x < 0 or y < 0 for x, y in zip(mine, other, strict=True))
        )
        for mine in codes
    ]


@given(
    st.integers(1, 5).flatmap(lambda d: st.lists(st.tuples(*[st.integers(-1, 2)] * d), min_size=1)), st.data()
)
def test_wildcards_pair_by_pair(rows, data):
    weights = data.draw(st.lists(st.integers(0, 9), min_size=len(rows), max_size=len(rows)))
    found = wildcard_counts(np.array(rows), np.array(weights, dtype=float))
    assert found.tolist() == by_pairs(rows, weights)


@given(st.lists(st.tuples(*[st.sampled_from([-1, 0, 2**31 - 1])] * 4), min_size=1, max_size=20))
def test_codes_far_apart(rows):
    """Three such columns have more possible tuples than 63 bits."""
    found = wildcard_counts(np.array(rows), np.ones(len(rows)))
    assert found.tolist() == by_pairs(rows, [1] * len(rows))


@given(st.lists(st.tuples(*[st.integers(-1, 1)] * 3), min_size=1))
def test_a_null_never_lowers_a_count(rows):
    codes = np.array(rows)
    codes[0] = np.maximum(codes[0], 0)
    blanked = codes.copy()
    blanked[0, 0] = -1
    assert (wildcard_counts(blanked, np.ones(len(rows))) >= wildcard_counts(codes, np.ones(len(rows)))).all()


def test_many_tuples_in_few_patterns():
    """200,000 tuples: by pairs it would be 4·10^10 comparisons."""
    codes = np.random.default_rng(1).integers(0, 40, (200_000, 4))
    codes[::100, 1] = -1
    found = wildcard_counts(codes, np.ones(len(codes)))
    some = [0, 1, 100, 777]
    expected = [((codes == codes[i]) | (codes < 0) | (codes[i] < 0)).all(axis=1).sum() for i in some]
    assert found[some].tolist() == expected
