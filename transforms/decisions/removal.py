"""The decision about rare combinations, and what applying it took away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tokumei.schemas.combinations import Combination


@dataclass(frozen=True, kw_only=True)
class Removed:
    """What one declared combination removed.

    Attributes:
        combinations: minimal rare combinations by their number of values, from 1.
        records: records dropped.
        cells: cells blanked, per column of the declaration, in records that are not dropped.
        contributions: per column of the declaration, its share of the SUDA scores before removal.
        highest_dis: the highest DIS-SUDA risk of a record before removal; None without a population size.
    """

    combinations: tuple[int, ...]
    records: int
    cells: tuple[int, ...]
    contributions: tuple[float, ...]
    highest_dis: float | None


@dataclass(frozen=True, kw_only=True)
class Removal:
    """The decision for one table, by tuple of combined values.

    Attributes:
        sizes: number of values of each combined column, the radices of ``tuples``.
        tuples: packed tuples that change, ascending. They hold no value, only codes of the run.
        blank: shape (n,), bit c set: the cell in combined column c is blanked.
        drop: shape (n,), the criterion that drops the records (4 or 5), or 0.
        removed: the account, by declaration.
    """

    sizes: tuple[int, ...]
    tuples: npt.NDArray[np.int64]
    blank: npt.NDArray[np.int64]
    drop: npt.NDArray[np.int8]
    removed: tuple[Removed, ...]


@dataclass(frozen=True)
class Taken:
    """What applying a removal took from some records; adds up over chunks.

    Attributes:
        cells: cells blanked, per combined column. dropped: records dropped, under criterion 4 and 5.
    """

    cells: tuple[int, ...]
    dropped: tuple[int, int]


def add_taken(parts: Sequence[Taken]) -> Taken:
    """Add up what was taken from different records of one table."""
    cells = tuple(sum(column) for column in zip(*(p.cells for p in parts), strict=True))
    return Taken(cells, (sum(p.dropped[0] for p in parts), sum(p.dropped[1] for p in parts)))


def expected(removal: Removal, declared: Sequence[Combination], columns: Sequence[str]) -> Taken:
    """Return what the whole file must lose by a removal.

    Args:
        removal: the decision.
        declared: the declarations it was made for.
        columns: the combined columns.
    """
    cells = dict.fromkeys(columns, 0)
    dropped = {4: 0, 5: 0}
    for combination, removed in zip(declared, removal.removed, strict=True):
        dropped[combination.criterion] += removed.records
        for name, n in zip(combination.columns, removed.cells, strict=True):
            cells[name] += n
    return Taken(tuple(cells.values()), (dropped[4], dropped[5]))
