"""Individual risk and wildcard counts, against sdcMicro's test_indivRisk.R and test_freqCalc.R."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokumei.transforms.risk.individual import individual_risk
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


def test_exact_risks_of_sdcmicro():
    _, people, weights = TABLES["complete"]
    risks = individual_risk(np.array(people, dtype=float), np.array(weights))
    expected = [
        0.01355297, 0.08579129, 0.01355297, 0.17707583, 0.01877883, 0.01877883, 0.03931625, 0.01355297
    ]  # fmt: skip
    assert risks == pytest.approx(expected, abs=5e-9)


def test_exact_risks_of_sdcmicro_with_unknown_values():
    """The same eight rows with the first column's last value and C twice unknown, to nine digits."""
    codes = np.array([[2, 3, 2, 2, 3, 3, 1, NA], B, [1, 3, NA, 2, 1, 1, NA, 1]]).T
    found = individual_risk(wildcard_counts(codes, np.ones(8)), wildcard_counts(codes, WEIGHTS))
    expected = [
        0.013552968, 0.085791288, 0.010504889, 0.032466112, 0.009756889, 0.009756889, 0.039316254, 0.005962551
    ]  # fmt: skip
    assert found == pytest.approx(expected, abs=5e-10)


def test_the_approximation_of_sdcmicro_is_not_ours():
    """Its default for f > 2, p/(f − q): .01369863 where the expectation is .01355297."""
    p = 3 / 108
    assert p / (3 - (1 - p)) == pytest.approx(0.01369863, abs=5e-9)
    assert individual_risk(np.array([3.0]), np.array([108.0]))[0] == pytest.approx(0.01355297, abs=5e-9)


@given(st.integers(1, 60), st.floats(1e-6, 1.0))
def test_the_risk_is_the_expected_share(f, p):
    """E[1/F | f] by its integral, ∫ p·x^(f−1)/(p + qx) dx over 0 < x < 1."""
    people, weights = np.array([float(f)]), np.array([f / p])
    found = individual_risk(people, weights)[0]
    nodes, heights = np.polynomial.legendre.leggauss(64)
    edges = np.concatenate([[0.0], np.logspace(-14, 0, 60)])  # close together where the integrand is steep
    total = 0.0
    for low, high in itertools.pairwise(edges):
        x = (low + high) / 2 + (high - low) / 2 * nodes
        total += (high - low) / 2 * float((heights * x ** (f - 1) / (p + (1 - p) * x)).sum())
    assert found == pytest.approx(p * total, rel=1e-9)
    assert 0 < found <= 1 / f * (1 + 1e-12)


@given(st.integers(1, 10**6))
def test_a_class_seen_whole_has_the_prosecutors_risk(f):
    assert individual_risk(np.array([float(f)]), np.array([float(f)]))[0] == 1 / f


@pytest.mark.parametrize(("people", "weight"), [(0.0, 1.0), (2.0, 1.5)])
def test_weights_below_people_are_refused(people, weight):
    with pytest.raises(ValueError, match="weight"):
        individual_risk(np.array([people]), np.array([weight]))
