"""Labels told from a few of their records: the shortcut finds what comparing every record finds."""

import numpy as np
import polars as pl
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from tokumei.transforms.leaks.labels import Cells
from tokumei.transforms.leaks.values import other_values, own_values, plain_texts, sought

NAMES = [
    "佐藤一郎",
    "長谷川",
    "千葉県",
    "C00001",
    "C00002",
    "123456",
    "別人",
    None,
    *(f"人{i:03d}" for i in range(9)),
]
CELLS = ["長谷川市", "千葉県", "佐藤一郎様", "O-C00001", "都", "123456", None, "人001"]


@given(
    st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(CELLS)), max_size=60),
    st.integers(1, 4),
    st.integers(1, 5),
)
def test_the_same_is_found_without_the_labels(pairs, shared, times):
    pairs = pairs * times
    source = sought(plain_texts(pa.array([a for a, _ in pairs], pa.string())).plain)
    cells = plain_texts(pa.array([b for _, b in pairs], pa.string()))
    asked = []

    def values(rows):
        asked.append(len(rows))
        return source.gather(pl.Series(rows))

    rows = Cells.of(cells.plain).but_labels(values, shared)
    assert len(set(rows.tolist())) == len(rows) and sum(asked) <= len(pairs)
    few, chosen = source.gather(pl.Series(rows)), cells.rows(rows)
    assert own_values(few, chosen, shared)[1:4] == own_values(source, cells, shared)[1:4]
    others = other_values(few, sought(chosen.plain), shared, source)
    assert others[1:] == other_values(source, sought(cells.plain), shared, source)[1:]


def test_few_records_of_a_common_cell_are_asked_for():
    cells = pl.Series(["東京都"] * 5000 + ["備考あり"] * 5000 + ["長谷川様"])
    source = pl.Series([f"客{i:05d}" for i in range(10_000)] + ["長谷川"])
    asked = []

    def values(rows):
        asked.append(len(rows))
        return source.gather(pl.Series(rows))

    rows = Cells.of(cells).but_labels(values, 10)
    assert rows.tolist() == [10_000] and asked == [2 * (1 + 10) + 2 * (3 + 10)]
    one = pl.Series(["客00001"] * 10_001)
    assert len(Cells.of(cells).but_labels(lambda rows: one.gather(pl.Series(rows)), 10)) == 10_001


def test_nothing_is_asked_for_without_cells():
    empty = pl.Series([None, "ab"], dtype=pl.String)
    rows = Cells.of(empty).but_labels(lambda rows: pl.Series([], dtype=pl.String), 10)
    assert rows.dtype == np.int64 and len(rows) == 0
