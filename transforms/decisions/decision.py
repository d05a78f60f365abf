"""What pass 3 does to a table: the outcome of pass 1, of the steps after it, and of the search."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tokumei.transforms.counting.person_values import PeopleValues
from tokumei.transforms.criteria.chain import Fitted
from tokumei.transforms.criteria.promise import Promise
from tokumei.transforms.decisions.fitted import FittedTable
from tokumei.transforms.decisions.history import HistoryTreatment
from tokumei.transforms.decisions.recoder import Recoder
from tokumei.transforms.decisions.removal import Removal
from tokumei.transforms.decisions.settlement import Settlement
from tokumei.transforms.detect.name_set import NameSet


@dataclass(frozen=True, kw_only=True)
class Decision:
    """All that pass 3 needs to know about one table; small, and without any record.

    Attributes:
        columns: decisions by column, for every column with treatments.
        rejected: record numbers to leave out, by split id.
        seen: by split id, what pass 1 has read of it.
        removals: what is taken after the columns' own treatments, in their order.
        recoder: levels and suppression; None where the table has no quasi-identifier.
        history: what becomes of the columns that facts are told by.
        promises: by column, how many people must bear a label in the release.
        settlement: what is blanked for that, and for combinations, in the records that are released.
        names: of the people of all tables, for which the release is searched; None where none are sought.
        theirs: what tables joined with it delete of its people; None where none is joined.
        parts: over how many parts the released rows are dealt; 0: each chunk is a part, in its stretch.
    """

    columns: Mapping[str, Fitted]
    rejected: Mapping[str, tuple[int, ...]]
    seen: Mapping[str, bytes]
    removals: tuple[Removal, ...]
    recoder: Recoder | None
    history: HistoryTreatment | None = None
    promises: Mapping[str, Promise] = field(default_factory=dict)
    settlement: Settlement | None = None
    names: NameSet | None = None
    theirs: PeopleValues | None = None
    parts: int = 0


def decision_of(fitted: FittedTable, recoder: Recoder | None) -> Decision:
    """Return the decision about a table: its fits as far as records need them, and how it is recoded."""
    return Decision(
        columns=fitted.columns,
        rejected=fitted.rejected,
        seen=fitted.seen,
        removals=fitted.removals,
        recoder=recoder,
        names=fitted.names,
        theirs=fitted.theirs,
    )
