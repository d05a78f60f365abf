"""The removal of lines above a bound: decided by person, window or receipt, applied alike in each pass."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pyarrow as pa

from tokumei.transforms.counting.lookup import among
from tokumei.transforms.criteria.coded import kept_rows
from tokumei.transforms.criteria.treated import Treated
from tokumei.transforms.decisions.fitted import Fits
from tokumei.transforms.decisions.removal import Removing, Taken
from tokumei.transforms.engine.chunks import Chunk
from tokumei.transforms.planning.persons import persons_of
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.totals.bound import AllReached, Ints, bounds_of
from tokumei.transforms.totals.decide import AllAbove, LeftAbove, keys_of
from tokumei.transforms.totals.lines import frame_of, placed_totals

TOTALS = "#totals"  # no column of a policy can be called so


@dataclass(frozen=True, kw_only=True)
class TotalRemoval:
    """The decision about what people's lines come to in one table; a `Removal`.

    Attributes:
        bounds: by declaration, in units of its measure.
        above: by declaration, what is left out: keyed hashes, and their account.
        people: by declaration, people by bar of what their lines came to before; see `EDGES`.
    """

    cause: ClassVar[str] = "totals of people"

    bounds: tuple[int, ...]
    above: tuple[LeftAbove, ...]
    people: tuple[Ints, ...]

    def apply(
        self, plan: TablePlan, chunk: Chunk[Removing], treated: Mapping[str, Treated]
    ) -> tuple[dict[str, Treated], Taken]:
        """Drop the lines by the keys that were decided; see `Removal.apply`."""
        left, dropped = dict(treated), {4: 0, 5: 0}
        if not plan.table.totals or not any(len(above.keys) for above in self.above):  # a population has none
            return left, Taken((), (0, 0))
        lines = frame_of(plan, chunk, persons_of(plan, chunk)[:, 0], keys_alone=True)
        reaching = kept_rows(lines.height, treated)
        gone = np.zeros(lines.height, bool)
        for placed, above in zip(placed_totals(plan), self.above, strict=True):
            hit = among(above.keys, keys_of(placed, lines)) & reaching & ~gone
            dropped[placed.total.criterion] += int(hit.sum())
            gone |= hit
        column = pa.nulls(lines.height)
        left[TOTALS] = Treated(indices=None, values=column, changed=(), blanked=(), drop=gone)
        return left, Taken((), (dropped[4], dropped[5]))

    def expected(self, plan: TablePlan) -> Taken:
        """Return what the whole file must lose, by the account of the declarations."""
        dropped = {4: 0, 5: 0}
        for total, above in zip(plan.table.totals, self.above, strict=True):
            dropped[total.criterion] += above.lines
        return Taken((), (dropped[4], dropped[5]))


def bounds_by_table(tables: Mapping[str, TablePlan], reached: AllReached) -> dict[str, tuple[int, ...]]:
    """Return the bounds of every table that has lines; raises RequirementError as `bounds_of` does."""
    return {name: bounds_of(tables[name], of_table) for name, of_table in reached.items()}


def total_removals(tables: Mapping[str, TablePlan], fits: Fits, reached: AllReached, above: AllAbove) -> Fits:
    """Return the fits with the removals of tables that bound totals."""
    bounded = dict(fits)
    for name, bounds in bounds_by_table(tables, reached).items():
        removal = TotalRemoval(bounds=bounds, above=above[name], people=reached[name].people)
        bounded[name] = replace(fits[name], removals=(*fits[name].removals, removal))
    return bounded
