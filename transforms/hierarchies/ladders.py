"""Hierarchies applied to the values that really occur: one label per value and level (一般化階層).

A `Ladder` is the table that the search and the recoding work on: ``codes[level][i]`` is the code of value
``i`` at that level, ``labels[level][code]`` its text. Level 0 is the value itself, the last level ``*``.
Null is a value of its own and stays null below ``*``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from tokumei.schemas.hierarchies import (
    AddressHierarchy,
    DateHierarchy,
    Hierarchy,
    IntervalHierarchy,
    MaskHierarchy,
    PrefixHierarchy,
    SuppressHierarchy,
)
from tokumei.schemas.hierarchy_base import AnyHierarchy
from tokumei.transforms.hierarchies.codes import mask_steps, prefix_steps
from tokumei.transforms.hierarchies.intervals import interval_steps
from tokumei.transforms.hierarchies.periods import period_steps
from tokumei.transforms.hierarchies.places import place_steps
from tokumei.transforms.hierarchies.rows import HierarchyRows
from tokumei.transforms.hierarchies.steps import ANY, ANYWHERE, Between, Coarser, NotInHierarchyError

# What builds each kind but files and tables: (the hierarchy as declared, the values, where numbers lie) → a
# step a level between the value itself and ``*``.
BUILDERS: dict[type[AnyHierarchy], Callable[[Any, Sequence[str | None], Between], list[Coarser]]] = {
    IntervalHierarchy: interval_steps,
    DateHierarchy: period_steps,
    PrefixHierarchy: prefix_steps,
    MaskHierarchy: mask_steps,
    AddressHierarchy: place_steps,
    SuppressHierarchy: lambda *_: [],
}


@dataclass(frozen=True, kw_only=True)
class Ladder:
    """The levels of one column over its domain.

    Attributes:
        values: the domain as text; None is null.
        codes: one int32 array a level, aligned with ``values``.
        labels: the distinct texts of each level, by code.
        leaves: for each level, how many values of the hierarchy's own domain each label covers: of the
            file or table where there is one, of the data for built-in ones.
        domain_size: number of values of that domain.
        titles: what each level means, in Japanese.
    """

    values: tuple[str | None, ...]
    codes: tuple[npt.NDArray[np.int32], ...]
    labels: tuple[tuple[str | None, ...], ...]
    leaves: tuple[npt.NDArray[np.int64], ...]
    domain_size: int
    titles: tuple[str, ...]

    @property
    def levels(self) -> int:
        """Number of levels, the original and ``*`` included."""
        return len(self.codes)

    def null_code(self, level: int) -> int:
        """Return the code of null at a level, or -1."""
        return self.labels[level].index(None) if None in self.labels[level] else -1

    @classmethod
    def flat(cls, values: tuple[str | None, ...]) -> Ladder:
        """Return the ladder of a column that cannot be generalized: one level."""
        return cls(
            values=values,
            codes=(np.arange(len(values), dtype=np.int32),),
            labels=(values,),
            leaves=(np.ones(len(values), dtype=np.int64),),
            domain_size=len(values),
            titles=("一般化なし",),
        )

    def with_value(self, value: str) -> Ladder:
        """Return the ladder with one value more, the last, which is itself at every level."""
        return replace(
            self,
            values=(*self.values, value),
            codes=tuple(
                np.append(codes, np.int32(len(labels)))
                for codes, labels in zip(self.codes, self.labels, strict=True)
            ),
            labels=tuple((*labels, value) for labels in self.labels),
            leaves=tuple(np.append(leaves, 1) for leaves in self.leaves),
        )

    def upward(self, low: int, high: int) -> npt.NDArray[np.int32]:
        """Return, for each code of level ``low``, its code at the coarser level ``high``."""
        return self._upward[low, high]

    def lift(self, counts: npt.NDArray[np.int64], low: int, high: int) -> npt.NDArray[np.int64]:
        """Return counts by code of level ``low`` as counts by code of the coarser level ``high``."""
        lifted = np.bincount(self.upward(low, high), weights=counts, minlength=len(self.labels[high]))
        return lifted.astype(np.int64)

    def leaves_above(self, low: int) -> npt.NDArray[np.int64]:
        """Return the leaves that codes of level ``low`` cover at every level, shape (levels, codes).

        Levels finer than ``low``, which such a code does not tell, are given its own leaves.
        """
        return self._leaves_above[low]

    @cached_property
    def _leaves_above(self) -> list[npt.NDArray[np.int64]]:
        return [
            np.array(
                [self.leaves[max(low, i)][self.upward(low, max(low, i))] for i in range(self.levels)],
                dtype=np.int64,
            )
            for low in range(self.levels)
        ]

    @cached_property
    def _upward(self) -> dict[tuple[int, int], npt.NDArray[np.int32]]:
        maps = {}
        for low in range(self.levels):
            for high in range(low, self.levels):
                coarser = np.zeros(len(self.labels[low]), dtype=np.int32)
                coarser[self.codes[low]] = self.codes[high]
                maps[low, high] = coarser
        return maps


def build_ladder(
    values: Sequence[str | None],
    spec: Hierarchy,
    rows: HierarchyRows | None,
    between: Between = ANYWHERE,
    content: str = "string",
) -> Ladder:
    """Build the ladder of a hierarchy over the values that occur.

    Args:
        values: distinct values of the column after its other treatments, as text; may include None.
        spec: the hierarchy as declared.
        rows: content of the file or table, for a hierarchy that has one.
        between: where all numbers lie; an interval that reaches beyond is labelled with its end cut to it.
        content: what the values are: a column type, or finer.

    Raises:
        NotInHierarchyError: the file or table does not list some of the values.
    """
    covered: Sequence[Counter[str | None]]
    if rows is not None:
        columns = [list(labels) for labels in zip(*_file_labels(values, rows, content), strict=True)]
        columns = columns or [[] for _ in range(rows.depth)]
        titles = [rows.title(level) for level in range(1, rows.depth)]
        covered, size = [Counter(), *rows.covered], len(rows)
    else:
        steps = BUILDERS[type(spec)](spec, values, between)
        columns = [[None if v is None else step(v) for v in values] for _, step in steps]
        columns.append([ANY] * len(values))
        titles = [title for title, _ in steps]
        covered, size = [Counter(), *map(Counter, columns)], len(values)
    return _pack(values, columns, covered, size, ("一般化なし", *titles, "全て「*」"))


def _file_labels(
    values: Sequence[str | None], rows: HierarchyRows, content: str
) -> list[tuple[str | None, ...]]:
    """Return the labels of each value, level by level from 1.

    Raises:
        NotInHierarchyError: the file or table does not list some of the values.
    """
    found = rows.levels_of(values, content)
    unlisted = [value for value, levels in zip(values, found, strict=True) if levels is None]
    if unlisted:
        raise NotInHierarchyError(filter(None, unlisted), len(unlisted))
    return [levels for levels in found if levels is not None]


def _pack(
    values: Sequence[str | None],
    columns: Sequence[Sequence[str | None]],
    covered: Sequence[Mapping[str | None, int]],
    size: int,
    titles: tuple[str, ...],
) -> Ladder:
    codes, labels, leaves = [], [], []
    for texts, lines in zip([values, *columns], covered, strict=True):
        names: dict[str | None, int] = {}
        codes.append(np.array([names.setdefault(t, len(names)) for t in texts], dtype=np.int32))
        labels.append(tuple(names))
        leaves.append(np.array([max(lines.get(name, 0), 1) for name in names], dtype=np.int64))
    return Ladder(
        values=tuple(values),
        codes=tuple(codes),
        labels=tuple(labels),
        leaves=tuple(leaves),
        domain_size=max(size, 1),
        titles=titles,
    )
