"""Prosecutor, journalist and marketer risk, uniqueness, against ARX's tests.

TestRiskMetrics.java of github.com/arx-deidentifier/arx.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokumei.transforms.risk.attackers import journalist, prosecutor, sample_uniqueness
from tokumei.transforms.risk.sizes import ClassSizes

SIZES = st.lists(st.integers(1, 60), min_size=1, max_size=40)


def sizes_of(sizes):
    return ClassSizes.of(np.array(sizes))


def test_adult(adult):
    assert (adult.total_people, adult.total_classes, adult.uniques) == (30162, 19502, 15512)
    risk = prosecutor(adult, 2)
    assert risk.highest == 1.0 and risk.average == 0.6465751607983555
    assert sample_uniqueness(adult) == risk.at_risk == 0.5142895033485844


def test_the_seven_rows_of_arx():
    """data/test.csv: every row alone before, classes of 2, 2 and 3 after 2-anonymity."""
    before, after = prosecutor(sizes_of([1] * 7), 2), prosecutor(sizes_of([2, 2, 3]), 2)
    assert (before.average, before.highest, before.at_risk) == (1.0, 1.0, 1.0)
    assert (after.average, after.highest, after.at_risk) == (0.42857142857142855, 0.5, 0.0)


def test_suppressed_records_are_no_class():
    with pytest.raises(ValueError, match="every class must have people"):
        sizes_of([3, 0])
    with pytest.raises(ValueError, match="there must be a class"):
        sizes_of([])


@given(SIZES, st.integers(1, 70))
def test_prosecutor_person_by_person(sizes, k):
    risks = [1 / size for size in sizes for _ in range(size)]
    risk = prosecutor(sizes_of(sizes), k)
    assert risk.highest == max(risks)
    assert risk.average == pytest.approx(sum(risks) / len(risks))
    assert risk.at_risk == pytest.approx(sum(r > 1 / k for r in risks) / len(risks))
    assert 0 < risk.average <= risk.highest <= 1 and 0 <= risk.at_risk <= 1


@given(SIZES.filter(lambda s: len(s) > 1), st.data())
def test_merging_classes_lowers_every_risk(sizes, data):
    i, j = data.draw(st.lists(st.integers(0, len(sizes) - 1), min_size=2, max_size=2, unique=True))
    merged = [s for n, s in enumerate(sizes) if n not in {i, j}] + [sizes[i] + sizes[j]]
    k = data.draw(st.integers(1, 70))
    old, new = prosecutor(sizes_of(sizes), k), prosecutor(sizes_of(merged), k)
    assert new.highest <= old.highest and new.average < old.average and new.at_risk <= old.at_risk
    assert sample_uniqueness(sizes_of(merged)) <= sample_uniqueness(sizes_of(sizes))


@given(SIZES, st.data(), st.integers(1, 70))
def test_journalist_person_by_person(sizes, data, k):
    population = [size + data.draw(st.integers(0, 50)) for size in sizes]
    risks = [1 / whole for size, whole in zip(sizes, population, strict=True) for _ in range(size)]
    risk = journalist(np.array(sizes), np.array(population), k)
    assert risk.highest == pytest.approx(max(1 / p for p in population))
    assert risk.average == pytest.approx(max(len(sizes) / sum(population), sum(risks) / len(risks)))
    assert risk.at_risk == pytest.approx(sum(p < k for p in np.repeat(population, sizes)) / len(risks))
    assert risk.highest <= prosecutor(sizes_of(sizes), k).highest


@given(SIZES, st.integers(1, 70))
def test_the_journalist_of_a_whole_population_is_the_prosecutor(sizes, k):
    whole, same = journalist(np.array(sizes), np.array(sizes), k), prosecutor(sizes_of(sizes), k)
    assert (whole.highest, whole.at_risk) == pytest.approx((same.highest, same.at_risk))
    assert whole.average == pytest.approx(same.average)


@pytest.mark.parametrize(("file", "population"), [([2], [1]), ([1, 2], [3]), ([], []), ([0], [3])])
def test_a_table_that_is_not_the_population_is_refused(file, population):
    with pytest.raises(ValueError, match="population"):
        journalist(np.array(file, dtype=np.int64), np.array(population, dtype=np.int64), 2)
