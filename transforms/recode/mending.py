"""Classes mended after they were closed greedily: dissolved into neighbours, left by some, or founded anew.

Greedy rounds leave the rare to one another, at coarse labels. Three changes mend that, and are one: some
leave their classes, and each goes where this costs least, counted over all records that become coarser for
it; a class takes the finest labels that cover the newcomer too. Those who stay behind take the finest labels
that they all share, or leave as well if they are too few.

- All of a class leave it: labels of a few neighbours widen a little for somebody rare, who would else be
  merged with other rare ones at ``*``.
- One leaves it without whom the others are enough.
- Some leave their classes who share labels that would cost each of them less: they found a class.

What costs no less than before, or breaks a model, is undone. Clusters are mended in such ways by Byun et al.
(2007) and by Gionis, Mazza & Tassa (ICDE 2008); here labels are those of the hierarchies. The changes are
tried in turn, those of the costliest classes first, until little is saved.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tokumei.transforms.counting.histogram import Ints
from tokumei.transforms.decisions.recoder import SUPPRESSED
from tokumei.transforms.recode.assignment import Assignment
from tokumei.transforms.recode.boxes import Boxes
from tokumei.transforms.recode.gather import counted_alone, failing_parts, of_each
from tokumei.transforms.recode.joins import Joins
from tokumei.transforms.recode.lattice import Lattice
from tokumei.transforms.recode.models import Monotone

_PAIRS = 1_000_000_000  # of a tuple and a class, weighed at most
_ROUNDS = 8
_LITTLE = 250  # a round that saves less than one part in so many is the last
_TIGHTENED = 64  # members up to which a class is given finer labels when some leave it
_SPARE = 64  # classes made room for at once
_Before = tuple[Ints, int, int, list[int], bool]


class Mending:
    """The classes of a release, each with the labels that all of its tuples share.

    Labels of a column are numbered level by level. Prices and records are whole numbers, so sums and
    comparisons are exact.

    Args:
        lattice: ladders, histogram and models.
        boxes: of the tuples that are released.
        least: what the cheapest labels of each cost (`cheapest`).
        release: in which every class passes every model.
    """

    def __init__(self, lattice: Lattice, boxes: Boxes, least: Ints, release: Assignment) -> None:
        self._boxes, self._histogram, self._models = boxes, lattice.histogram, of_each(lattice.models)
        self._least = np.zeros(len(lattice.histogram), dtype=np.int64)
        self._least[boxes.places] = least
        # A model that is monotone in records holds in whatever holds a class in which it held.
        self._grows_safely = all(model.monotone is Monotone.RECORDS for model in self._models)
        self._counted = counted_alone(self._models, lattice.histogram)
        self._codes, self._records = lattice.histogram.codes, lattice.histogram.records
        self._joins = [
            Joins(ladder, by_level) for ladder, by_level in zip(lattice.ladders, boxes.prices, strict=True)
        ]
        released = release.released
        levels = release.nodes[release.of_tuple[released]].T
        labels = [
            joins.of_value[level, codes]
            for joins, level, codes in zip(self._joins, levels, self._codes[:, released], strict=True)
        ]
        self._labels, of_released = np.unique(np.array(labels), axis=1, return_inverse=True)
        of_released = of_released.ravel()
        self._of_tuple = np.full(len(released), -1, dtype=np.int64)
        self._of_tuple[released] = of_released
        self._size = np.bincount(of_released, self._records[released]).astype(np.int64)
        self._tighten(np.flatnonzero(released)[np.argsort(of_released, kind="stable")])
        self._price = np.zeros(len(self._size), dtype=np.int64)
        for joins, label in zip(self._joins, self._labels, strict=True):
            self._price += joins.prices[label]
        self._open = np.ones(len(self._size), dtype=bool)
        self._members: list[list[int]] = [[] for _ in self._size]
        for tuple_ in np.flatnonzero(released).tolist():
            self._members[self._of_tuple[tuple_]].append(tuple_)
        self._before = dict[int, _Before]()
        self._pairs = _PAIRS

    def _tighten(self, tuples: Ints) -> None:
        """Give every class the finest labels that all of its tuples share; these come class by class."""
        first = np.flatnonzero(np.diff(self._of_tuple[tuples], prepend=-1))
        for labels, joins, codes in zip(self._labels, self._joins, self._codes[:, tuples], strict=True):
            for at in joins.of_value[::-1, codes]:
                least = np.minimum.reduceat(at, first)
                np.copyto(labels, least, where=least == np.maximum.reduceat(at, first))

    def mended(self, *, founded: bool) -> Assignment:
        """Return the release after all mending that makes it cheaper.

        Args:
            founded: whether classes are founded as well.
        """
        cost = int(self._price @ self._size)
        for _ in range(_ROUNDS):
            for class_ in np.argsort(-self._price, kind="stable").tolist():
                self._change(self._members[class_], together=False)
            for tuple_ in self._not_needed():
                self._change([tuple_], together=False)
            if founded:
                for tuples in self._would_found():
                    self._change(tuples, together=True)
            before, cost = cost, int(self._price @ self._size)
            if before - cost <= before // _LITTLE:
                break
        return self._assignment()

    def _not_needed(self) -> list[int]:
        """Return tuples without which their class could do, those of the costliest classes first."""
        places = self._boxes.places
        class_ = self._of_tuple[places]
        enough = self._size[class_] - self._records[places] >= self._boxes.least
        there = enough & (self._price[class_] > 0)
        found: list[int] = places[there][np.argsort(-self._price[class_[there]], kind="stable")].tolist()
        return found

    def _would_found(self) -> list[list[int]]:
        """Return who share labels that would cost each of them less, those who would save most first."""
        places, records = self._boxes.places, self._boxes.histogram.records
        price = self._price[self._of_tuple[places]]
        saved = dict[tuple[int, ...], int]()
        for visit in self._boxes.walk(price - 1, all_count=False):
            if visit.low == visit.high:
                saves = (price[visit.places] - visit.price) * records[visit.places]
                order = np.argsort(visit.group, kind="stable")
                parts = np.flatnonzero(np.diff(visit.group[order])) + 1
                for part in np.split(order, parts):
                    key = tuple(places[visit.places[part]].tolist())
                    saved[key] = max(saved.get(key, 0), int(saves[part].sum()))
        return [list(key) for key in sorted(saved, key=lambda key: (-saved[key], key))]

    def _change(self, leaving: Sequence[int], *, together: bool) -> None:
        """Let some leave their classes, for one of their own or each for where it costs least; or undo it.

        Args:
            leaving: the tuples.
            together: whether they found a class.
        """
        if not leaving or self._pairs < 0:
            return
        self._before, of_tuple = {}, dict[int, int]()
        gone, going = set(leaving), [] if together else list(leaving)
        cost, stay_open = 0, list[int]()
        for class_ in sorted({self._of_tuple.item(tuple_) for tuple_ in leaving}):
            stay = [member for member in self._members[class_] if member not in gone]
            cost -= self._keep(class_, stay, going)
            if not together and self._open[class_]:
                stay_open.append(class_)
        if together:
            for tuple_ in leaving:
                of_tuple[tuple_] = self._of_tuple.item(tuple_)
            cost += self._found(leaving)
        # What they cost at least may be too much already.
        self._open[stay_open] = False
        if cost + int(self._least[going] @ self._records[going]) < 0:
            for tuple_ in sorted(going, key=lambda tuple_: (-self._records.item(tuple_), tuple_)):
                of_tuple[tuple_] = self._of_tuple.item(tuple_)
                cost += self._enter(tuple_, -cost)
                if cost >= 0:
                    break
        else:
            cost = 0
        self._open[stay_open] = True
        if cost >= 0 or not self._pass():
            self._undo(of_tuple)

    def _remember(self, class_: int) -> None:
        if class_ not in self._before:
            self._before[class_] = (
                self._labels[:, class_].copy(),
                self._price.item(class_),
                self._size.item(class_),
                self._members[class_],
                self._open.item(class_),
            )

    def _undo(self, of_tuple: dict[int, int]) -> None:
        for class_, before in self._before.items():
            self._labels[:, class_], self._price[class_], self._size[class_] = before[:3]
            self._members[class_], self._open[class_] = before[3:]
        for tuple_, class_ in of_tuple.items():
            self._of_tuple[tuple_] = class_

    def _set(self, class_: int, members: list[int], labels: Ints, price: int, size: int) -> int:
        """Change a class, and return what it costs."""
        self._remember(class_)
        self._members[class_], self._open[class_] = members, bool(members)
        self._labels[:, class_], self._price[class_], self._size[class_] = labels, price, size
        return price * size

    def _keep(self, class_: int, stay: list[int], going: list[int]) -> int:
        """Leave a class to those who stay, or close it if they are too few; return what is saved so far."""
        cost = self._price.item(class_) * self._size.item(class_)
        size = sum(self._records[stay].tolist())
        if size < self._boxes.least:
            going += stay
            self._set(class_, [], self._labels[:, class_], 0, 0)
            return cost
        if len(stay) > _TIGHTENED:
            return cost - self._set(class_, stay, self._labels[:, class_], self._price.item(class_), size)
        return cost - self._set(class_, stay, *self._told(self._labels[:, class_], stay), size)

    def _told(self, above: Ints, tuples: Sequence[int]) -> tuple[Ints, int]:
        """Return the finest labels at or below others that cover some tuples, and what these cost."""
        labels = [
            joins.tightest(label, values)
            for joins, label, values in zip(self._joins, above.tolist(), self._codes[:, tuples], strict=True)
        ]
        prices = (joins.prices.item(label) for joins, label in zip(self._joins, labels, strict=True))
        return np.array(labels), sum(prices)

    def _found(self, tuples: Sequence[int]) -> int:
        """Make a class of some tuples; return what it costs."""
        closed = np.flatnonzero(~self._open & (self._size == 0))
        if not len(closed):
            closed = np.arange(len(self._size), len(self._size) + _SPARE)
            self._labels = np.pad(self._labels, ((0, 0), (0, _SPARE)))
            self._price, self._size = (np.pad(a, (0, _SPARE)) for a in (self._price, self._size))
            self._open = np.pad(self._open, (0, _SPARE))
            self._members += [[] for _ in range(_SPARE)]
        class_ = closed.item(0)
        size = sum(self._records[list(tuples)].tolist())
        self._of_tuple[list(tuples)] = class_
        codes = self._codes[:, tuples[0]].tolist()
        anywhere = np.array([j.of_value[-1, code] for j, code in zip(self._joins, codes, strict=True)])
        return self._set(class_, list(tuples), *self._told(anywhere, tuples), size)

    def _enter(self, tuple_: int, most: int) -> int:
        """Enter a tuple into the open class where this costs least, if less than ``most``; return what."""
        self._pairs -= len(self._size)
        price, records = np.zeros(len(self._size), dtype=np.int64), self._records.item(tuple_)
        codes = self._codes[:, tuple_].tolist()
        for joins, code, labels in zip(self._joins, codes, self._labels, strict=True):
            price += joins.covering(code)[1].take(labels)
        added = (price - self._price) * self._size + price * records
        added[~self._open] = np.iinfo(np.int64).max
        class_ = int(added.argmin())
        cost: int = added.item(class_)
        if cost < most:
            labels = np.array(
                [
                    joins.covering(code)[0][label]
                    for joins, code, label in zip(
                        self._joins, codes, self._labels[:, class_].tolist(), strict=True
                    )
                ]
            )
            members, size = [*self._members[class_], tuple_], self._size.item(class_) + records
            self._set(class_, members, labels, price.item(class_), size)
            self._of_tuple[tuple_] = class_
        return cost

    def _pass(self) -> bool:
        """Ask every model about the classes that have changed."""
        if self._counted:
            return True
        numbers = sorted(class_ for class_ in self._before if self._open[class_])
        grown = all(set(self._before[c][3]) <= set(self._members[c]) for c in numbers if self._before[c][3])
        if self._grows_safely and grown and all(self._before[c][3] for c in numbers):
            return True
        chosen = np.zeros(len(self._of_tuple), dtype=bool)
        for class_ in numbers:
            chosen[self._members[class_]] = True
        part = np.searchsorted(numbers, self._of_tuple[chosen])
        failing = failing_parts(self._models, self._histogram.only(chosen), part, len(numbers))
        return not failing.any()

    def _assignment(self) -> Assignment:
        """Return the release as it stands; the node of most tuples comes first."""
        levels = np.array(
            [
                np.searchsorted(joins.starts, labels, side="right") - 1
                for joins, labels in zip(self._joins, self._labels, strict=True)
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
