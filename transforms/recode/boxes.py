"""Walks through all nodes of a lattice that visit few: boxes in which nobody finds company are ruled out.

A box holds the nodes between a finest and a most general one. Who shares no label tuple of the most general
node with enough others shares none of any node in the box; and whom the labels of the finest node cost more
than they are willing to pay, all do. Those who remain are handed down to the two halves of the box, so the
walk looks at fewer and fewer. After so many looks boxes are no longer cut.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tokumei.transforms.counting.histogram import Codes, Ints, Mask, radices
from tokumei.transforms.recode.lattice import Lattice
from tokumei.transforms.recode.objectives.base import Node

LOOKS = 50_000_000  # at a tuple, at most, before boxes are no longer cut …
_LOOKS_A_TUPLE = 1_000  # … and so many more for each
_OF_A_BOX = 1_000  # tuples that could be looked at in the time that a box takes by itself
_FEW = 2_000  # tuples whose labels are told apart before a box is cut
_SPREAD = np.uint64(
    0x9E3779B97F4A7C15
)  # 2^64 ÷ the golden ratio: multiplicative hashing (Knuth, TAOCP 3, 6.4)


@dataclass(frozen=True, kw_only=True)
class Visit:
    """A node, or a box that is not cut any more, with those who find company in it.

    Attributes:
        low: its finest node.
        high: its most general node.
        places: the tuples, by their place in the histogram of the boxes.
        group: shape of places, who share their labels at the most general node.
        price: shape of places, what a record costs by its labels at the finest node.
    """

    low: Node
    high: Node
    places: Ints
    group: Ints
    price: Ints


class Boxes:
    """The boxes of a lattice.

    Attributes:
        prices: per column and level, what a record costs by its label.
        places: the tuples among which company is sought, by their place in the whole histogram.
        histogram: of these tuples.
        least: how many records must share their labels.
        bottom, top: the finest and the most general node.

    Args:
        lattice: ladders, histogram and models.
        prices: as above.
        chosen: these tuples.
    """

    def __init__(self, lattice: Lattice, prices: Sequence[Sequence[Ints]], chosen: Mask) -> None:
        self.prices, self.places = prices, np.flatnonzero(chosen)
        self.histogram = lattice.histogram.only(chosen)
        self.least = max(1, *(model.least_people for model in lattice.models))
        self.bottom, self.top = lattice.bottom, lattice.top
        self._codes, self._records = self.histogram.codes, self.histogram.records.astype(np.float64)
        weights, _ = radices(lattice.histogram.sizes)
        self._keys = [
            [codes * weight for codes in ladder.codes]
            for ladder, weight in zip(lattice.ladders, weights, strict=True)
        ]
        self._prices = [
            [price[codes] for price, codes in zip(levels, ladder.codes, strict=True)]
            for ladder, levels in zip(lattice.ladders, prices, strict=True)
        ]
        rare = self.histogram.records < self.least
        marginals = self.histogram.marginals(rare if rare.any() else None)
        self._costs = [
            [int(price @ n) for price in levels] for levels, n in zip(self._prices, marginals, strict=True)
        ]

    def price(self, node: Node) -> Ints:
        """Return, by tuple, what a record costs at a node."""
        return _sum(self._prices, node, self._codes)

    def walk(self, limits: Ints, *, all_count: bool) -> Iterator[Visit]:
        """Visit the nodes at which somebody finds company, finer ones before coarser ones of the same labels.

        Args:
            limits: shape of the boxes' histogram, what each tuple is willing to pay; read anew at every box.
            all_count: whether the unwilling are company too.
        """
        rest = LOOKS + _LOOKS_A_TUPLE * len(limits)
        number = itertools.count(1)
        boxes = [(0, 0, self.bottom, self.top, np.arange(len(limits)))]
        while boxes:
            _, _, low, high, inside = heapq.heappop(boxes)
            rest -= len(inside) + _OF_A_BOX
            price = _sum(self._prices, low, self._codes[:, inside])
            willing = price <= limits[inside]
            if not all_count:
                inside, price, willing = inside[willing], price[willing], willing[willing]
            if not willing.any():
                continue
            keys = _sum(self._keys, high, self._codes[:, inside])
            found = self._company(inside, _slots(keys), willing)
            whole = low == high or rest < 0
            if whole or len(found) <= _FEW:
                _, group = np.unique(keys[found], return_inverse=True)
                some = self._company(inside[found], group, willing[found])
                found, group = found[some], group[some]
            if not len(found):
                continue
            inside = inside[found]
            if whole:
                there = np.bincount(group) > 0
                group = (np.cumsum(there) - 1)[group]
                yield Visit(low=low, high=high, places=inside, group=group, price=price[found])
                continue
            for half in self._halves(low, high):
                heapq.heappush(boxes, (self._cost(half[0]), next(number), *half, inside))

    def _cost(self, node: Node) -> int:
        return sum(levels[level] for levels, level in zip(self._costs, node, strict=True))

    def _halves(self, low: Node, high: Node) -> tuple[tuple[Node, Node], tuple[Node, Node]]:
        """Cut a box by the column whose levels in it differ most in cost; the finer half comes last."""
        spans = [levels[h] - levels[n] for levels, n, h in zip(self._costs, low, high, strict=True)]
        i = max(range(len(low)), key=lambda i: (high[i] > low[i], spans[i], -i))
        middle = (low[i] + high[i]) // 2
        return (
            ((*low[:i], middle + 1, *low[i + 1 :]), high),
            (low, (*high[:i], middle, *high[i + 1 :])),
        )

    def _company(self, places: Ints, group: Ints, willing: Mask) -> Ints:
        """Return who is in a group of enough records, somebody willing among them."""
        enough = np.bincount(group, weights=self._records[places]) >= self.least
        if not willing.all():
            enough &= np.bincount(group, weights=willing) > 0
        return np.flatnonzero(enough.take(group))


def _slots(keys: Ints) -> Ints:
    """Return a small number of each key, equal where the keys are."""
    shift = np.uint64(64 - min(max(len(keys).bit_length() + 1, 10), 16))
    return ((keys.view(np.uint64) * _SPREAD) >> shift).view(np.int64)


def _sum(tables: Sequence[Sequence[npt.NDArray[np.int64]]], node: Node, codes: Codes) -> Ints:
    """Return, by tuple, the sum of what each column's table tells of its value at the node's level."""
    total = np.zeros(codes.shape[1], dtype=np.int64)
    for levels, level, values in zip(tables, node, codes, strict=True):
        total += levels[level].take(values)
    return total
