"""What the release may not hold, gathered in pass 1: names and codes of people, values of joined tables."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pyarrow as pa

from tokumei.transforms.counting.person_values import VALUES_PURPOSE, PeopleValues, values_of
from tokumei.transforms.detect.code_set import CodeSet
from tokumei.transforms.detect.name_forms import full_names, joined_names
from tokumei.transforms.detect.name_set import NameSet
from tokumei.transforms.detect.shadow import spelled
from tokumei.transforms.engine.chunks import Chunk, LeftOut
from tokumei.transforms.engine.run_key import RunKey
from tokumei.transforms.planning.persons import persons_of
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.values.cells import as_text, without_dictionary


def gather_names(plan: TablePlan, batch: pa.RecordBatch, key: RunKey) -> NameSet | None:
    """Return the names and codes of people in a chunk; None where there are none, or none is sought."""
    if not (plan.named or plan.coded) or not batch.num_rows:
        return None
    found = []
    for parts in plan.named:
        columns = [batch.column(name) for name in parts]
        found += joined_names(*columns) if len(columns) == 2 else full_names(*columns)
    secret = key.derive("names")
    names = NameSet.of(found or [pl.Series(dtype=pl.String)], secret)
    if not plan.coded:
        return names
    coded = (spelled(as_text(without_dictionary(batch.column(name)))) for name in plan.coded)
    return replace(names, codes=CodeSet.merged([CodeSet.of(codes, secret) for codes in coded]))


def gather_values(plan: TablePlan, chunk: Chunk[LeftOut]) -> PeopleValues | None:
    """Return what tells or links the people of a chunk; None where no other table has the same people."""
    if not plan.held_against or not chunk.batch.num_rows:
        return None
    columns = [chunk.batch.column(name) for name in plan.held_against]
    return values_of(persons_of(plan, chunk)[:, 0], columns, chunk.work.key.derive(VALUES_PURPOSE))
