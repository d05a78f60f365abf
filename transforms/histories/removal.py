"""The removal of lines that point at too few people, decided once: by their facts, or by whole windows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tokumei.transforms.counting.keyed import joint_keys
from tokumei.transforms.counting.lookup import among
from tokumei.transforms.criteria.coded import kept_rows
from tokumei.transforms.criteria.treated import Treated
from tokumei.transforms.decisions.decision import Decision
from tokumei.transforms.decisions.history import column_codes, pack_lines
from tokumei.transforms.decisions.removal import Removing, Taken
from tokumei.transforms.engine.chunks import Chunk
from tokumei.transforms.planning.histories import TableFacts
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.planning.units import units_of
from tokumei.transforms.values.periods import period_codes

_WINDOWS, _LINES = "#windows", "#lines"  # no column of a policy can be called so


@dataclass(frozen=True, kw_only=True)
class WindowsLost:
    """What was left out of one table for its measures, and of how much; people count by pseudonym.

    Attributes:
        windows, lines: left out. people: those of whom nothing is left.
        of_windows, of_lines, of_people: what there was.
    """

    windows: int
    lines: int
    people: int
    of_windows: int
    of_lines: int
    of_people: int


@dataclass(frozen=True, kw_only=True)
class LinesLost:
    """What was deleted of one table for the facts of its lines, and of how much; people count by pseudonym.

    Attributes:
        lines: records deleted. people: those of whom nothing is left; stayed: those of whom one line is,
            blank, because the table is joined with others.
        of_lines, of_people: what there was.
        cells: by group of columns, cells that went with them, once for each different line of a person.
    """

    lines: int
    people: int
    stayed: int
    of_lines: int
    of_people: int
    cells: tuple[int, ...]


@dataclass(frozen=True)
class WindowRemoval:
    """The windows that are left out of one table; a `Removal`, after the search and before facts are blanked.

    Attributes:
        keys: of (unit, window), ascending; see `joint_keys`.
        lost: what that comes to.
    """

    cause: ClassVar[str] = "measures of too few people"

    keys: npt.NDArray[np.uint64]
    lost: WindowsLost

    def apply(
        self, plan: TablePlan, chunk: Chunk[Removing], treated: Mapping[str, Treated]
    ) -> tuple[dict[str, Treated], Taken]:
        """Drop the lines of the windows, under criterion 5; see `Removal.apply`."""
        if plan.window is None or len(self.keys) == 0:
            return dict(treated), Taken((), (0, 0))
        time, per = plan.window
        keys = joint_keys(units_of(plan, chunk).hashes, period_codes(chunk.batch.column(time), per))
        return _without(treated, _WINDOWS, among(self.keys, keys))

    def expected(self, plan: TablePlan) -> Taken:
        """Return what the whole file must lose."""
        return Taken((), (0, self.lost.lines))


@dataclass(frozen=True, kw_only=True)
class LineRemoval:
    """The lines that are deleted from one table; a `Removal`, after the search, with which facts are blanked.

    Attributes:
        keys: of (unit, line), ascending; see `joint_keys`.
        facts: what lines are told apart by: the columns of these, and the period of the unit.
        sizes: how many values each of them has.
        lost: what that comes to.
    """

    cause: ClassVar[str] = "facts of too few people"

    keys: npt.NDArray[np.uint64]
    facts: TableFacts
    sizes: tuple[int, ...]
    lost: LinesLost

    def apply(
        self, plan: TablePlan, chunk: Chunk[Removing], treated: Mapping[str, Treated]
    ) -> tuple[dict[str, Treated], Taken]:
        """Drop the lines, under criterion 5; see `Removal.apply`."""
        if len(self.keys) == 0:
            return dict(treated), Taken((), (0, 0))
        units = units_of(plan, chunk)
        codes = column_codes(self.facts.columns, chunk.work.decision.columns, treated)
        lines = pack_lines(codes, units, self.sizes)
        return _without(treated, _LINES, among(self.keys, joint_keys(units.hashes, lines)))

    def expected(self, plan: TablePlan) -> Taken:
        """Return what the whole file must lose."""
        return Taken((), (0, self.lost.lines))


def _without(
    treated: Mapping[str, Treated], name: str, rows: npt.NDArray[np.bool_]
) -> tuple[dict[str, Treated], Taken]:
    """Return the columns, one of them dropping these rows, and what that takes of those that are left."""
    gone, n = rows & kept_rows(len(rows), treated), len(rows)
    column = Treated(indices=None, values=pa.nulls(n), changed=(), blanked=(), drop=gone)
    return {**treated, name: column}, Taken((), (0, int(gone.sum())))


def windows_lost(decision: Decision) -> WindowsLost | None:
    """Return what is left out of a table for its measures; None where it was not asked."""
    return next((r.lost for r in decision.removals if isinstance(r, WindowRemoval)), None)
