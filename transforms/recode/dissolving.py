"""Costly classes dissolved into their neighbours, after others were closed greedily.

Greedy rounds leave the rare to one another, at coarse labels: a tenth of the records make half of the loss. A
class that is dissolved hands each of its tuples to the class where this costs least, counted over all records
that become coarser for it: the class takes the finest labels that cover the newcomer too. Where all of them
together cost less than the class did, it stays dissolved. So labels of a few neighbours widen a little for
somebody rare, who would else be merged with other rare ones at ``*``. Before, every class is given the finest
labels that all of its tuples share. Clusters are mended in this way by Byun et al. (2007) and by Gionis,
Mazza & Tassa (ICDE 2008); here labels are those of the hierarchies.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tokumei.transforms.counting.histogram import Ints
from tokumei.transforms.decisions.recoder import SUPPRESSED
from tokumei.transforms.hierarchies.ladders import Ladder
from tokumei.transforms.recode.assignment import Assignment
from tokumei.transforms.recode.gather import failing_parts, of_each
from tokumei.transforms.recode.lattice import Lattice
from tokumei.transforms.recode.models import Monotone

_PAIRS = 400_000_000  # of a tuple and a class, weighed at most


class _Joined(NamedTuple):
    """What was so before a tuple joined a class."""

    tuple_: int
    class_: int
    labels: Ints
    price: int
    records: int


class Dissolving:
    """The classes of a release, each with the labels that all of its tuples share.

    Labels of a column are numbered level by level. Prices and records are whole numbers, so sums and
    comparisons are exact.

    Args:
        lattice: ladders, histogram and models.
        prices: of labels, by column and level.
        release: in which every class passes every model.
    """

    def __init__(self, lattice: Lattice, prices: Sequence[Sequence[Ints]], release: Assignment) -> None:
        self._histogram, self._models = lattice.histogram, of_each(lattice.models)
        # A model that is monotone in records holds in whatever holds a class in which it held.
        self._grows_safely = all(model.monotone is Monotone.RECORDS for model in self._models)
        self._codes, self._records = lattice.histogram.codes, lattice.histogram.records
        self._starts = [
            np.cumsum([0, *(len(labels) for labels in ladder.labels)]) for ladder in lattice.ladders
        ]
        self._joins = [
            _joins(np.array(ladder.codes), starts)
            for ladder, starts in zip(lattice.ladders, self._starts, strict=True)
        ]
        by_label = [np.concatenate(by_level) for by_level in prices]
        self._prices = [price[join] for price, join in zip(by_label, self._joins, strict=True)]
        released = release.released
        levels = release.nodes[release.of_tuple[released]].T
        labels = [
            starts[level] + np.array(ladder.codes)[level, codes]
            for ladder, starts, level, codes in zip(
                lattice.ladders, self._starts, levels, self._codes[:, released], strict=True
            )
        ]
        self._labels, of_released = np.unique(np.array(labels), axis=1, return_inverse=True)
        of_released = of_released.ravel()
        self._of_tuple = np.full(len(released), -1, dtype=np.int64)
        self._of_tuple[released] = of_released
        self._size = np.bincount(of_released, self._records[released]).astype(np.int64)
        self._tighten(np.flatnonzero(released)[np.argsort(of_released, kind="stable")], lattice.ladders)
        self._price = np.zeros(len(self._size), dtype=np.int64)
        for price, label in zip(by_label, self._labels, strict=True):
            self._price += price[label]
        self._open = np.ones(len(self._size), dtype=bool)
        self._members: list[list[int]] = [[] for _ in self._size]
        for tuple_ in np.flatnonzero(released).tolist():
            self._members[self._of_tuple[tuple_]].append(tuple_)

    def _tighten(self, tuples: Ints, ladders: Sequence[Ladder]) -> None:
        """Give every class the finest labels that all of its tuples share; these come class by class."""
        first = np.flatnonzero(np.diff(self._of_tuple[tuples], prepend=-1))
        for labels, ladder, starts, codes in zip(
            self._labels, ladders, self._starts, self._codes[:, tuples], strict=True
        ):
            for level in reversed(range(ladder.levels)):
                at = starts[level] + np.asarray(ladder.codes[level])[codes]
                least = np.minimum.reduceat(at, first)
                np.copyto(labels, least, where=least == np.maximum.reduceat(at, first))

    def dissolved(self) -> Assignment:
        """Return the release after classes are dissolved where that makes it cheaper, the costliest first."""
        pairs = 0
        for class_ in np.argsort(-self._price, kind="stable").tolist():
            pairs += len(self._members[class_]) * len(self._size)
            if pairs > _PAIRS:
                break
            self._dissolve(class_)
        return self._assignment()

    def _assignment(self) -> Assignment:
        """Return the release as it stands; the node of most tuples comes first."""
        levels = np.array(
            [
                np.searchsorted(starts, labels, side="right") - 1
                for starts, labels in zip(self._starts, self._labels, strict=True)
            ],
            dtype=np.int32,
        )
        released = self._of_tuple >= 0
        nodes, of_released, tuples = np.unique(
            levels[:, self._of_tuple[released]], axis=1, return_inverse=True, return_counts=True
        )
        order = np.argsort(-tuples, kind="stable")
        of_tuple = np.full(len(released), SUPPRESSED, dtype=np.int32)
        of_tuple[released] = np.argsort(order)[of_released.ravel()]
        return Assignment(np.ascontiguousarray(nodes[:, order].T), of_tuple)

    def _dissolve(self, class_: int) -> None:
        """Give each tuple to the class where this costs least; undone unless all cost less than they did."""
        members = sorted(self._members[class_], key=lambda t: (-int(self._records[t]), t))
        saved, done = int(self._price[class_] * self._size[class_]), list[_Joined]()
        self._open[class_] = False
        for tuple_ in members:
            joined = self._join(tuple_)
            if joined is None:
                break
            done.append(joined)
            new = joined.class_
            saved -= int(self._price[new] * self._size[new]) - joined.price * joined.records
            if saved <= 0:
                break
        else:
            if self._grows_safely or self._pass({joined.class_ for joined in done}):
                self._members[class_] = []
                return
        for joined in reversed(done):
            self._leave(joined)
        self._open[class_] = True
        self._of_tuple[members] = class_

    def _join(self, tuple_: int) -> _Joined | None:
        """Enter a tuple into the open class where this costs least; None where none is open."""
        price = np.zeros(len(self._size), dtype=np.int64)
        for prices, code, labels in zip(self._prices, self._codes[:, tuple_], self._labels, strict=True):
            price += prices[code].take(labels)
        added = (price - self._price) * self._size + price * self._records[tuple_]
        added[~self._open] = np.iinfo(np.int64).max
        class_ = int(np.argmin(added))
        return self._enter(tuple_, class_, int(price[class_])) if self._open[class_] else None

    def _enter(self, tuple_: int, class_: int, price: int) -> _Joined:
        before = _Joined(
            tuple_,
            class_,
            self._labels[:, class_].copy(),
            int(self._price[class_]),
            int(self._size[class_]),
        )
        for labels, joins, code in zip(self._labels, self._joins, self._codes[:, tuple_], strict=True):
            labels[class_] = joins[code, labels[class_]]
        self._price[class_] = price
        self._size[class_] += self._records[tuple_]
        self._members[class_].append(tuple_)
        self._of_tuple[tuple_] = class_
        return before

    def _leave(self, joined: _Joined) -> None:
        class_ = joined.class_
        self._labels[:, class_], self._price[class_] = joined.labels, joined.price
        self._size[class_] = joined.records
        self._members[class_].pop()
        self._of_tuple[joined.tuple_] = -1

    def _pass(self, classes: set[int]) -> bool:
        """Ask every model about some classes."""
        chosen, numbers = np.zeros(len(self._of_tuple), dtype=bool), sorted(classes)
        for class_ in numbers:
            chosen[self._members[class_]] = True
        part = np.searchsorted(numbers, self._of_tuple[chosen])
        failing = failing_parts(self._models, self._histogram.only(chosen), part, len(numbers))
        return not failing.any()


def _joins(codes: npt.NDArray[np.int32], starts: Ints) -> Ints:
    """Return, by value and label of one column, the finest label at or above it that covers both.

    Args:
        codes: by level and value.
        starts: of each level, the number of its first label.
    """
    joins = np.empty((codes.shape[1], int(starts[-1])), dtype=np.int64)
    for level, at in enumerate(codes):
        labels, values = np.unique(at, return_index=True)
        for label, value in zip(labels.tolist(), values.tolist(), strict=True):
            first = level + np.argmax(codes[level:] == codes[level:, [value]], axis=0)
            joins[:, starts[level] + label] = starts[first] + codes[first, value]
    return joins
