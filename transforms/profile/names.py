"""What the release may not hold, gathered in pass 1: names and codes of people, values of joined tables."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pyarrow as pa

from tokumei.transforms.counting.person_values import VALUES_PURPOSE, PeopleValues, values_of
from tokumei.transforms.detect.code_set import CodeSet
from tokumei.transforms.detect.name_forms import full_names, joined_names
from tokumei.transforms.detect.name_set import NameSet
from tokumei.transforms.detect.other_forms import birth_days
from tokumei.transforms.detect.shadow import spelled
from tokumei.transforms.detect.told_set import ToldSet
from tokumei.transforms.engine.chunks import Chunk, LeftOut
from tokumei.transforms.engine.run_key import RunKey
from tokumei.transforms.planning.name_columns import birth_columns
from tokumei.transforms.planning.persons import persons_of
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.values.cells import as_text, without_dictionary


def gather_names(plan: TablePlan, batch: pa.RecordBatch, key: RunKey) -> NameSet | None:
    """Return the names of people in a chunk, with what else tells who they are; None where none is sought."""
    if not (plan.named or plan.coded or plan.told) or not batch.num_rows:
        return None
    found = []
    for parts in plan.named:
        columns = [batch.column(name) for name in parts]
        found += joined_names(*columns) if len(columns) == 2 else full_names(*columns)
    secret = key.derive("names")
    names = NameSet.of(found or [pl.Series(dtype=pl.String)], secret)
    codes = [CodeSet.of(_texts(batch, name), secret) for name in plan.coded]
    return replace(
        names,
        codes=CodeSet.merged(codes),
        told=_gather_told(plan, batch, secret),
    )


def _gather_told(plan: TablePlan, batch: pa.RecordBatch, secret: bytes) -> ToldSet | None:
    if not plan.told:
        return None
    columns = plan.table.columns
    born = birth_columns(plan.table)
    told = [name for name in plan.told if name in born]
    days = [birth_days(without_dictionary(batch.column(name)), columns[name].dates) for name in told]
    homes = [_texts(batch, name) for name in plan.told if name not in born]
    addresses = pl.concat([pl.Series(dtype=pl.String), *homes])
    return ToldSet.of(addresses, [day for day in days if day is not None], secret)


def _texts(batch: pa.RecordBatch, name: str) -> pl.Series:
    return spelled(as_text(without_dictionary(batch.column(name))))


def gather_values(plan: TablePlan, chunk: Chunk[LeftOut]) -> PeopleValues | None:
    """Return what tells or links the people of a chunk; None where no other table has the same people."""
    if not plan.held_against or not chunk.batch.num_rows:
        return None
    columns = [chunk.batch.column(name) for name in plan.held_against]
    return values_of(persons_of(plan, chunk)[:, 0], columns, chunk.work.key.derive(VALUES_PURPOSE))
