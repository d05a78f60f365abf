"""What is taken from a table between pass 1 and pass 3, and how it is applied: the contract of every removal.

A removal is decided once, for the whole file, by a step that stands between the passes (`between_passes` of
the stages). It is small and holds no record. Pass 2 and pass 3 apply the removals of a table to each chunk in
the same order, after the columns' own treatments, so that both see the same records.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

from tokumei.transforms.criteria.chain import Fitted
from tokumei.transforms.criteria.treated import Treated
from tokumei.transforms.engine.chunks import Chunk, Decided
from tokumei.transforms.planning.plan import TablePlan


@dataclass(frozen=True)
class Taken:
    """What applying a removal took from some records; adds up over chunks.

    Attributes:
        cells: cells blanked, per column that the removal looks at.
        dropped: records dropped, under criterion 4 and under criterion 5.
    """

    cells: tuple[int, ...]
    dropped: tuple[int, int]


class Removal(Protocol):
    """Cells to blank and records to drop in one table; picklable."""

    cause: ClassVar[str]  # what the removal is for, in messages

    def apply(
        self, plan: TablePlan, chunk: Chunk[Removing], treated: Mapping[str, Treated]
    ) -> tuple[dict[str, Treated], Taken]:
        """Apply the removal to one chunk.

        Args:
            plan: of the table, or of its population, from which nothing is taken.
            chunk: as it was read.
            treated: its treated columns, as the removals before this one left them.

        Returns:
            The columns with blanked cells (null), one of them dropping records; and what was taken from the
            records that were left.

        Raises:
            InputError: a value was not there when the removal was decided: the input changed.
        """

    def expected(self, plan: TablePlan) -> Taken:
        """Return what the whole file must lose by the removal."""


class Removing(Decided, Protocol):
    """What was decided of a table, as far as removals go."""

    @property
    def columns(self) -> Mapping[str, Fitted]:
        """The fits of its columns."""

    @property
    def removals(self) -> tuple[Removal, ...]:
        """Its removals, in the order in which they are applied."""


def remove_all(
    plan: TablePlan, chunk: Chunk[Removing], treated: Mapping[str, Treated]
) -> tuple[dict[str, Treated], tuple[Taken, ...]]:
    """Apply all removals of a table to one chunk; see `Removal.apply`. What was taken is told by removal."""
    left, taken = dict(treated), list[Taken]()
    for removal in chunk.work.decision.removals:
        left, took = removal.apply(plan, chunk, left)
        taken.append(took)
    return left, tuple(taken)


def suppressed_by(taken: Sequence[Taken]) -> int:
    """Return the records that removals dropped under criterion 5."""
    return sum(took.dropped[1] for took in taken)


def add_taken(parts: Sequence[tuple[Taken, ...]]) -> tuple[Taken, ...]:
    """Add up, by removal, what was taken from different records of one table."""
    return tuple(_added(of_removal) for of_removal in zip(*parts, strict=True))


def _added(parts: Sequence[Taken]) -> Taken:
    cells = tuple(sum(column) for column in zip(*(p.cells for p in parts), strict=True))
    return Taken(cells, (sum(p.dropped[0] for p in parts), sum(p.dropped[1] for p in parts)))
