"""The names of people in the files, gathered in pass 1: no sentence of the release may hold one."""

from __future__ import annotations

import pyarrow as pa

from tokumei.transforms.detect.name_forms import full_names, joined_names
from tokumei.transforms.detect.name_set import NameSet
from tokumei.transforms.engine.run_key import RunKey
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
