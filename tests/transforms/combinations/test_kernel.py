"""Rare combinations against brute force; SUDA against sdcMicro's and the guides' published values."""

import itertools
from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokumei.transforms.combinations.kernel import (
    MISSING,
    CombinedTuples,
    Rare,
    cells_to_blank,
    rare_combinations,
)
from tokumei.transforms.combinations.suda import dis_suda, suda


def tuples_of(rows, persons=None):
    """Distinct tuples of rows of integers (None: no value), and each row's tuple."""
    table = np.array([[MISSING if v is None else v for v in row] for row in rows], dtype=np.int32)
    distinct, of_row, records = np.unique(table, axis=0, return_inverse=True, return_counts=True)
    codes, of_row = np.ascontiguousarray(distinct.T), of_row.ravel()
    if persons is None:
        return CombinedTuples(codes, records), of_row
    pairs = sorted(set(zip(of_row.tolist(), persons, strict=True)))
    rows_, hashes = (np.array(x) for x in zip(*pairs, strict=True))
    return CombinedTuples(codes, records, rows_.astype(np.int64), hashes.astype(np.uint64)), of_row


def encoded(table):
    """Rows of texts as rows of integers, coded per column."""
    codes = [{v: i for i, v in enumerate(sorted(set(column)))} for column in zip(*table, strict=True)]
    return [[code[v] for code, v in zip(codes, row, strict=True)] for row in table]


def brute_force(rows, persons, columns, size, people):
    """Minimal rare combinations as {(columns, values)}, straight from the definition."""
    who = defaultdict(set)
    for i, row in enumerate(rows):
        for n in range(1, size + 1):
            for subset in itertools.combinations(columns, n):
                values = tuple(row[c] for c in subset)
                if None not in values:
                    who[subset, values].add(i if persons is None else persons[i])
    rare = {key for key, found in who.items() if len(found) < people}

    def minimal(subset, values):
        at = dict(zip(subset, values, strict=True))
        return not any(
            (inner, tuple(at[c] for c in inner)) in rare
            for n in range(1, len(subset))
            for inner in itertools.combinations(subset, n)
        )

    return {key for key in rare if minimal(*key)}


cells = st.one_of(st.none(), st.integers(0, 3))
tables = st.integers(2, 5).flatmap(
    lambda d: st.lists(st.tuples(*[cells] * d, st.integers(1, 6)), min_size=1, max_size=40)
)


@given(tables, st.integers(1, 3), st.integers(2, 5), st.booleans())
def test_every_minimal_rare_combination_is_found_and_nothing_else(table, size, people, several):
    rows, persons = [r[:-1] for r in table], [r[-1] for r in table] if several else None
    columns = range(len(rows[0]))
    tuples, of_row = tuples_of(rows, persons)
    rare = rare_combinations(tuples, columns, size, people)
    found = {
        (r.columns, tuple(tuples.codes[c][t] for c in r.columns)) for r in rare for t in r.tuples.tolist()
    }
    assert found == brute_force(rows, persons, columns, size, people)
    for r in rare:
        assert r.combinations == len({values for subset, values in found if subset == r.columns})
        values = {v for subset, v in found if subset == r.columns}
        holders = {of_row[i] for i, row in enumerate(rows) if tuple(row[c] for c in r.columns) in values}
        assert set(r.tuples.tolist()) == holders


@given(tables, st.integers(2, 5))
def test_blanked_cells_break_every_rare_combination_and_no_more_cells_than_combinations(table, people):
    rows = [r[:-1] for r in table]
    columns = range(len(rows[0]))
    tuples, _ = tuples_of(rows)
    rare = rare_combinations(tuples, columns, 3, people)
    if not rare:
        return
    touched, blank = cells_to_blank(rare, columns)
    assert set(touched) == {t for r in rare for t in r.tuples}
    at = {t: i for i, t in enumerate(touched.tolist())}
    for r in rare:
        for t in r.tuples.tolist():
            assert blank[list(r.columns), at[t]].any()
    for t, i in at.items():
        assert 1 <= blank[:, i].sum() <= sum(t in r.tuples for r in rare)


def test_the_column_in_most_combinations_goes_and_the_earlier_one_on_a_tie():
    rare = [Rare((0, 1), 1, np.array([4, 7])), Rare((1, 2), 1, np.array([7]))]
    touched, blank = cells_to_blank(rare, [0, 1, 2])
    assert touched.tolist() == [4, 7]
    assert blank.T.tolist() == [[True, False, False], [False, True, False]]


def test_columns_are_preferred_in_the_order_in_which_they_are_named():
    touched, blank = cells_to_blank([Rare((0, 1), 1, np.array([4]))], [1, 0])
    assert touched.tolist() == [4] and blank.T.tolist() == [[True, False]]


# sdcTools/sdcMicro tests/testthat/test_suda2.R: "suda2 book example" (Templ 2017) and "suda2 sdc guideline"
# (IHSN, SDC Practice Guide, table "Illustrating the calculation of SUDA and DIS-SUDA scores").
BOOK = [
    ("20s", "male", "50k+", "highschool"),
    ("20s", "male", "50k+", "highschool"),
    ("20s", "male", "50k-", "highschool"),
    ("20s", "male", "50k-", "highschool"),
    ("20s", "female", "50k-", "university"),
    ("20s", "female", "50k-", "highschool"),
    ("20s", "female", "50k-", "middleschool"),
    ("60s", "male", "50k-", "university"),
]
GUIDE = [
    ("Urban", "Female", "Secondary incomplete", "Employed"),
    ("Urban", "Female", "Secondary incomplete", "Employed"),
    ("Urban", "Female", "Primary incomplete", "Non-LF"),
    ("Urban", "Male", "Secondary complete", "Employed"),
    ("Rural", "Female", "Secondary complete", "Unemployed"),
    ("Urban", "Male", "Secondary complete", "Employed"),
    ("Urban", "Female", "Primary complete", "Non-LF"),
    ("Urban", "Male", "Post-secondary", "Unemployed"),
    ("Urban", "Female", "Secondary incomplete", "Non-LF"),
    ("Urban", "Female", "Secondary incomplete", "Non-LF"),
]


@pytest.mark.parametrize("size", [3, 4])
@pytest.mark.parametrize(
    ("table", "scores"),
    [(BOOK, [0, 0, 0, 0, 4, 2, 6, 8]), (GUIDE, [0, 0, 6, 0, 12, 0, 6, 10, 0, 0])],
    ids=["book", "guide"],
)
def test_suda_scores_are_those_published(table, scores, size):
    tuples, of_row = tuples_of(encoded(table))
    assert suda(tuples, size).scores[of_row].tolist() == scores


def test_smaller_combinations_only():
    """Elliot et al.: Π_{i=s}^{M}(ATT − i) with M = 2: 3·2 for one value, 2 for two."""
    tuples, of_row = tuples_of(encoded(GUIDE))
    assert suda(tuples, 2).scores[of_row].tolist() == [0, 0, 6, 0, 12, 0, 6, 10, 0, 0]
    assert suda(tuples, 1).scores[of_row].tolist() == [0, 0, 3, 0, 3, 0, 3, 3, 0, 0]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_contributions_are_those_of_sdcmicro(order):
    """test_suda2.R, "suda2 simple example contribution": 50, 37.5 and 37.5 percent."""
    table = [(2, 0, 0), (1, 3, 6), (1, 0, 0)]
    tuples, _ = tuples_of([[row[c] for c in order] for row in table])
    assert suda(tuples, 3).contributions.tolist() == [(0.5, 0.375, 0.375)[c] for c in order]


def test_dis_scores_are_those_of_the_guide():
    """The guide's DIS-SUDA column (fraction 0.01) was made from the scores of SUDA's IHSN implementation:
    (2^(n−s) − 1)·s!(n−s)!/n! for a minimal sample unique of s of n values."""
    tuples, of_row = tuples_of(encoded(GUIDE))
    one, two = 7 / 4, 3 / 6
    ihsn = np.zeros(len(tuples.records))
    ihsn[of_row] = [0, 0, one, 0, one + 3 * two, 0, one, one + 2 * two, 0, 0]
    dis = dis_suda(ihsn, tuples.records, 4, 0.01)[of_row]
    assert dis.round(4).tolist() == [0, 0, 0.0051, 0, 0.0107, 0, 0.0051, 0.0088, 0, 0]


def test_nobody_stands_out():
    tuples, _ = tuples_of([[0, 1]] * 3)
    scored = suda(tuples, 2)
    assert scored.scores.tolist() == [0] and scored.contributions.tolist() == [0, 0]
    assert dis_suda(scored.scores, tuples.records, 2, 0.01).tolist() == [0]
