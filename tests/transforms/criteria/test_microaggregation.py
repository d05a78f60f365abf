"""Microaggregation: the least squared error of all groupings, groups of enough people, and the type kept."""

import datetime as dt
import itertools
from fractions import Fraction
from unittest.mock import patch

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.kernels import KEY, chain_of, cut, fit, treat

from tokumei.schemas.errors import InputError
from tokumei.transforms.criteria import microaggregation
from tokumei.transforms.criteria.microaggregation import optimal_starts, reach_of_counts, reach_of_pairs


def micro(kind, people, **more):
    return chain_of(kind, {"method": "microaggregate", "criterion": 5, "people": people, **more})


@pytest.mark.parametrize(
    ("kind", "people", "more", "values", "expected"),
    [
        ("number", 3, {}, [9.0, 1.0, 2.0, 3.0, 10.0, None, 11.0], [10.0, 2.0, 2.0, 2.0, 10.0, None, 10.0]),
        # 2k−1 in one group where cutting would leave too few; 5 goes with the near ones, not by count
        ("integer", 3, {}, [1, 2, 3, 5, 100, 101, 102], [3, 3, 3, 3, 101, 101, 101]),
        ("integer", 2, {}, [1, 2, 50, 51, 52, 90, 91], [2, 2, 51, 51, 51, 91, 91]),  # halves up
        ("integer", 2, {"representative": "median"}, [1, 2, 3, 30, 31, 40], [2, 2, 2, 31, 31, 31]),
        ("number", 2, {"representative": "median"}, [0.1, 0.2, 5.0, 5.5], [0.2, 0.2, 5.2, 5.2]),  # to even
        # two decimals, as the column has
        ("number", 2, {}, [0.25, 0.5, 7.0, 7.25], [0.38, 0.38, 7.12, 7.12]),
        ("integer", 2, {}, [7, 7, 7, 8, 9], [7, 7, 7, 9, 9]),  # equal values are never parted
        ("integer", 3, {}, [5, None, 6], [None, None, None]),  # too few people: all blank
        ("integer", 2, {}, [None, None], [None, None]),
        # beyond 2^53, where floats no longer tell integers apart
        (
            "integer",
            2,
            {},
            [2**62 + 1, 2**62 + 3, -(2**62), -(2**62) + 4],
            [2**62 + 2] * 2 + [-(2**62) + 2] * 2,
        ),
        (
            "date",
            2,
            {},
            [dt.date(1980, 1, 1), dt.date(1980, 1, 3), dt.date(2020, 5, 5), dt.date(2020, 5, 9)],
            [dt.date(1980, 1, 2)] * 2 + [dt.date(2020, 5, 7)] * 2,
        ),
    ],
)
def test_goldens(kind, people, more, values, expected):
    types = {"integer": pa.int64(), "number": pa.float64(), "date": pa.date32()}
    assert treat(micro(kind, people, **more), pa.array(values, types[kind])) == expected


def error(values, weights):
    """Squared error of one group, exactly."""
    pairs = [(Fraction(v), int(w)) for v, w in zip(values, weights, strict=True)]
    n = sum(w for _, w in pairs)
    mean = sum(v * w for v, w in pairs) / n
    return sum(w * (v - mean) ** 2 for v, w in pairs)


def groups(starts, size):
    return list(itertools.pairwise([*starts, size]))


def least_error(values, weights, enough):
    """The least error of all groupings, by trying every one."""
    size = len(values)
    best = None
    for k in range(size):
        for cuts in itertools.combinations(range(1, size), k):
            parts = groups([0, *cuts], size)
            if all(enough(a, b) for a, b in parts):
                total = sum(error(values[a:b], weights[a:b]) for a, b in parts)
                best = total if best is None else min(best, total)
    return best


VALUES = st.lists(
    st.one_of(st.integers(0, 40), st.integers(-(10**6), 10**6)), min_size=1, max_size=9, unique=True
).map(sorted)


@settings(max_examples=200)
@given(VALUES, st.data(), st.integers(2, 5), st.sampled_from([np.int64, np.float64]))
def test_no_grouping_loses_less(values, data, people, dtype):
    weights = data.draw(st.lists(st.integers(1, 4), min_size=len(values), max_size=len(values)))
    if sum(weights) < people:
        return
    reach = reach_of_counts(np.array(weights), people)
    starts = optimal_starts(np.array(values, dtype), np.array(weights), reach)
    parts = groups(starts, len(values))
    assert all(sum(weights[a:b]) >= people for a, b in parts)
    found = sum(error(values[a:b], weights[a:b]) for a, b in parts)
    assert found == least_error(values, weights, lambda a, b: sum(weights[a:b]) >= people)


@settings(max_examples=200)
@given(
    st.lists(st.tuples(st.integers(0, 8), st.sampled_from("abcde")), min_size=1, max_size=24),
    st.integers(2, 4),
)
def test_no_grouping_over_people_loses_less(rows, people):
    """A person with several values in a group counts once there."""
    values = sorted({v for v, _ in rows})
    weights = [sum(v == value for v, _ in rows) for value in values]
    who = [sorted({p for v, p in rows if v == value}) for value in values]
    pairs = [(i, ord(p)) for i, persons in enumerate(who) for p in persons]
    reach = reach_of_pairs([i for i, _ in pairs], [p for _, p in pairs], len(values), people)

    def enough(a, b):
        return len({p for persons in who[a:b] for p in persons}) >= people

    for j, found in enumerate(reach):
        assert found == max((i for i in range(j + 1) if enough(i, j + 1)), default=-1)
    if reach[-1] < 0:
        return
    starts = optimal_starts(np.array(values), np.array(weights), reach)
    parts = groups(starts, len(values))
    assert all(enough(a, b) for a, b in parts)
    found = sum(error(values[a:b], weights[a:b]) for a, b in parts)
    assert found == least_error(values, weights, enough)


@settings(max_examples=60)
@given(st.data(), st.integers(2, 5), st.sampled_from(["mean", "median"]), st.booleans())
def test_every_released_value_is_shared_by_enough_people(data, people, representative, several):
    values = st.one_of(
        st.none(), st.integers(0, 30).map(float), st.floats(-1e9, 1e9).map(lambda x: round(x, 2))
    )
    rows = data.draw(st.lists(st.tuples(values, st.sampled_from("abcdefgh")), max_size=40))
    chain = micro("number", people, representative=representative)
    pieces = cut(rows, data.draw(st.lists(st.integers(0, 40), max_size=3)))
    fitted = fit(
        chain,
        [pa.array([v for v, _ in piece], pa.float64()) for piece in pieces],
        [[p for _, p in piece] for piece in pieces] if several else None,
    )
    treated = chain.apply(fitted, pa.array([v for v, _ in rows], pa.float64()), KEY)
    to = treated.rows().to_pylist()
    persons = {}
    for i, ((value, person), new) in enumerate(zip(rows, to, strict=True)):
        assert (new is None) == (value is None or not fitted.decisions[0].starts)
        persons.setdefault(new, set()).add(person if several else i)
    persons.pop(None, None)
    assert all(len(p) >= people for p in persons.values())
    assert treated.changed == (sum(new != value for (value, _), new in zip(rows, to, strict=True)),)
    # order is kept, and each representative lies between the values it stands for
    ordered = sorted((v, new) for (v, _), new in zip(rows, to, strict=True) if new is not None)
    assert [new for _, new in ordered] == sorted(new for _, new in ordered)
    for new, span in itertools.groupby(ordered, key=lambda pair: pair[1]):
        inside = [v for v, _ in span]
        assert inside[0] <= new <= inside[-1]


def test_many_values_at_once_are_grouped_as_a_few_at_a_time():
    """Blocks of the dynamic program only save time; sums far from zero keep their digits."""
    rng = np.random.default_rng(4)
    values = np.unique(rng.lognormal(15, 1, 3000).astype(np.int64)) + 10**12
    weights = rng.integers(1, 4, len(values))
    reach = reach_of_counts(weights, 10)
    whole = optimal_starts(values, weights, reach)
    with patch.object(microaggregation, "_AT_ONCE", 1):
        assert optimal_starts(values, weights, reach).tolist() == whole.tolist()
    sizes = [int(weights[a:b].sum()) for a, b in groups(whole, len(values))]
    assert min(sizes) >= 10 and max(sizes) <= 2 * 10 - 1 + 2  # a value may hold up to three people
    # a plain O(n²) program over exact integers
    best, n = [Fraction(0)], np.concatenate([[0], np.cumsum(weights)]).tolist()
    shifted = [int(v) - 10**12 for v in values[:400]]
    one = [0, *itertools.accumulate(int(w) * v for w, v in zip(weights, shifted, strict=False))]
    two = [0, *itertools.accumulate(int(w) * v * v for w, v in zip(weights, shifted, strict=False))]

    def cost(i, j):
        return two[j] - two[i] - Fraction((one[j] - one[i]) ** 2, n[j] - n[i])

    for j in range(1, 401):
        options = [
            best[i] + cost(i, j)
            for i in range(max(0, j - 25), j)
            if n[j] - n[i] >= 10 and best[i] is not None
        ]
        best.append(min(options) if options else None)
    starts = optimal_starts(values[:400], weights[:400], reach_of_counts(weights[:400], 10))
    assert sum(cost(a, b) for a, b in groups(starts, 400)) == best[400]


def test_people_are_counted_not_rows():
    """Ten rows of one person are one person: the value goes with its neighbours until three people share it."""
    values = pa.array([1] * 10 + [5, 6, 7])
    assert treat(micro("integer", 3), values, [*"aaaaaaaaaabcd"]) == [2] * 13
    assert treat(micro("integer", 3), values) == [1] * 10 + [6] * 3


def test_the_report_tells_people_and_groups_but_no_value():
    chain = micro("integer", 3)
    values = pa.array([1, 2, 3, 1001, 1002, 1003])
    assert chain.explain(fit(chain, [values])) == (
        "値の近いものを3人以上ずつの2組にまとめ、組の平均値に置き換えた（ミクロアグリゲーション）。",
    )
    assert chain.explain(fit(chain, [values[:2]])) == ("値を持つ人が3人に満たないため、全て空欄にした。",)


@pytest.mark.parametrize("limit", ["MAX_DISTINCT", "MAX_CHOICES"])
def test_what_is_too_much_is_refused_without_a_value(limit):
    chain = micro("integer", 2)
    with patch.object(microaggregation, limit, 5), pytest.raises(InputError) as raised:
        fit(chain, [pa.array(range(700, 720))])
    assert raised.value.code == "input.too_many_values"
    assert "tables.t.columns.c" in str(raised.value) and "70" not in str(raised.value)
