"""Which cells of a column are proven to be labels by a few records, so that the others are not compared.

A cell is a label if at least ``shared`` people bear it whose source value does not stand in it. A cell of L
characters contains at most (L−1)(L−2)/2 different texts of 3 characters and more. If the people who bear it
have ``shared`` more different source values than that, at least ``shared`` of these values do not stand in
it: it is a label. Twice so many records are looked at. Most columns that are kept (categories, shops,
products) consist of labels, and the source values of their other records are not even normalized.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from tokumei.transforms.leaks.values import SHORTEST

RowNumbers = npt.NDArray[np.int64]


class Cells(NamedTuple):
    """The records of a batch, by cell.

    Attributes:
        lengths: characters of each distinct cell.
        order, starts: records in the order of their cells, and where each cell's begin; short cells, which
            contain nothing that is looked for, and nulls are left out.
    """

    lengths: RowNumbers
    order: RowNumbers
    starts: RowNumbers

    @classmethod
    def of(cls, texts: pl.Series) -> Cells:
        """Group a column of plain texts."""
        sizes = texts.str.len_chars().fill_null(0).to_numpy().astype(np.int64)
        order = np.flatnonzero(sizes >= SHORTEST)
        if len(order) == len(texts) and texts.hash().n_unique() == len(texts):
            return cls(sizes, order, np.arange(len(order) + 1))
        frame = pl.DataFrame({"cell": texts}).with_row_index("row").filter(pl.Series(sizes >= SHORTEST))
        single = frame["cell"].hash().is_unique()  # most sentences are, and need no grouping
        alone, groups = frame.filter(single), frame.filter(~single).group_by("cell").agg("row")
        counts = np.append(np.ones(len(alone), dtype=np.int64), groups["row"].list.len().to_numpy())
        rows = groups["row"].explode().to_numpy() if len(groups) else np.empty(0)
        cells = pl.concat([alone["cell"], groups["cell"]])
        return cls(
            cells.str.len_chars().to_numpy().astype(np.int64),
            np.append(alone["row"].to_numpy(), rows).astype(np.int64),
            np.concatenate(([0], np.cumsum(counts, dtype=np.int64))),
        )

    def but_labels(self, source: Callable[[RowNumbers], pl.Series], shared: int) -> RowNumbers:
        """Return the records whose cell may be no label.

        Args:
            source: the `sought` values of some records.
            shared: how many people make a label.
        """
        sizes = np.diff(self.starts)
        if sizes.max(initial=0) < 2 * shared:
            return self.order
        needed = (self.lengths - 1) * (self.lengths - 2) // 2 + shared
        sampled = np.where(sizes >= 2 * needed, 2 * needed, 0)
        if not sampled.any():
            return self.order
        owners = np.repeat(np.arange(len(sizes)), sampled)
        places = np.arange(len(owners)) - np.repeat(np.cumsum(sampled) - sampled, sampled)
        values = source(self.order[self.starts[owners] + places])
        different = (
            pl.DataFrame({"cell": owners, "value": values})
            .drop_nulls()
            .group_by("cell")
            .agg(pl.col("value").n_unique())
        )
        found = np.zeros(len(sizes), dtype=np.int64)
        found[different["cell"].to_numpy()] = different["value"].to_numpy()
        return self.order[np.repeat(found < needed, sizes)]
