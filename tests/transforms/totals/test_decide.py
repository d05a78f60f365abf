"""Totals by brute force from the definition, on random lines, bounds and declarations; and how they are dealt."""

from collections import defaultdict

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tokumei.schemas.totals import Total
from tokumei.transforms.counting.keyed import joint_keys
from tokumei.transforms.counting.lookup import among
from tokumei.transforms.counting.people import PERSON
from tokumei.transforms.report.totals import _bars
from tokumei.transforms.totals.bound import EDGES, people_by_bar
from tokumei.transforms.totals.decide import decide_lines, keys_of, merge_above
from tokumei.transforms.totals.lines import LINES, MOST_OF_LINE, Placed, amounts, collapsed

WINDOWS, RECEIPTS, VALUES = "w0", "r0", "d0"


def declared(measure, above, *, window, bound):
    """A declaration over the columns of `lines`, and its bound."""
    needs = {
        "column": "c" if measure in {"sum", "largest", "distinct"} else None,
        "receipt": "r" if above == "thin" or measure in {"receipts", "largest_basket"} else None,
        "per": "month" if window else None,
        "time": "t" if window else None,
    }
    total = Total(criterion=4, measure=measure, above=above, at=bound, because="x", **needs)
    value = {"sum": "s0", "largest": "l0", "distinct": VALUES}.get(measure)
    return Placed(total, WINDOWS if window else None, RECEIPTS if needs["receipt"] else None, value, 1)


LINE = st.tuples(
    st.integers(1, 4), st.integers(0, 2), st.integers(0, 5), st.integers(0, 3), st.integers(0, 9)
)
DECLARED = st.one_of(
    st.builds(
        lambda measure, window, bound: declared(measure, "thin", window=window, bound=bound),
        st.sampled_from(["sum", "lines", "receipts", "distinct", "largest", "largest_basket"]),
        st.booleans(),
        st.integers(1, 12),
    ),
    st.builds(
        lambda measure, above, bound: declared(measure, above, window=True, bound=bound),
        st.sampled_from(["sum", "lines", "receipts", "distinct", "largest", "largest_basket"]),
        st.sampled_from(["drop_window", "drop_person"]),
        st.integers(1, 12),
    ),
)


def frame(rows):
    person, window, receipt, value, amount = (np.array([row[i] for row in rows], np.int64) for i in range(5))
    return collapsed(
        pl.DataFrame(
            {
                PERSON: person.astype(np.uint64),
                WINDOWS: window,
                RECEIPTS: receipt.astype(np.uint64),
                VALUES: value.astype(np.uint64),
                "s0": amount,
                "l0": amount,
                LINES: np.ones(len(rows), np.int64),
            }
        )
    )


def measure(name, rows):
    """The definition; 0 stands for a blank code."""
    baskets = defaultdict(int)
    for row in rows:
        baskets[row[2]] += row[2] != 0
    return {
        "sum": sum(row[4] for row in rows),
        "lines": len(rows),
        "receipts": len({row[2] for row in rows} - {0}),
        "distinct": len({row[3] for row in rows} - {0}),
        "largest": max((row[4] for row in rows), default=0),
        "largest_basket": max(baskets.values(), default=0),
    }[name]


def above(placed, rows):
    """The windows above the bound: (person, window) → lines."""
    windows = defaultdict(list)
    for row in rows:
        windows[row[0], row[1] if placed.window else 0].append(row)
    bound = placed.total.at
    return {k: held for k, held in windows.items() if measure(placed.total.measure, held) > bound}


def left_of(placed, found, rows):
    """The lines that a decision leaves, by its keys."""
    keep = np.ones(len(rows), bool)
    table = pl.DataFrame(
        {
            PERSON: [r[0] for r in rows],
            WINDOWS: [r[1] for r in rows],
            RECEIPTS: [r[2] for r in rows],
        },
        schema={PERSON: pl.UInt64, WINDOWS: pl.Int64, RECEIPTS: pl.UInt64},
    )
    for one, of_one in zip(placed, found, strict=True):
        keep &= ~among(of_one.keys, keys_of(one, table))
    return [row for row, kept in zip(rows, keep, strict=True) if kept]


@settings(max_examples=300)
@given(st.lists(LINE, min_size=1, max_size=60), st.lists(DECLARED, min_size=1, max_size=3))
def test_nobody_is_above_and_who_never_was_loses_nothing(rows, placed):
    bounds = [int(one.total.at) for one in placed]
    found = decide_lines(placed, frame(rows), bounds)
    left = left_of(placed, found, rows)
    assert not any(above(one, left) for one in placed)
    ever = {person for one in placed for person, _ in above(one, rows)}
    gone = [row for row in rows if row not in left]
    assert {row[0] for row in gone} <= ever
    assert sum(of_one.lines for of_one in found) == len(rows) - len(left)
    # whole people, windows or receipts go, each of whom one declaration asks for
    if len(placed) == 1:
        (one,), (of_one,) = placed, found
        windows = above(one, rows)
        assert of_one.people == len({person for person, _ in windows})
        assert {row[0] for row in gone} == {person for person, _ in windows}
        if one.total.above == "drop_window":
            assert sorted(gone) == sorted(row for held in windows.values() for row in held)
        if one.total.above == "drop_person":
            assert sorted(gone) == sorted(row for row in rows if row[0] in {p for p, _ in windows})
        if one.total.measure == "sum":
            assert of_one.amount == sum(row[4] for row in gone)


@settings(max_examples=100)
@given(
    st.lists(LINE, min_size=1, max_size=40),
    st.sampled_from(["sum", "lines", "receipts", "distinct"]),
    st.integers(1, 8),
)
def test_no_receipt_goes_needlessly(rows, name, bound):
    """Of one window, the last receipt that was left out would bring the person above again."""
    rows = [(1, 0, *row[2:]) for row in rows]
    one = declared(name, "thin", window=False, bound=bound)
    (found,) = decide_lines([one], frame(rows), [bound])
    if len(found.keys) == 0:
        return
    keys = {row: int(joint_keys(np.array([1], np.uint64), np.array([row[2]]))[0]) for row in rows}
    last = max(int(key) for key in found.keys)
    back = [row for row in rows if keys[row] not in {int(k) for k in found.keys} or keys[row] == last]
    assert measure(name, back) > bound


@given(st.lists(LINE, min_size=2, max_size=40), DECLARED, st.randoms())
def test_people_may_be_dealt_in_any_way_and_lines_in_any_order(rows, one, rnd):
    bound = [int(one.total.at)]
    whole = decide_lines([one], frame(rows), bound)
    rnd.shuffle(rows)
    parts = [
        {"t": decide_lines([one], frame(part), bound)}
        for odd in (0, 1)
        if (part := [row for row in rows if row[0] % 2 == odd])
    ]
    (merged,) = merge_above(parts)["t"]
    assert (merged.keys == whole[0].keys).all()
    assert (merged.people, merged.lines, merged.amount) == (whole[0].people, whole[0].lines, whole[0].amount)


def test_amounts_have_no_sign_no_fraction_and_an_end():
    import pyarrow as pa

    assert amounts(pa.array([-5, None, 3, 2**63 - 1, -(2**63)]), 1).tolist() == [
        5,
        0,
        3,
        MOST_OF_LINE,
        MOST_OF_LINE,
    ]
    fractions = pa.array(
        [-0.125, None, 3.5, 1.1, 0.29, 1e300]
    )  # what is finer counts up; 1.1 is no more than 110
    assert amounts(fractions, 100).tolist() == [13, 0, 350, 110, 29, MOST_OF_LINE]


def test_keys_of_people_and_codes_differ():
    persons, codes = np.meshgrid(np.arange(1, 200, dtype=np.uint64), np.arange(-100, 100))
    assert len(np.unique(joint_keys(persons.ravel(), codes.ravel()))) == persons.size


@pytest.mark.parametrize("k", [2, 5, 100])
@given(values=st.lists(st.integers(0, 10**7), max_size=80))
def test_bars_hold_k_people_and_everybody(values, k):
    people = people_by_bar(np.array(values, np.int64), 1)
    assert people.sum() == len(values) and len(people) == len(EDGES) + 1
    bars = [*_bars(people, k)]
    assert sum(n for _, n in bars) == (len(values) if len(values) >= k else 0)
    assert all(n >= k for _, n in bars)
