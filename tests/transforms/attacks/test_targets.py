"""Targets are drawn by the key, the same however chunks are cut; the rarest are those whom fewest share."""

import numpy as np
import pyarrow as pa
import pytest

from tokumei.transforms.attacks.targets import (
    Pool,
    combination_of,
    combinations_first,
    earliest,
    first,
    held_out,
    order_of,
    pool_of,
    rarest,
)
from tokumei.transforms.engine.run_key import RunKey

KEY = RunKey(b"k" * 32)


def everybody(n=5000, rare=100):
    """People of ten towns, and some of a town of their own."""
    draw = np.random.default_rng(1)
    towns = [f"t{i}" for i in draw.integers(0, 10, n - rare)] + [f"own{i}" for i in range(rare)]
    records = pa.RecordBatch.from_arrays([pa.array(towns)], names=["town"])
    marks = np.arange(n, dtype=np.uint64)
    return pool_of(records, marks, order_of(marks, KEY), combination_of(records, ["town"], KEY))


def pieces(pool, n):
    for cut in np.array_split(np.random.default_rng(2).permutation(len(pool.who)), n):
        yield Pool(pool.who[cut], pool.records.take(pa.array(cut)))


@pytest.mark.parametrize("chunks", [1, 3, 10])
def test_the_same_people_however_chunks_are_cut(chunks):
    pool = everybody()
    found = first([first([piece], 50) for piece in pieces(pool, chunks)], 50)
    assert found.marks.tolist() == first([pool], 50).marks.tolist()
    assert len(set(found.marks.tolist())) == 50


@pytest.mark.parametrize("chunks", [1, 4])
def test_the_rarest_are_those_whom_fewest_share(chunks):
    pool = everybody()
    drawn = combinations_first([combinations_first([piece]) for piece in pieces(pool, chunks)])
    assert drawn.who["people"].sum() == 5000
    found = rarest(drawn, 1000)
    assert set(found.who["people"]) == {1}
    assert sorted(found.records.column("town").to_pylist()) == sorted(f"own{i}" for i in range(100))


def test_one_in_a_hundred_is_held_out():
    order = order_of(np.arange(100_000, dtype=np.uint64), KEY)
    assert held_out(order, 0.01).mean() == pytest.approx(0.01, abs=0.001)
    early = earliest(order, 1000, 0.01) & ~held_out(order, 0.01)
    assert early.sum() == 1000
    assert not np.array_equal(order, order_of(np.arange(100_000, dtype=np.uint64), RunKey(b"x" * 32)))


def test_combinations_are_equal_where_all_values_are():
    texts = pa.array(["a", "a", None, "b", None])
    records = pa.RecordBatch.from_arrays(
        [texts, texts.dictionary_encode(), pa.array([1, 1, None, 1, None])], names=["x", "y", "z"]
    )
    found = combination_of(records, ["x", "y", "z"], KEY).tolist()
    assert found[0] == found[1] and found[2] == found[4] and len(set(found)) == 3
