"""Joint classes of many releases, against sets of people."""

import random

import polars as pl
import pytest

from tokumei.transforms.counting.people import PERSON, RECORDS
from tokumei.transforms.earlier.together import (
    LEFT_VALUE,
    NOW,
    JoinedReleases,
    join_together,
    key_classes,
    merge_rows,
)
from tokumei.transforms.engine.run_key import RunKey

KEY, K = RunKey(bytes(32)), 4


@pytest.mark.parametrize("several", [False, True])
def test_people_of_all_classes_at_once(several):
    """Classes, and values that are left, against sets of people."""
    draw = random.Random(5)
    people = [(*(draw.choice("abc") for _ in range(4)), draw.choice("vwxyz")) for _ in range(120)]
    shown = {1: "ab", 3: "abc", 7: "b"}  # what was too small was not released
    seen = [
        (w[0], *(x if x in s else None for x, s in zip(w[1:4], shown.values(), strict=True))) for w in people
    ]
    names = [NOW, "1", "3", "7"]
    rows = pl.DataFrame(
        {
            name: pl.select(
                pl.when(pl.Series([w[i] is not None for w in seen])).then(keys([w[i] for w in seen]))
            ).to_series()
            for i, name in enumerate(names)
        }
    ).with_columns(keys([w[4] for w in people]).alias(LEFT_VALUE))
    held = {i: rows.select(str(i), LEFT_VALUE).drop_nulls().unique() for i in shown}
    if several:
        parts = [rows.with_columns(pl.Series(PERSON, range(120), dtype=pl.UInt64))] * 2
    else:
        parts = [part.group_by(part.columns).agg(pl.len().alias(RECORDS)) for part in (rows[:50], rows[50:])]
    sizes = [sum(all(a is None or a == b for a, b in zip(one, w, strict=True)) for w in seen) for one in seen]
    there = [any(labels is not None for labels in w[1:]) for w in seen]
    few = sum(n < K for n, here in zip(sizes, there, strict=True) if here)
    alone = sum(n == 1 for n, here in zip(sizes, there, strict=True) if here)
    told = sum(
        len(
            set.intersection(
                *(
                    {p[4] for p, w in zip(people, seen, strict=True) if w[i] == one[i]}
                    for i in range(4)
                    if one[i]
                )
            )
        )
        == 1
        for one, here in zip(seen, there, strict=True)
        if here
    )
    assert few > alone > 0
    assert join_together(merge_rows(parts), held, K) == JoinedReleases(3, sum(there), few, alone, told)


def keys(texts):
    return key_classes(pl.DataFrame({"e0": texts}, schema={"e0": pl.String}), KEY)


def test_values_that_only_together_leave_one():
    """Found by an attack: each two of three releases left two values, and all three of them one."""
    rows = pl.DataFrame(
        {
            NOW: [1, 1, 1],
            "1": [1, None, None],
            "2": [1, None, None],
            LEFT_VALUE: [0, 1, 2],
            RECORDS: [1, 5, 5],
        },
        schema=dict.fromkeys((NOW, "1", "2", LEFT_VALUE), pl.UInt64) | {RECORDS: pl.Int64},
    )
    held = {
        i: pl.DataFrame(
            {str(i): [1, 1], LEFT_VALUE: values}, schema=dict.fromkeys((str(i), LEFT_VALUE), pl.UInt64)
        )
        for i, values in ((1, [0, 1]), (2, [0, 2]))
    }
    assert [join_together(rows, {i: held[i]}, 5).told for i in (1, 2)] == [0, 0]
    assert join_together(rows, held, 5) == JoinedReleases(2, people=1, few=1, alone=1, told=1)
