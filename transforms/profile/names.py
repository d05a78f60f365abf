"""What the release may not hold, gathered in pass 1: names of people, and values of joined tables."""

from __future__ import annotations

import pyarrow as pa

from tokumei.transforms.counting.person_values import VALUES_PURPOSE, values_of
from tokumei.transforms.detect.hash_set import HashSet
from tokumei.transforms.detect.name_forms import full_names, joined_names
from tokumei.transforms.detect.name_set import NameSet
from tokumei.transforms.engine.chunks import Chunk, LeftOut
from tokumei.transforms.engine.run_key import RunKey
from tokumei.transforms.planning.persons import persons_of
from tokumei.transforms.planning.plan import TablePlan


def gather_names(plan: TablePlan, batch: pa.RecordBatch, key: RunKey) -> NameSet | None:
    """Return the names in a chunk's columns of names; None where the table has none, or none is sought."""
    if not plan.named or not batch.num_rows:
        return None
    found = []
    for parts in plan.named:
        columns = [batch.column(name) for name in parts]
        found += joined_names(*columns) if len(columns) == 2 else full_names(*columns)
    return NameSet.of(found, key.derive("names"))


def gather_values(plan: TablePlan, chunk: Chunk[LeftOut]) -> HashSet | None:
    """Return what tells or links the people of a chunk; None where no other table has the same people."""
    if not plan.held_against or not chunk.batch.num_rows:
        return None
    columns = [chunk.batch.column(name) for name in plan.held_against]
    return values_of(persons_of(plan, chunk)[:, 0], columns, chunk.work.key.derive(VALUES_PURPOSE))
