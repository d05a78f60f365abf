"""t-closeness: how far a class's sensitive values may be from the whole file's (Li et al. 2007).

The earth mover's distance between the shares of a class and those of the whole file, by three ground
distances. All are computed from the values present in a class: time and memory do not grow with the domain.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from tokumei.schemas import privacy_models as spec
from tokumei.transforms.counting.contingency import Contingency
from tokumei.transforms.counting.histogram import Ints, Mask
from tokumei.transforms.recode.figures import plain_digits
from tokumei.transforms.recode.models.base import TOLERANCE, Floats, Monotone, WholeFile
from tokumei.transforms.recode.models.sensitive import AgainstFile, shares_of


@dataclass(frozen=True)
class _Closeness(AgainstFile):
    """At most distance t from the whole file's distribution ``overall`` (shares by value code).

    ``distance`` is the ground distance's name in a policy.
    """

    column: str
    t: float
    overall: tuple[float, ...]
    monotone = Monotone.CLASSES
    higher_is_safer = False
    distance: ClassVar[str]

    @classmethod
    def of(cls, declared: spec.TCloseness, whole: WholeFile) -> Self:
        """Return the model that a policy declares."""
        return cls(whole.column, declared.t, whole.shares)

    def _beyond(self, measured: Floats) -> Mask:
        return measured > self.t + TOLERANCE

    @property
    def wording(self) -> str:
        """As in ``t_closeness (ordered) t=0.2 of illness``."""
        return f"t_closeness ({self.distance}) t={plain_digits(self.t)} of {self.column}"

    def meaning(self, column: str) -> str:
        """Return what it asks, in Japanese."""
        most = plain_digits(self.t)
        return f"どのグループでも、{column}の値の分布とファイル全体の分布との距離が{most}以下である。"


@dataclass(frozen=True)
class EqualCloseness(_Closeness, serves=spec.TCloseness, variants=["equal"]):
    """All values are equally far apart: half the sum of absolute differences."""

    distance = "equal"
    title = "t-近接性（等距離）"

    def _measure(self, table: Contingency, classes: int) -> Floats:
        p, q = shares_of(table, classes), np.array(self.overall)[table.values]
        distance: Floats = (1 + np.bincount(table.tuples, np.abs(p - q) - q, minlength=classes)) / 2
        return distance


@dataclass(frozen=True)
class OrderedCloseness(_Closeness, serves=spec.TCloseness, variants=["ordered"]):
    """Values in the order of their codes, each step 1/(m-1): the cumulative differences, averaged.

    ``order``: value code → place in the order.
    """

    order: tuple[int, ...] = ()
    distance = "ordered"
    title = "t-近接性（順序距離）"

    @classmethod
    def of(cls, declared: spec.TCloseness, whole: WholeFile) -> Self:
        """Return the model, with numbers ordered by size and texts by code point."""
        return cls(whole.column, declared.t, whole.shares, _ranks(whole.domain))

    def _measure(self, table: Contingency, classes: int) -> Floats:
        order = np.array(self.order, dtype=np.int64)
        by_rank = np.empty(len(order))
        by_rank[order] = self.overall
        left = by_rank > 0  # a value that criteria 1 to 4 removed whole is no step between others
        m = int(left.sum())
        if m < 2:
            return np.zeros(classes)
        place, ordered = (np.cumsum(left) - 1)[order], by_rank[left]
        q = np.cumsum(ordered)  # Q of the first i + 1 values
        sums = np.concatenate([[0.0], np.cumsum(q)])  # of Q before place i
        places = place[table.values]
        by_place = np.lexsort((places, table.tuples))
        tuples, places = table.tuples[by_place], places[by_place]
        share = shares_of(table, classes)[by_place]
        first = np.flatnonzero(np.diff(tuples, prepend=-1))
        level = np.cumsum(share)  # P from this value on, up to the next one present
        level -= np.repeat((level - share)[first], np.diff(first, append=len(tuples)))
        end = np.where(np.append(np.diff(tuples) == 0, False), np.append(places[1:], 0), m - 1)
        # Between two values present P is flat and Q rises, so |P - Q| changes its sign at one place.
        cross = np.clip(np.searchsorted(q, level), places, end)
        below = level * (cross - places) - (sums[cross] - sums[places])
        above = (sums[end] - sums[cross]) - level * (end - cross)
        distance = np.bincount(tuples, below + above, minlength=classes)
        distance[tuples[first]] += sums[places[first]]  # before the first value present P is zero
        return distance / (m - 1)


@dataclass(frozen=True)
class HierarchicalCloseness(_Closeness, serves=spec.TCloseness, variants=["hierarchical"]):
    """Values in a hierarchy: moving within a group costs its height ÷ the hierarchy's height.

    ``groups``: per level from 0 (the value itself) to the top, value code → group.
    """

    groups: tuple[tuple[int, ...], ...] = ()
    distance = "hierarchical"
    title = "t-近接性（階層距離）"

    @classmethod
    def of(cls, declared: spec.TCloseness, whole: WholeFile) -> Self:
        """Return the model, with values grouped by the hierarchy that the policy states."""
        if whole.hierarchy is None:
            raise TypeError("distance: hierarchical has a hierarchy")
        levels = whole.hierarchy.ladder(whole.domain).codes
        return cls(whole.column, declared.t, whole.shares, tuple(tuple(codes.tolist()) for codes in levels))

    def _measure(self, table: Contingency, classes: int) -> Floats:
        distance = np.zeros(classes)
        height = len(self.groups) - 1
        q = np.array(self.overall)
        tuples, here = table.tuples, np.array(self.groups[0])[table.values]
        extra = shares_of(table, classes) - q[table.values]
        for level in range(1, height + 1):
            below, above = np.array(self.groups[level - 1]), np.array(self.groups[level])
            parent = np.zeros(int(below.max()) + 1, dtype=np.int64)
            parent[below] = above
            size = int(above.max()) + 1
            keys, place = np.unique(tuples * size + parent[here], return_inverse=True)
            surplus = np.bincount(place, np.maximum(extra, 0), minlength=len(keys))
            share = np.bincount(place, extra + _group_shares(q, below)[here], minlength=len(keys))
            tuples, here = np.divmod(keys, size)
            extra = share - _group_shares(q, above)[here]
            # What children have too much is moved inside the group, as far as others have too little.
            moved = np.minimum(surplus, surplus - extra)
            distance += np.bincount(tuples, moved * (level / height), minlength=classes)
        return distance


def _group_shares(q: Floats, groups: Ints) -> Floats:
    return np.bincount(groups, q).astype(float)


def _ranks(domain: Sequence[str | None]) -> tuple[int, ...]:
    """Return each value's rank: numbers by size, then texts by code point, null last."""

    def key(place: int) -> tuple[int, float, str]:
        text = domain[place]
        if text is None:
            return 2, 0.0, ""
        try:
            return 0, float(text), text
        except ValueError:
            return 1, 0.0, text

    rank = [0] * len(domain)
    for i, place in enumerate(sorted(range(len(domain)), key=key)):
        rank[place] = i
    return tuple(rank)
