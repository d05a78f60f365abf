"""五号（四号）: ミクロアグリゲーション of 別表2: groups of people with close values share one value.

Univariate microaggregation is solved exactly: of all ways to cut the ascending values into groups of at
least ``people`` people, the one with the least squared error within groups, by dynamic programming over
the cuts. Source: S. L. Hansen, S. Mukherjee, A polynomial algorithm for optimal univariate microaggregation,
IEEE TKDE 15(4), 2003; here over distinct values, so that equal values are never parted, and over people.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from tokumei.schemas import perturbations as t
from tokumei.schemas.errors import InputError
from tokumei.transforms.counting.domain import MAX_DISTINCT
from tokumei.transforms.counting.extremes import VALUE
from tokumei.transforms.counting.people import PERSON, RECORDS, PeoplePerKey, count_people, merge_people
from tokumei.transforms.criteria.base import Applied, Criterion, Persons, Records
from tokumei.transforms.engine.run_key import RunKey
from tokumei.transforms.values.cells import like, measures, present, rounded

MAX_CHOICES = 5_000_000_000  # cuts weighed against one another: about a minute
_AT_ONCE = 1 << 20
_MOST_DECIMALS = 15

Numbers = npt.NDArray[Any]
Indices = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Groups:
    """What every group begins with, ascending, and the value it becomes; none: too few people, all blank."""

    starts: tuple[float | int, ...]
    representatives: tuple[float | int, ...]


class Microaggregate(Criterion[PeoplePerKey, Groups], treats=t.Microaggregate):
    """Neighbouring values, ``people`` people or more, become their mean or median."""

    spec: t.Microaggregate

    def profile(self, values: pa.Array, persons: Persons, records: Records) -> PeoplePerKey:
        """Count records and people per value."""
        held = present(values)
        frame = pl.DataFrame({VALUE: measures(values)[held]})
        if records is not None:
            frame = frame.with_columns(pl.Series(RECORDS, records[held]))
        return self._bounded(
            count_people(
                frame,
                persons=None if persons is None else persons[held],
                cap=self.people,
                weights=None if records is None else RECORDS,
            )
        )

    def merge(self, parts: Sequence[PeoplePerKey]) -> PeoplePerKey:
        """Merge counts."""
        return self._bounded(merge_people(parts))

    def fit(self, measured: PeoplePerKey) -> Groups:
        """Return the optimal groups.

        Raises:
            InputError: there are so many ways to group that the best cannot be found in reasonable time.
        """
        counts = measured.counts.sort(VALUE)
        values, records = counts[VALUE].to_numpy(), counts[RECORDS].to_numpy()
        if measured.pairs is None:
            reach = reach_of_counts(records, self.people)
        else:
            pairs = measured.pairs.sort(VALUE)
            places = np.searchsorted(values, pairs[VALUE].to_numpy())
            reach = reach_of_pairs(places.tolist(), pairs[PERSON].to_list(), len(values), self.people)
        if not len(reach) or reach[-1] < 0:
            return Groups((), ())
        lowest = _lowest(reach)
        if int((reach - lowest + 1)[reach >= 0].sum()) > MAX_CHOICES:
            raise self._too_many(f"groups of {self.people:,} people can be formed in too many ways")
        starts = optimal_starts(values, records, reach)
        middles = _representatives(values, records, starts, self.spec.representative)
        return Groups(tuple(values[starts].tolist()), tuple(middles.tolist()))

    def apply(self, decision: Groups, values: pa.Array, key: RunKey) -> Applied:
        """Replace every value by the one of its group; the type stays."""
        if not decision.starts:
            return Applied(pa.nulls(len(values), values.type), present(values))
        numbers = measures(values)
        starts = np.array(decision.starts, dtype=numbers.dtype)
        group = np.maximum(np.searchsorted(starts, numbers, side="right") - 1, 0)
        replaced = np.array(decision.representatives, dtype=numbers.dtype)[group]
        return Applied(like(replaced, values), present(values) & (replaced != numbers))

    def labels(self, decision: Groups) -> None:
        """Return None: the value of every group."""

    def explain(self, decision: Groups) -> str:
        """Return how many groups there are, of how many people, and what stands for each; but no value."""
        if not decision.starts:
            return f"値を持つ人が{self.people}人に満たないため、全て空欄にした。"
        word = "平均値" if self.spec.representative == "mean" else "中央値"
        return (
            f"値の近いものを{self.people}人以上ずつの{len(decision.starts)}組にまとめ、"
            f"組の{word}に置き換えた（ミクロアグリゲーション）。"
        )

    def _bounded(self, counted: PeoplePerKey) -> PeoplePerKey:
        if counted.counts.height > MAX_DISTINCT:
            raise self._too_many(f"a column may have at most {MAX_DISTINCT:,} distinct values here")
        return counted

    def _too_many(self, what: str) -> InputError:
        return InputError(
            "input.too_many_values",
            where=self.where,
            what=f"{self.method}: {what}",
            fix="round the values first, use fewer people, or use bands or noise",
        )


def reach_of_counts(people: Indices, wanted: int) -> Indices:
    """Return for each value the nearest one before it, or itself, from which ``wanted`` people are reached.

    Args:
        people: by ascending value, where nobody has two values.
        wanted: how many people a group must hold.

    Returns:
        reach[j] = the largest i with people[i] + … + people[j] ≥ wanted, or -1.
    """
    before = np.concatenate([[0], np.cumsum(people)])
    return np.searchsorted(before, before[1:] - wanted, side="right").astype(np.int64) - 1


def reach_of_pairs(places: Iterable[int], persons: Iterable[int], values: int, wanted: int) -> Indices:
    """Return the same where a person may have several values, each person counting once in a group.

    Args:
        places: places of values, ascending.
        persons: somebody who has the value, for each place.
        values: how many values there are.
        wanted: how many people a group must hold.
    """
    recent: OrderedDict[int, int] = OrderedDict()  # the last people seen, and where; the earliest first
    reach = np.full(values, -1, dtype=np.int64)
    for place, person in zip(places, persons, strict=True):
        recent[person] = place
        recent.move_to_end(person)
        if len(recent) > wanted:
            recent.popitem(last=False)
        if len(recent) == wanted:
            reach[place] = next(iter(recent.values()))
    return reach


def _lowest(reach: Indices) -> Indices:
    """Return the first start worth trying: a group that begins before it could be cut into two."""
    cut = reach - 1  # the end of what lies before the shortest group
    return np.where(cut >= 0, reach[np.maximum(cut, 0)] + 1, 0)


def optimal_starts(values: Numbers, weights: Indices, reach: Indices) -> Indices:
    """Cut ascending values into groups that reach enough people, with the least squared error within them.

    Args:
        values: distinct, ascending; int64 or float64.
        weights: records of each value.
        reach: see `reach_of_counts`; the last one is not -1.

    Returns:
        The place of each group's first value. Of equally good cuts the same one is always chosen.
    """
    size = len(values)
    lowest = _lowest(reach)
    cost = np.full(size + 1, np.inf)  # of the best cut of the first j values
    cost[0] = 0.0
    start_of = np.zeros(size + 1, dtype=np.int64)
    done = int(np.argmax(reach >= 0))
    while done < size:
        # All groups that end before the shortest of them could begin after `done` depend on known costs only.
        low = int(lowest[done])
        end = int(np.searchsorted(reach, done, side="right"))
        end = min(end, done + max(1, _AT_ONCE // (int(reach[end - 1]) - low + 1)))
        starts, ends = np.arange(low, reach[end - 1] + 1), np.arange(done, end)
        total = _errors(values[low:end], weights[low:end], starts - low, ends - low) + cost[starts]
        total[starts > reach[ends][:, None]] = np.inf
        best = total.argmin(axis=1)
        cost[ends + 1] = total[np.arange(len(ends)), best]
        start_of[ends + 1] = starts[best]
        done = end
    cuts = [size]
    while cuts[-1]:
        cuts.append(int(start_of[cuts[-1]]))
    return np.array(cuts[:0:-1], dtype=np.int64)


def _errors(values: Numbers, weights: Indices, starts: Indices, ends: Indices) -> npt.NDArray[np.float64]:
    """Return the squared error of every group by (end, start).

    Sums begin anew in every such stretch: over a whole long file their differences would lose their digits.
    """
    offsets = _offsets(values, values[:1])
    offsets -= offsets[len(offsets) // 2]
    sums = np.zeros((3, len(values) + 1))
    np.cumsum(np.stack([weights, weights * offsets, weights * offsets**2]), axis=1, out=sums[:, 1:])
    n, total, squares = sums[:, ends + 1][:, :, None] - sums[:, starts][:, None, :]
    errors: npt.NDArray[np.float64] = np.maximum(squares - total**2 / np.maximum(n, 1), 0.0)
    return errors


def _offsets(values: Numbers, base: Numbers) -> npt.NDArray[np.float64]:
    """Return how far values lie above a base; exact for whole numbers of any size."""
    if values.dtype == np.int64:
        return (values.view(np.uint64) - base.view(np.uint64)).astype(np.float64)
    offsets: npt.NDArray[np.float64] = values - base
    return offsets


def _representatives(values: Numbers, weights: Indices, starts: Indices, kind: str) -> Numbers:
    """Return the mean or median record of each group, rounded to the decimals that the values have."""
    n = np.add.reduceat(weights, starts)
    first = values[starts]
    if kind == "mean":
        group = np.repeat(np.arange(len(starts)), np.diff([*starts, len(values)]))
        middle = np.add.reduceat(_offsets(values, first[group]) * weights, starts) / n
    else:
        through = np.cumsum(weights)
        double = 2 * (through[starts] - weights[starts]) + n  # twice the records up to the middle
        lower = values[np.searchsorted(2 * through, double, side="left")]
        upper = values[np.searchsorted(2 * through, double, side="right")]
        middle = (_offsets(lower, first) + _offsets(upper, first)) / 2
    if values.dtype == np.int64:
        return (first.view(np.uint64) + np.floor(middle + 0.5).astype(np.uint64)).view(np.int64)
    return rounded(first + middle, _decimals(values))


def _decimals(values: Numbers) -> int:
    """Return how many decimals the most precise value has."""
    return next((d for d in range(_MOST_DECIMALS) if (rounded(values, d) == values).all()), _MOST_DECIMALS)
