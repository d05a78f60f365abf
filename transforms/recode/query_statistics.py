"""The statistics that a query asks for, over a histogram and the levels at which its tuples are released."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

from tokumei.schemas.queries import Query
from tokumei.transforms.counting.histogram import Histogram, Ints, Mask
from tokumei.transforms.hierarchies.ladders import Ladder
from tokumei.transforms.recode.assignment import Assignment

_DETERMINED = 1e-9  # of a column's variance left by those before it: less is rounding
Floats = npt.NDArray[np.float64]


class View:
    """What a query sees of a histogram: entries, each a tuple, or a tuple and a value of a protected column.

    Numbers are told as distances from the column's mean in the file, in its standard deviations.
    """

    def __init__(
        self,
        query: Query,
        ladders: Mapping[str, Ladder],
        histogram: Histogram,
        protected: Mapping[str, Sequence[str | None]],
    ) -> None:
        self.query, self._histogram = query, histogram
        self.place = {name: i for i, name in enumerate(ladders) if name in query.columns}
        self.tuples, self.weights = np.arange(len(histogram)), histogram.records
        self.ladders = {name: ladders[name] for name in self.place}
        self.codes: dict[str, npt.NDArray[np.integer]] = {}
        self._persons = None
        for name in query.columns:
            if name not in ladders:
                table = histogram.sensitive[name]
                self.tuples, self.weights, self._persons = table.tuples, table.counts, table.persons
                self.ladders[name], self.codes[name] = Ladder.flat(tuple(protected[name])), table.values
        self.codes |= {name: histogram.codes[i][self.tuples] for name, i in self.place.items()}
        self.numbers = {name: self._standardized(name) for name in query.numbers}

    def people(self, entries: Mask) -> int:
        """Count the people of some entries; of several columns and rows a person, at least so many."""
        if self._persons is not None:
            return len(np.unique(self._persons[entries]))
        if len(self.codes) > len(self.place):
            return int(self.weights[entries].sum())
        return self._histogram.people_in(entries)

    def _standardized(self, name: str) -> tuple[Floats, float, float]:
        """Return the number of each value, standardized, NaN where it is none; mean and deviation."""
        numbers = np.array([_number(text) for text in self.ladders[name].values], dtype=float)
        known = ~np.isnan(numbers)
        held = np.bincount(self.codes[name], weights=self.weights, minlength=len(numbers))[known]
        total = float(held.sum())  # of whole numbers, hence exact
        if not total:
            return numbers, 0.0, 1.0
        mean = math.fsum((held * numbers[known]).tolist()) / total
        centred = numbers - mean
        deviation = math.sqrt(math.fsum((held * centred[known] ** 2).tolist()) / total)
        deviation = deviation or 1.0  # of one number alone: told in its own unit
        return centred / deviation, mean, deviation


def _number(text: str | None) -> float:
    try:
        number = math.nan if text is None else float(text)
    except ValueError:
        return math.nan
    return number if math.isfinite(number) else math.nan


class Statistics:
    """The statistics that one query asks for, over one assignment."""

    def __init__(self, view: View, assignment: Assignment) -> None:
        self._view = view
        at = assignment.of_tuple[view.tuples]
        self._kept = np.flatnonzero((at >= 0) & (view.weights > 0))
        self._weights = view.weights[self._kept]
        nodes = assignment.nodes[at[self._kept]]
        self._levels = {
            name: nodes[:, view.place[name]] if name in view.place else np.zeros(len(nodes), np.int32)
            for name in view.ladders
        }

    @cached_property
    def people(self) -> int:
        """People with a number in each column of numbers, in the file and as far as they are released."""
        known = np.zeros(len(self._view.tuples), dtype=bool)
        known[self._kept] = True
        for name, (numbers, _, _) in self._view.numbers.items():
            known &= ~np.isnan(numbers)[self._view.codes[name]]
        return self._view.people(known)

    @property
    def figures(self) -> tuple[float, ...]:
        """The mean of everybody, or the standardized coefficients."""
        if self._view.query.mean is None:
            return self._coefficients
        _, mean, deviation = self._view.numbers[self._view.query.mean]
        held, total = self._sums
        return (mean + deviation * float(total) / float(held),) if held else ()

    def distance(self, after: Statistics) -> float:
        """Return how far the same statistics over another assignment are away, from 0 to 1."""
        if self._view.query.regression is not None:
            pairs = zip(self._coefficients, after._coefficients, strict=True)
            return math.fsum(abs(a - b) for a, b in pairs) / len(self._coefficients)
        if self._view.query.mean is None:
            everybody, left = int(self._weights.sum()), int(after._weights.sum())
            apart = math.fsum(np.abs(self._counts - after._counts).ravel().tolist())
            return (apart + everybody - left) / (2 * everybody)
        (held, total), (held_after, total_after) = self._sums, after._sums
        groups = held > 0
        gone = held_after[groups] <= 0
        means = total[groups] / held[groups]
        means_after = total_after[groups] / np.where(gone, 1.0, held_after[groups])
        moved = np.where(gone, 1.0, np.minimum(np.abs(means_after - means), 1.0))
        weights = held[groups]
        total_weight = math.fsum(weights.tolist())
        return math.fsum((moved * weights).tolist()) / total_weight if total_weight else 0.0

    @cached_property
    def _counts(self) -> Floats:
        return self._spread(self._weights.astype(float))

    @cached_property
    def _sums(self) -> tuple[Floats, Floats]:
        """Of each group, how many have a number, and the sum of these."""
        share, mean, _ = self._moments(self._view.query.numbers[0])
        held = self._weights * share
        return self._spread(held), self._spread(held * mean)

    @cached_property
    def _coefficients(self) -> tuple[float, ...]:
        explained, *explaining = (self._moments(name) for name in self._view.query.numbers)
        columns = [*explaining, explained]
        weights = self._weights.astype(float)
        for share, _, _ in columns:
            weights = weights * share
        total = math.fsum(weights.tolist())
        if not total:
            return (0.0,) * len(explaining)
        first = [math.fsum((weights * mean).tolist()) / total for _, mean, _ in columns]
        covariances = [
            [
                math.fsum((weights * (a[2] if i == j else a[1] * b[1])).tolist()) / total
                - first[i] * first[j]
                for j, b in enumerate(columns)
            ]
            for i, a in enumerate(columns)
        ]
        return _standardized_coefficients(covariances)

    def _moments(self, name: str) -> tuple[Floats, Floats, Floats]:
        """Return, of each entry's label, the share of numbers under it, their mean and mean square."""
        numbers, ladder = self._view.numbers[name][0], self._view.ladders[name]
        levels, codes = self._levels[name], self._view.codes[name][self._kept]
        known = ~np.isnan(numbers)
        plain = np.where(known, numbers, 0.0)
        found = np.zeros((3, len(levels)))
        for level in np.unique(levels).tolist():
            of_value = ladder.codes[level]
            covered = np.bincount(of_value)
            under = np.bincount(of_value, weights=known)
            there = np.maximum(under, 1.0)
            by_label = np.array(
                [
                    under / np.maximum(covered, 1),
                    np.bincount(of_value, weights=plain) / there,
                    np.bincount(of_value, weights=plain * plain) / there,
                ]
            )
            inside = levels == level
            found[:, inside] = by_label[:, of_value[codes[inside]]]
        return found[0], found[1], found[2]

    def _spread(self, weights: Floats) -> Floats:
        """Return entries' weights by group, those of a label spread evenly over the values that it covers."""
        groups = self._view.query.groups
        ladders = [self._view.ladders[name] for name in groups]
        codes = [self._view.codes[name][self._kept] for name in groups]
        node: Ints = np.zeros(len(weights), dtype=np.int64)
        for name, ladder in zip(groups, ladders, strict=True):
            node = node * ladder.levels + self._levels[name]
        total = np.zeros([len(ladder.values) for ladder in ladders])
        for key in np.unique(node).tolist():
            inside = np.flatnonzero(node == key)
            levels = np.unravel_index(key, [ladder.levels for ladder in ladders]) if groups else ()
            of_value = [ladder.codes[level] for ladder, level in zip(ladders, levels, strict=True)]
            covered = [np.bincount(labels) for labels in of_value]
            place: Ints = np.zeros(len(inside), dtype=np.int64)
            for labels, values, sizes in zip(of_value, codes, covered, strict=True):
                place = place * len(sizes) + labels[values[inside]]
            shape = [len(sizes) for sizes in covered]
            table: Floats = np.zeros(shape)
            table += np.bincount(place, weights[inside], minlength=math.prod(shape)).reshape(shape)
            for axis, (labels, sizes) in enumerate(zip(of_value, covered, strict=True)):
                each = sizes.reshape([-1 if i == axis else 1 for i in range(len(shape))])
                table = (table / each).take(labels, axis)
            total += table
        return total


def _standardized_coefficients(covariances: list[list[float]]) -> tuple[float, ...]:
    """Return the coefficients of the last column on all others, by Gauss and Jordan's elimination."""
    spread = [math.sqrt(max(row[i], 0.0)) for i, row in enumerate(covariances)]
    left = [
        [
            value / (a * b) if a > _DETERMINED and b > _DETERMINED else 0.0
            for value, b in zip(row, spread, strict=True)
        ]
        for row, a in zip(covariances, spread, strict=True)
    ]
    last, found = len(left) - 1, set[int]()
    for i in range(last):
        if left[i][i] < _DETERMINED:
            continue
        found.add(i)
        left[i] = [value / left[i][i] for value in left[i]]
        for j in range(last):
            if j != i:
                left[j] = [v - left[j][i] * own for v, own in zip(left[j], left[i], strict=True)]
    return tuple(left[i][last] if i in found else 0.0 for i in range(last))
