"""Costly classes dissolved into their neighbours, after rounds that were greedy.

Greedy rounds leave the rare to one another, at coarse labels: a tenth of the records make half of the loss. A
class that is dissolved hands each of its tuples to the class where this costs least, counted over all records
that become coarser for it: the class takes the finest labels that cover the newcomer too. Where all of them
together cost less than the class did, it stays dissolved. So one rare tuple is told to few neighbours, whose
labels widen a little, instead of being merged with other rare ones at ``*``. Left-over tuples are handed out
in the same way. (Reassignment of clusters, as in Byun et al. 2007 and Gionis & Tassa 2009, over hierarchies.)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tokumei.transforms.counting.histogram import Ints, Mask
from tokumei.transforms.recode.cheapest import Levels
from tokumei.transforms.recode.lattice import Lattice, failing_classes
from tokumei.transforms.recode.models import Monotone, PrivacyModel

PAIRS = 400_000_000  # of a tuple and a class, weighed at most
_TRIED = 8  # classes asked whether they may take a tuple in, where a model may be broken by that


class _Joined(NamedTuple):
    """What was so before a tuple joined a class."""

    tuple_: int
    class_: int
    labels: Ints
    price: int
    records: int


class Dissolving:
    """Classes, each with the labels that all of its tuples share.

    Labels of a column are numbered level by level. Prices and records are whole numbers, so sums and
    comparisons are exact.

    Args:
        lattice: ladders and histogram.
        models: that each class is asked by itself.
        prices: of labels, by column and level.
        levels: shape (u, columns), of each tuple.
        released: which tuples are in a class.
    """

    def __init__(
        self,
        lattice: Lattice,
        models: Sequence[PrivacyModel],
        prices: Sequence[Sequence[Ints]],
        *,
        levels: Levels,
        released: Mask,
    ) -> None:
        self._histogram, self._models = lattice.histogram, models
        # A model that is monotone in records holds in whatever holds a class in which it held.
        self._grows_safely = all(model.monotone is Monotone.RECORDS for model in models)
        self._codes, self._records = lattice.histogram.codes, lattice.histogram.records
        self._starts = [
            np.cumsum([0, *(len(labels) for labels in ladder.labels)]) for ladder in lattice.ladders
        ]
        joins = [
            _joins([np.asarray(codes) for codes in ladder.codes], starts)
            for ladder, starts in zip(lattice.ladders, self._starts, strict=True)
        ]
        flat = [np.concatenate(by_level) for by_level in prices]
        self._joined_label = joins  # by value and label: the finest label that covers both
        self._joined_price = [price[join] for price, join in zip(flat, joins, strict=True)]
        labels = np.array(
            [
                starts[level] + np.array(ladder.codes)[level, codes]
                for ladder, starts, level, codes in zip(
                    lattice.ladders, self._starts, levels[released].T, self._codes[:, released], strict=True
                )
            ]
        )
        self._labels, of_tuple = np.unique(labels, axis=1, return_inverse=True)
        self._of_tuple = np.full(len(released), -1, dtype=np.int64)
        self._of_tuple[released] = of_tuple.ravel()
        classes = self._labels.shape[1]
        self._size = np.bincount(of_tuple.ravel(), self._records[released], classes).astype(np.int64)
        self._price = sum(
            (price[label] for price, label in zip(flat, self._labels, strict=True)),
            start=np.zeros(classes, np.int64),
        )
        self._open = np.ones(classes, dtype=bool)
        self._members: list[list[int]] = [[] for _ in range(classes)]
        for tuple_ in np.flatnonzero(released).tolist():
            self._members[self._of_tuple[tuple_]].append(tuple_)
        self._pairs = 0

    def take_in(self, left: Mask) -> None:
        """Hand left-over tuples out, as far as models allow."""
        for tuple_ in np.flatnonzero(left).tolist():
            self._hand_out([tuple_], None)

    def dissolve(self) -> None:
        """Dissolve classes, the costliest first, while that makes the release cheaper."""
        fewer = True
        while fewer:
            fewer = False
            for class_ in np.lexsort((np.arange(len(self._price)), -self._price)).tolist():
                if self._pairs > PAIRS:
                    return
                if self._open[class_]:
                    fewer |= self._dissolve(class_)

    def levels(self) -> tuple[Levels, Mask]:
        """Return the levels of each tuple, shape (u, columns), and which are in a class."""
        levels = np.array(
            [
                np.searchsorted(starts, labels, side="right") - 1
                for starts, labels in zip(self._starts, self._labels, strict=True)
            ],
            dtype=np.int32,
        )
        return levels[:, self._of_tuple].T, self._of_tuple >= 0

    def _dissolve(self, class_: int) -> bool:
        members = sorted(self._members[class_], key=lambda t: (-int(self._records[t]), t))
        self._open[class_] = False
        if self._hand_out(members, int(self._price[class_] * self._size[class_])):
            self._members[class_], self._size[class_] = [], 0
            return True
        self._open[class_] = True
        self._of_tuple[members] = class_
        return False

    def _hand_out(self, tuples: Sequence[int], below: int | None) -> bool:
        """Give each tuple to the class that this costs least; undone unless all cost less than ``below``."""
        cost, done = 0, list[_Joined]()
        for tuple_ in tuples:
            joined = self._join(tuple_)
            if joined is None:
                break
            done.append(joined)
            new = joined.class_
            cost += int(self._price[new] * self._size[new]) - joined.price * joined.records
            if below is not None and cost >= below:
                break
        else:
            if self._grows_safely or below is None or self._pass({joined.class_ for joined in done}):
                return True
        for joined in reversed(done):
            self._leave(joined)
        return False

    def _join(self, tuple_: int) -> _Joined | None:
        price = self._joined_price[0][self._codes[0, tuple_]].take(self._labels[0])
        for prices, code, labels in zip(
            self._joined_price[1:], self._codes[1:, tuple_], self._labels[1:], strict=True
        ):
            price += prices[code].take(labels)
        self._pairs += len(price)
        added = (price - self._price) * self._size + price * int(self._records[tuple_])
        added[~self._open] = np.iinfo(np.int64).max
        if self._grows_safely:
            class_ = int(np.argmin(added))
            return self._enter(tuple_, class_, int(price[class_])) if self._open[class_] else None
        for class_ in np.argsort(added, kind="stable")[:_TRIED].tolist():
            if not self._open[class_]:
                break
            joined = self._enter(tuple_, class_, int(price[class_]))
            if self._pass({class_}):
                return joined
            self._leave(joined)
        return None

    def _enter(self, tuple_: int, class_: int, price: int) -> _Joined:
        before = _Joined(
            tuple_,
            class_,
            self._labels[:, class_].copy(),
            int(self._price[class_]),
            int(self._size[class_]),
        )
        for labels, joins, code in zip(self._labels, self._joined_label, self._codes[:, tuple_], strict=True):
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
        chosen = np.zeros(len(self._of_tuple), dtype=bool)
        numbers = sorted(classes)
        for class_ in numbers:
            chosen[self._members[class_]] = True
        part = np.searchsorted(numbers, self._of_tuple[chosen])
        parts = self._histogram.only(chosen).regroup(np.arange(len(numbers)), (len(numbers),), (-1,), part)
        return not failing_classes(self._models, parts)[0].any()


def _joins(codes: Sequence[npt.NDArray[np.int32]], starts: Ints) -> Ints:
    """Return, by value and label of one column, the finest label at or above it that covers both."""
    table = np.array(codes)
    joins = np.empty((table.shape[1], int(starts[-1])), dtype=np.int64)
    for level, at in enumerate(table):
        labels, values = np.unique(at, return_index=True)
        for label, value in zip(labels.tolist(), values.tolist(), strict=True):
            same = table[level:] == table[level:, [value]]
            first = level + np.argmax(same, axis=0)
            joins[:, starts[level] + label] = starts[first] + table[first, value]
    return joins
