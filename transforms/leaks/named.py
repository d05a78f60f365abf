"""Columns whose names say something personal: values released as they were, and answers that are untrue.

Counted are the people who have a value, in the whole file; who stands in several chunks counts in each.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl
import pyarrow as pa

from tokumei.schemas.column_names import Role
from tokumei.schemas.named_columns import answered, left_whole
from tokumei.transforms.detect.as_named import looks_as_named
from tokumei.transforms.leaks.found import Found, LeakSearch
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.values.cells import as_text, without_dictionary

_ENOUGH = 2_000  # values of a batch that tell whether a reason is true
_SOURCE, _LEFT, _WHO = "source", "left", "who"


def named_values(
    table: TablePlan,
    batch: pa.RecordBatch,
    sources: pa.RecordBatch,
    order: pa.Array,
    people: pl.Series | None,
) -> Iterator[tuple[LeakSearch, Found]]:
    """Measure one released batch.

    Args:
        table: the plan.
        batch: released columns.
        sources: their source values among others, of all records of the chunk.
        order: the row of each released record in ``sources``.
        people: whose record each is; None where a record is a person.
    """
    who = pl.Series(range(batch.num_rows), dtype=pl.UInt32) if people is None else people
    for name, role in left_whole(table.table.columns, table.k).items():
        source = sources.column(name).take(order)
        yield LeakSearch("kept", name, role), _kept(role, source, batch.column(name), who)
    for name, (role, kind) in answered(table.table.columns).items():
        has = pl.DataFrame({_SOURCE: _texts(sources.column(name).take(order)), _WHO: who})
        cells = has[_SOURCE].drop_nulls().unique().sort()
        cells = cells.gather_every(1 + len(cells) // _ENOUGH)
        looks = looks_as_named(role, kind, cells) if len(cells) else cells.is_null()
        people_of = [
            has.filter(pl.col(_SOURCE).is_in(some.implode()))[_WHO].n_unique()
            for some in (cells, cells.filter(looks))
        ]
        yield LeakSearch("named", name, role), Found(people_of[0], people_of[1], 0)


def _kept(role: Role, source: pa.Array, released: pa.Array, who: pl.Series) -> Found:
    """Count who has a value that is released as it was; of names and numbers, with more than half of it."""
    frame = pl.DataFrame({_SOURCE: _texts(source), _LEFT: _texts(released), _WHO: who})
    frame = frame.filter(pl.col(_SOURCE).str.len_chars() > 0)
    left = pl.col(_LEFT).str.strip_chars_end("*")
    most = 2 * left.str.len_chars() > pl.col(_SOURCE).str.len_chars()
    cut = pl.col(_SOURCE).str.starts_with(left) & most
    whole = pl.col(_LEFT) == pl.col(_SOURCE) if role == Role.BIRTH else cut
    return Found(frame[_WHO].n_unique(), frame.filter(whole)[_WHO].n_unique(), 0)


def _texts(values: pa.Array) -> pl.Series:
    return pl.Series(as_text(without_dictionary(values)), dtype=pl.String).str.strip_chars()
