"""What nobody declared: people by the single values of released columns that no fact names alone, as written.

It promises nothing and decides nothing; the report tells whom such a value singles out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from tokumei.schemas.treatments import Pseudonym
from tokumei.transforms.counting.people import PERSON, PeoplePerKey, count_people, merge_people
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.values.cells import as_text

if TYPE_CHECKING:  # what measures facts is large, and counting what nobody declared needs none of it
    from tokumei.transforms.histories.measures import RareFacts

_VALUE = "value"
MOST_VALUES = 10_000  # different values of a column of which the people are counted

ValueCounts = Mapping[str, PeoplePerKey | None]


def _undeclared(table: TablePlan) -> tuple[str, ...]:
    """Return the released columns of a table of facts that are no fact alone, no class and no pseudonym."""
    facts = [fact for history in table.histories for fact in history.facts if fact.table == table.name]
    alone = {fact.columns[0] for fact in facts if len(fact.columns) == 1 and not fact.quasi_identifiers}
    known = {*alone, *table.quasi_identifiers}
    return tuple(
        name
        for name in (table.table.released if facts else ())
        if name not in known and not _is_pseudonym(table, name)
    )


def _is_pseudonym(table: TablePlan, name: str) -> bool:
    treat = table.table.columns[name].treat
    return bool(treat) and isinstance(treat[-1], Pseudonym)


def count_values(
    table: TablePlan, released: pa.RecordBatch, persons: npt.NDArray[np.uint64]
) -> dict[str, PeoplePerKey | None]:
    """Count people by value of each undeclared column, up to as many as facts ask for; blanks are no value.

    Args:
        table: the plan.
        released: its columns, as they are written.
        persons: shape (n,), the keyed hash of each row's person.

    Returns:
        By column; None where it has more than `MOST_VALUES` values.
    """
    cap = max(history.k or table.k for history in table.histories) if table.histories else 0
    found: dict[str, PeoplePerKey | None] = {}
    for name in _undeclared(table):
        values = released.column(name)
        there = values.is_valid().to_numpy(zero_copy_only=False)
        if len(values.slice(0, 2 * MOST_VALUES).unique()) > MOST_VALUES:
            found[name] = None
            continue
        frame = pl.DataFrame({_VALUE: as_text(values.filter(pa.array(there)))})
        found[name] = _bounded(count_people(frame, persons=persons[there], cap=cap))
    return found


def merge_values(parts: Sequence[ValueCounts]) -> ValueCounts:
    """Add up counts, in any order; a column that has too many values stays without."""
    merged: dict[str, PeoplePerKey | None] = {}
    for name in sorted({name for part in parts for name in part}):
        counts = [part[name] for part in parts if name in part]
        some = [count for count in counts if count is not None]
        merged[name] = _bounded(merge_people(some)) if len(some) == len(counts) else None
    return merged


def _bounded(counted: PeoplePerKey) -> PeoplePerKey | None:
    return counted if counted.counts.height <= MOST_VALUES else None


def rare_values(counted: PeoplePerKey, k: int) -> RareFacts:
    """Return what single values of a column tell; k is at most as many as were told apart."""
    from tokumei.transforms.histories.measures import RareFacts

    if counted.pairs is None:
        raise TypeError("people were not told apart")
    by_value = counted.pairs.with_columns(pl.len().over(_VALUE).alias("#shared"))
    shared = by_value.group_by(_VALUE).agg(pl.col("#shared").first())["#shared"]
    return RareFacts(
        number=len(shared),
        of_one=int((shared == 1).sum()),
        of_few=int((shared < k).sum()),
        people_of_one=by_value.filter(pl.col("#shared") == 1)[PERSON].n_unique(),
        people_of_few=by_value.filter(pl.col("#shared") < k)[PERSON].n_unique(),
    )
