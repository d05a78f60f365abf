"""The removal of rare combinations: decided by tuple of combined values, applied alike in each pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from tokumei.transforms.counting.histogram import pack
from tokumei.transforms.counting.lookup import NOT_FOUND, places_in
from tokumei.transforms.criteria.chain import Fitted
from tokumei.transforms.criteria.coded import domain_codes, kept_rows
from tokumei.transforms.criteria.treated import Treated
from tokumei.transforms.decisions.removal import Removing, Taken
from tokumei.transforms.engine.chunks import Chunk
from tokumei.transforms.planning.plan import TablePlan


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
class CombinationRemoval:
    """The decision about the rare combinations of one table; a `Removal`.

    Attributes:
        sizes: number of values of each combined column, the radices of ``tuples``.
        tuples: packed tuples that change, ascending. They hold no value, only codes of the run.
        blank: shape (n,), bit c set: the cell in combined column c is blanked.
        drop: shape (n,), the criterion that drops the records (4 or 5), or 0.
        removed: the account, by declaration.
    """

    cause: ClassVar[str] = "rare combinations"

    sizes: tuple[int, ...]
    tuples: npt.NDArray[np.int64]
    blank: npt.NDArray[np.int64]
    drop: npt.NDArray[np.int8]
    removed: tuple[Removed, ...]

    def apply(
        self, plan: TablePlan, chunk: Chunk[Removing], treated: Mapping[str, Treated]
    ) -> tuple[dict[str, Treated], Taken]:
        """Blank cells and drop records by their tuple of combined values; see `Removal.apply`."""
        left = dict(treated)
        if not plan.combined or len(self.tuples) == 0:  # a population has none
            return left, Taken((0,) * len(plan.combined), (0, 0))
        packed = packed_tuples(plan, chunk.work.decision.columns, treated, self.sizes)
        at = places_in(self.tuples, packed)
        hit = (at != NOT_FOUND) & kept_rows(chunk.batch.num_rows, treated)
        drop, blank = np.where(hit, self.drop[at], 0), np.where(hit, self.blank[at], 0)
        cells = []
        for i, name in enumerate(plan.combined):
            mask = (blank >> i & 1).astype(bool)
            cells.append(int(mask.sum()))
            if cells[-1]:
                left[name] = left[name].without(mask)
        first = left[plan.combined[0]]
        gone = drop > 0
        left[plan.combined[0]] = replace(first, drop=gone if first.drop is None else first.drop | gone)
        return left, Taken(tuple(cells), (int((drop == 4).sum()), int((drop == 5).sum())))

    def expected(self, plan: TablePlan) -> Taken:
        """Return what the whole file must lose, by the account of the declarations."""
        cells = dict.fromkeys(plan.combined, 0)
        dropped = {4: 0, 5: 0}
        for combination, removed in zip(plan.table.combinations, self.removed, strict=True):
            dropped[combination.criterion] += removed.records
            for name, n in zip(combination.columns, removed.cells, strict=True):
                cells[name] += n
        return Taken(tuple(cells.values()), (dropped[4], dropped[5]))


def domains_of(plan: TablePlan, columns: Mapping[str, Fitted]) -> tuple[tuple[str | None, ...], ...]:
    """Return the domain of every combined column, in the order of the policy."""
    return tuple(columns[name].domain or () for name in plan.combined)


def packed_tuples(
    plan: TablePlan, columns: Mapping[str, Fitted], treated: Mapping[str, Treated], sizes: Sequence[int]
) -> npt.NDArray[np.int64]:
    """Return each row's tuple of combined values as one integer.

    Args:
        plan: the table.
        columns: its fits.
        treated: its columns; the combined ones before anything is blanked.
        sizes: how many values of each domain can occur in them: all but the null of blanked cells.

    Raises:
        InputError: a value is not in its domain, so the input changed between two passes.
    """
    codes = [
        domain_codes(treated[name], domain[:size], f"tables.{plan.name}.columns.{name}")
        for name, domain, size in zip(plan.combined, domains_of(plan, columns), sizes, strict=True)
    ]
    return pack(codes, sizes)
