"""Regions gathered node by node, from the finest labels up: who pass together leave, the others go on.

The nodes of the lattice are visited in the order of what they cost on average, and at each the tuples that
are left are grouped by its labels. Groups that pass every model are regions; a group whose own label costs
much more than the node does on average waits until nodes as dear as that are visited.

Most nodes release nobody, and are never counted: a box of nodes in whose most general node no group of those
left has enough records holds nobody, nor will it, because fewer and fewer are left. Boxes wait in a heap by
what their finest node costs; one that is not ruled out is cut in two. So the order is that of a walk
through all nodes, at the price of a few thousand counts. After `_VISITS` a box is no longer cut, but
released from at its most general node.

Those left at the end join the last regions, the dearest ones, at ``*``: 1, 2, 4, … of them until they pass.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tokumei.transforms.counting.histogram import Histogram, Ints, Mask, radices
from tokumei.transforms.recode.assignment import label_tables
from tokumei.transforms.recode.lattice import Lattice
from tokumei.transforms.recode.models import PrivacyModel
from tokumei.transforms.recode.objectives.base import Floats, Node

_VISITS = 100_000_000  # tuples looked at, at most, before boxes are no longer cut
_OF_A_VISIT = 1_000  # tuples that could be looked at in the time that a visit takes by itself
_FEW = 2_000  # tuples whose classes are told apart before a box is cut
_KEPT = 1 << 18  # tuples up to which their numbers at a level are kept
_SPREAD = np.uint64(
    0x9E3779B97F4A7C15
)  # 2^64 ÷ the golden ratio: multiplicative hashing (Knuth, TAOCP 3, 6.4)


@dataclass(frozen=True)
class Regions:
    """``of_tuple``: the region of each tuple, or -1; ``nodes``: of each region, shape (regions, columns)."""

    of_tuple: Ints
    nodes: npt.NDArray[np.int32]


def of_each(models: Sequence[PrivacyModel]) -> tuple[PrivacyModel, ...]:
    """Return models that every region can be asked by itself."""
    return tuple(asked for model in models if (asked := model.of_each()) is not None)


def failing_parts(models: Sequence[PrivacyModel], whole: Histogram, part: Ints, parts: int) -> Mask:
    """Return which parts of a histogram fail a model; ``part`` is that of each tuple."""
    histogram = whole.regroup(np.arange(parts), (parts,), (-1,), part)
    failing: npt.NDArray[np.bool_] = np.zeros(parts, dtype=bool)
    for model in models:
        failing |= model.failing(histogram)
    return failing


def gather_regions(lattice: Lattice, prices: Sequence[Sequence[Ints]], chosen: Mask) -> Regions | None:
    """Return regions of all chosen tuples; None if these cannot even pass as one.

    No two regions carry the same labels, whatever texts a hierarchy repeats.

    Args:
        lattice: ladders, histogram and models.
        prices: per column and level, what a record costs by its label.
        chosen: the tuples that are to be released.
    """
    gathering = _Gathering(lattice, prices, chosen)
    gathering.visit()
    return gathering.regions()


class _Gathering:
    """Those left, and the regions so far."""

    def __init__(self, lattice: Lattice, prices: Sequence[Sequence[Ints]], chosen: Mask) -> None:
        self._lattice, self._prices, self._models = lattice, prices, of_each(lattice.models)
        self._smallest = max(1, *(model.least_people for model in self._models))
        self._weights, _ = radices(lattice.histogram.sizes)
        self._set(lattice.histogram.only(chosen), np.flatnonzero(chosen))
        self._staying = len(self._places)
        self._tables, _ = label_tables(lattice.ladders)
        self._taken = dict[tuple[int, ...], int]()
        self._of_tuple, self._nodes = np.full(len(chosen), -1), list[Node]()
        self._look_at_rare()

    def _set(self, left: Histogram, places: Ints) -> None:
        self._left, self._places = left, places
        self._records = left.records.astype(np.float64)  # 0 of those who have left
        self._parts = dict[tuple[int, int], Ints]()
        self._shift = np.uint64(64 - min(max(len(places).bit_length() + 1, 10), 16))

    def _look_at_rare(self) -> None:
        """Price every level by those who cannot stay as they are: the order of nodes is theirs."""
        rare = self._left.records < self._smallest
        marginals = self._left.marginals(rare if rare.any() else None)
        self._rare = int(marginals[0].sum())
        self._costs = [
            [int(ladder.lift(n, 0, level) @ price) for level, price in enumerate(levels)]
            for ladder, n, levels in zip(self._lattice.ladders, marginals, self._prices, strict=True)
        ]

    def _cost(self, node: Node) -> int:
        return sum(levels[level] for levels, level in zip(self._costs, node, strict=True))

    def visit(self) -> None:
        """Visit the nodes, until nobody is left."""
        bottom, visits = self._lattice.bottom, 0
        boxes = [(self._cost(bottom), bottom, self._lattice.top)]
        while boxes and self._staying:
            cost, low, high = heapq.heappop(boxes)
            visits += len(self._places) + _OF_A_VISIT
            keys = self._keys(high)
            inside = self._large(keys)
            alone = low == high or visits > _VISITS
            if len(inside) and (alone or len(inside) <= _FEW):
                inside, group = self._groups(inside, keys)
            if not len(inside):
                continue
            if alone:
                again = self._release(high, cost, inside, group)
                if again is not None:
                    heapq.heappush(boxes, (again, high, high))
            else:
                for half in self._halves(low, high):
                    heapq.heappush(boxes, (self._cost(half[0]), *half))

    def _halves(self, low: Node, high: Node) -> Iterator[tuple[Node, Node]]:
        """Cut a box by the column whose levels in it differ most in cost."""
        spans = [levels[h] - levels[n] for levels, n, h in zip(self._costs, low, high, strict=True)]
        wide = [(span, h > n) for span, n, h in zip(spans, low, high, strict=True)]
        i = max(range(len(low)), key=lambda i: (wide[i][1], wide[i][0], -i))
        middle = (low[i] + high[i]) // 2
        yield low, (*high[:i], middle, *high[i + 1 :])
        yield (*low[:i], middle + 1, *low[i + 1 :]), high

    def _keys(self, node: Node) -> Ints:
        """Return a number of each tuple that is left, equal where all labels at the node are."""
        keys = np.zeros(len(self._places), dtype=np.int64)
        for i, level in enumerate(node):
            if len(self._lattice.ladders[i].labels[level]) > 1:
                keys += self._part(i, level)
        return keys

    def _part(self, column: int, level: int) -> Ints:
        part = self._parts.get((column, level))
        if part is None:
            codes = self._lattice.ladders[column].codes[level] * self._weights[column]
            part = codes.take(self._left.codes[column])
            if len(part) <= _KEPT:
                self._parts[column, level] = part
        return part

    def _large(self, keys: Ints) -> Ints:
        """Return whose keys enough records may have: all who share a slot with so many."""
        slots = (keys.view(np.uint64) * _SPREAD) >> self._shift
        return self._in_large(slots.view(np.int64), self._records)

    def _in_large(self, slots: Ints, records: Floats) -> Ints:
        enough = np.bincount(slots, weights=records) >= self._smallest
        return np.flatnonzero(enough.take(slots) & (records > 0))

    def _groups(self, inside: Ints, keys: Ints) -> tuple[Ints, Ints]:
        """Return those who have enough records with their own key, and the number of the group of each."""
        _, group = np.unique(keys[inside], return_inverse=True)
        large = self._in_large(group, self._records[inside])
        chosen = group[large]
        there = np.bincount(chosen) > 0
        return inside[large], (np.cumsum(there) - 1)[chosen]

    def _release(self, node: Node, cost: int, inside: Ints, group: Ints) -> int | None:
        """Make regions of the groups of a node that pass; return the cost at which to look at dearer ones."""
        groups = int(group.max()) + 1
        member = np.empty(groups, dtype=np.int64)
        member[group[::-1]] = inside[::-1]
        values = self._left.codes[:, member]
        price = sum(
            (levels[level][ladder.codes[level][v]] for levels, ladder, level, v in
             zip(self._prices, self._lattice.ladders, node, values, strict=True)),
            np.zeros(groups, dtype=np.int64),
        ) * self._rare  # fmt: skip
        late = price > cost + cost // 8
        again = int(price[late].min()) if late.any() else None
        now = ~late
        if late.any():
            chosen = now[group]
            inside, group = inside[chosen], (np.cumsum(now) - 1)[group[chosen]]
            values = values[:, now]
        if len(inside):
            self._leave(node, inside, group, values)
        return again

    def _leave(self, node: Node, inside: Ints, group: Ints, values: npt.NDArray[np.int32]) -> None:
        chosen = np.zeros(len(self._places), dtype=bool)
        chosen[inside] = True
        passing = ~failing_parts(self._models, self._left.only(chosen), group, values.shape[1])
        labels = zip(
            *(table[level, v].tolist() for table, level, v in zip(self._tables, node, values, strict=True)),
            strict=True,
        )
        number = len(self._nodes)
        for i, label in enumerate(labels):
            if passing[i]:
                passing[i] = label not in self._taken
                self._taken.setdefault(label, number)
                number += int(passing[i])
        leaving = passing[group]
        numbers = len(self._nodes) + np.cumsum(passing) - 1
        self._of_tuple[self._places[inside[leaving]]] = numbers[group[leaving]]
        self._nodes += [node] * int(passing.sum())
        self._records[inside[leaving]] = 0
        self._staying -= int(leaving.sum())
        if self._staying < 0.8 * len(self._places):
            stays = self._records > 0
            self._set(self._left.only(stays), self._places[stays])

    def regions(self) -> Regions | None:
        """Return the regions, with those left in the last ones."""
        left = self._places[self._records > 0]
        if not len(left):
            return Regions(self._of_tuple, np.array(self._nodes, dtype=np.int32))
        top = self._lattice.top
        anywhere = tuple(table.item(level, 0) for table, level in zip(self._tables, top, strict=True))
        last = sorted(
            range(len(self._nodes)), key=lambda n: (n == self._taken.get(anywhere), n), reverse=True
        )
        joined = int(anywhere in self._taken)
        while True:
            together = np.isin(self._of_tuple, last[:joined])
            together[left] = True
            part = self._lattice.histogram.only(together)
            if not failing_parts(self._models, part, np.zeros(len(part), np.int64), 1).any():
                break
            if joined == len(last):
                return None
            joined = min(max(2 * joined, 1), len(last))
        self._of_tuple[together] = len(self._nodes)
        used, of_tuple = np.unique(self._of_tuple, return_inverse=True)
        nodes = np.array([*self._nodes, top], dtype=np.int32)[used[used >= 0]]
        return Regions(of_tuple - int((used < 0).any()), nodes)
