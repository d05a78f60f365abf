"""The removal of lines whose measures point at too few people: whole windows of a person, decided once."""

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
from tokumei.transforms.decisions.removal import Removing, Taken
from tokumei.transforms.engine.chunks import Chunk
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.planning.units import units_of
from tokumei.transforms.values.periods import period_codes

WINDOWS = "#windows"  # no column of a policy can be called so


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
        left, n = dict(treated), chunk.batch.num_rows
        if plan.window is None or len(self.keys) == 0:
            return left, Taken((), (0, 0))
        time, per = plan.window
        keys = joint_keys(units_of(plan, chunk).hashes, period_codes(chunk.batch.column(time), per))
        gone = among(self.keys, keys) & kept_rows(n, treated)
        left[WINDOWS] = Treated(indices=None, values=pa.nulls(n), changed=(), blanked=(), drop=gone)
        return left, Taken((), (0, int(gone.sum())))

    def expected(self, plan: TablePlan) -> Taken:
        """Return what the whole file must lose."""
        return Taken((), (0, self.lost.lines))


def windows_lost(decision: Decision) -> WindowsLost | None:
    """Return what is left out of a table for its measures; None where it was not asked."""
    return next((r.lost for r in decision.removals if isinstance(r, WindowRemoval)), None)
