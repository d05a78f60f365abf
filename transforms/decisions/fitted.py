"""What was decided of a table after pass 1, from what the whole file was measured to hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from tokumei.transforms.counting.person_values import PeopleValues
from tokumei.transforms.criteria.chain import Fitted
from tokumei.transforms.decisions.removal import Removal
from tokumei.transforms.detect.name_set import NameSet

R = TypeVar("R")


@dataclass(frozen=True, kw_only=True)
class FittedTable:
    """The decisions about one table; small, and without any record.

    Attributes:
        columns: decisions by column, for every column with treatments.
        rejected: record numbers to leave out, by split id.
        seen: by split id, what pass 1 has read of it; of the table and of its population.
        records: readable records.
        people: distinct people among them; None where the table has no person column.
        rejects: unreadable records by (column, reason).
        notes: cells that hold no value in another way than the policy says, by (column, note).
        unattributed: records without a person code; not among ``records`` where the table leaves them out.
        proven: "one row a person" was proven by ascending person codes, not by counting.
        counted: pass 1 has counted the tuples of the table, and of its population if there is one.
        blank: records without any value, which were skipped.
        least: records of the smallest chunk that pass 1 has read, of those that have any.
        names: of the people of all tables, for which its release is searched; None where none are sought.
        theirs: what tables joined with it delete of its people; None where none is joined.
        removals: what the steps between the passes take from it, in their order; each adds at most one.
    """

    columns: Mapping[str, Fitted]
    rejected: Mapping[str, tuple[int, ...]]
    seen: Mapping[str, bytes]
    records: int
    people: int | None
    rejects: Mapping[tuple[str, str], int]
    unattributed: int
    proven: bool
    counted: bool
    notes: Mapping[tuple[str, str], int] = field(default_factory=dict)
    blank: int = 0
    least: int = 0
    names: NameSet | None = None
    theirs: PeopleValues | None = None
    removals: tuple[Removal, ...] = ()

    def removal(self, kind: type[R]) -> R | None:
        """Return the table's removal of one kind, for those who tell of it or check it."""
        return next((removal for removal in self.removals if isinstance(removal, kind)), None)


Fits = dict[str, FittedTable]
