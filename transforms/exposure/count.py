"""Counting a written part: people by value and by set of values, whatever the policy calls its columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa

from tokumei.transforms.engine.run_key import RunKey
from tokumei.transforms.exposure.hashed import HashedColumn, Hashes, hashed, summed
from tokumei.transforms.exposure.scope import Columns, ExposureScope, exposure_scope
from tokumei.transforms.exposure.tuples import (
    TupleCounts,
    drawn_people,
    drawn_tuples,
    drawn_values,
    merge_drawn,
)
from tokumei.transforms.planning.plan import EVERYBODY, TablePlan


@dataclass(frozen=True, kw_only=True)
class Exposed:
    """What was counted of parts of one table; adds up over them.

    Attributes:
        sets: people by tuple of each set of columns.
        alike: by sensitive column that no model protects, records by class and value.
        scope: how much of each is held; ``k``: how many people of a tuple are told apart.
    """

    scope: ExposureScope
    k: int
    sets: Mapping[Columns, TupleCounts] = field(default_factory=dict)
    alike: Mapping[str, TupleCounts] = field(default_factory=dict)


def exposure_keys(columns: Sequence[str], key: RunKey) -> dict[str, bytes]:
    """Return the key under which the values of each column are hashed: the same in every part of the run."""
    return {name: key.derive(f"exposure\0{name}") for name in columns}


def count_exposed(
    plan: TablePlan, keys: Mapping[str, bytes], batch: pa.RecordBatch, persons: Hashes | None
) -> Exposed:
    """Count one part.

    Args:
        plan: the table.
        keys: by column, as `exposure_keys` gives them.
        batch: released columns.
        persons: one keyed hash of each row's person; None where rows are people.
    """
    scope = exposure_scope(plan)
    columns = {name: hashed(batch.column(name), keys[name]) for name in scope.watched}
    columns |= {name: hashed(batch.column(name), keys[name], drawn=True) for name in scope.codes}
    alike = {}
    if scope.sensitive:
        classes = _classes([columns[name] for name in plan.quasi_identifiers], batch.num_rows)
        for name in scope.sensitive:
            alike[name] = drawn_values(classes, columns[name].rows(), most=scope.entries)
    wanted = [*scope.sets, *((name,) for name in scope.codes)]
    if persons is None:
        found = drawn_tuples(columns, wanted, batch.num_rows, scope.most)
    else:
        order = np.argsort(persons, kind="stable")  # once for all sets
        persons, columns = persons[order], {name: column.taken(order) for name, column in columns.items()}
        found = {
            names: drawn_people(
                [columns[name] for name in names], persons, most=scope.most(names), cap=plan.k
            )
            for names in wanted
        }
    sets = {names: found[names] for names in wanted}  # in the order of the scope
    return Exposed(scope=scope, k=plan.k, sets=sets, alike=alike)


def _classes(columns: Sequence[HashedColumn], rows: int) -> Hashes:
    """Return the hash of each row's class; without quasi-identifiers all are one."""
    return summed(columns) if columns else np.zeros(rows, np.uint64)


def merge_exposed(parts: Sequence[Exposed]) -> Exposed:
    """Add up the counts of any parts of a table, in any order."""
    first = parts[0]
    return replace(
        first,
        sets={
            names: merge_drawn(
                [part.sets[names] for part in parts], most=first.scope.most(names), cap=first.k
            )
            for names in first.sets
        },
        alike={
            name: merge_drawn([part.alike[name] for part in parts], most=first.scope.entries, cap=EVERYBODY)
            for name in first.alike
        },
    )
