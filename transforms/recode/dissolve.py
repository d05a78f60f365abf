"""Dear regions dissolved: each of their tuples joins the region that it makes least dearer, if that pays.

Gathering ends with regions of those who were left, at labels that cost much. Region by region, the dearest
first, the tuples are tried one after the other in every other region, whose labels then widen as far as they
must. Where all of it costs less than the region did, it is done (a move of hierarchical clustering: Gionis,
Mazza & Tassa, k-anonymization revisited, ICDE 2008). First every region is given the finest labels that all
its tuples share.

A region that grows must keep passing, so this is for models that are monotone in records. Regions that come
to carry the same labels are one, and pass for the same reason.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tokumei.transforms.counting.histogram import Ints
from tokumei.transforms.recode.gather import Regions
from tokumei.transforms.recode.lattice import Lattice

_CELLS = 500_000_000  # labels compared at most
_GONE = 1 << 62  # a price above all
_ANY = -1  # in place of a label that the tuples of a region do not share


def dissolve_dearest(lattice: Lattice, prices: Sequence[Sequence[Ints]], regions: Regions) -> Regions:
    """Return regions that cost no more.

    Args:
        lattice: ladders, histogram, and models that are monotone in records.
        prices: per column and level, what a record costs by its label.
        regions: that pass every model.
    """
    dissolving = _Dissolving(lattice, prices, regions)
    dissolving.dearest()
    return dissolving.regions()


class _Dissolving:
    """Regions by their labels at every level but ``*``; rows are (column, level)."""

    def __init__(self, lattice: Lattice, prices: Sequence[Sequence[Ints]], regions: Regions) -> None:
        histogram = lattice.histogram
        self._of_tuple, self._records = regions.of_tuple.copy(), histogram.records
        labels, steps, self._row_columns = [], [], list[int]()
        base = np.zeros(len(histogram), dtype=np.int64)
        for i, (ladder, levels, values) in enumerate(
            zip(lattice.ladders, prices, histogram.codes, strict=True)
        ):
            by_level = [price[codes] for price, codes in zip(levels, ladder.codes, strict=True)]
            base += by_level[0][values]
            for level in range(ladder.levels - 1):
                labels.append(ladder.codes[level][values])
                steps.append((by_level[level + 1] - by_level[level])[values])
                self._row_columns.append(i)
        # Per row and tuple, the label, and what a record pays for one level more; per tuple, its own price.
        self._labels, self._steps, self._base = np.array(labels), np.array(steps, dtype=np.float64), base
        self._columns = len(prices)
        inside = np.flatnonzero(self._of_tuple >= 0)
        self._tuples = inside[np.argsort(self._of_tuple[inside], kind="stable")]
        starts = np.flatnonzero(np.diff(self._of_tuple[self._tuples], prepend=-1))
        self._ends = np.append(starts[1:], len(self._tuples))
        self._starts = starts
        first = self._tuples[starts]
        self._size = np.add.reduceat(self._records[self._tuples], starts)
        self._shared = self._labels[:, first]
        for row, of_tuples in zip(self._shared, self._labels, strict=True):
            sorted_labels = of_tuples[self._tuples]
            differ = np.minimum.reduceat(sorted_labels, starts) != np.maximum.reduceat(sorted_labels, starts)
            row[differ] = _ANY
        self._price = base[first] + (self._steps[:, first] * (self._shared == _ANY)).sum(axis=0).astype(
            np.int64
        )
        self._trials = _CELLS // max(self._shared.size, 1)

    def dearest(self) -> None:
        """Dissolve the dearest regions, as far as it pays and `_CELLS` allow."""
        members = [
            self._tuples[start:end].tolist()
            for start, end in zip(self._starts.tolist(), self._ends.tolist(), strict=True)
        ]
        for region in np.argsort(-self._price, kind="stable").tolist():
            if self._trials <= 0 or not self._price[region]:
                break
            for member, to in self._moves(region, members[region]):
                members[to].append(member)
                self._of_tuple[member] = to

    def _moves(self, region: int, members: Sequence[int]) -> list[tuple[int, int]]:
        """Return which tuple goes to which region; the regions are as if it had, or nothing has changed."""
        left = int(self._size[region]) * int(self._price[region])
        before, moves = dict[int, tuple[int, int, Ints]](), list[tuple[int, int]]()
        size = self._size[region]
        self._size[region] = 0
        for member in members:
            self._trials -= 1
            records = int(self._records[member])
            widened = self._shared != self._labels[:, member, None]
            # Whole numbers below 2^53: exact, in whatever order a processor adds them up.
            price = (self._base[member] + self._steps[:, member] @ widened.astype(np.float64)).astype(
                np.int64
            )
            more = self._size * (price - self._price) + records * price
            more[self._size == 0] = _GONE
            to = int(more.argmin())
            left -= int(more[to])
            if left <= 0:
                break
            before.setdefault(to, (int(self._size[to]), int(self._price[to]), self._shared[:, to].copy()))
            self._size[to] += records
            self._price[to] = price[to]
            self._shared[widened[:, to], to] = _ANY
            moves.append((member, to))
        if left > 0:
            return moves
        self._size[region] = size
        for to, (records, was, shared) in before.items():
            self._size[to], self._price[to], self._shared[:, to] = records, was, shared
        return []

    def regions(self) -> Regions:
        """Return the regions that are left."""
        used = np.flatnonzero(self._size)
        nodes = np.zeros((len(used), self._columns), dtype=np.int32)
        for column, row in zip(self._row_columns, self._shared[:, used] == _ANY, strict=True):
            nodes[:, column] += row
        of_region = np.full(len(self._size) + 1, -1)
        of_region[used] = np.arange(len(used))
        return Regions(of_region[self._of_tuple], nodes)
