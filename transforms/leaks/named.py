"""Columns whose names say something personal: values released as they were, and answers that are untrue.

Counted are distinct values of the source, because a person with many records is still one; a batch is a
chunk, so values that stand in several count in each.
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
_SOURCE, _LEFT = "source", "left"


def named_values(
    table: TablePlan, batch: pa.RecordBatch, sources: pa.RecordBatch, order: pa.Array
) -> Iterator[tuple[LeakSearch, Found]]:
    """Measure one released batch.

    Args:
        table: the plan.
        batch: released columns.
        sources: their source values among others, of all records of the chunk.
        order: the row of each released record in ``sources``.
    """
    for name, role in left_whole(table.table.columns, table.k).items():
        source = sources.column(name).take(order)
        yield LeakSearch("kept", name, role), _kept(role, source, batch.column(name))
    for name, (role, kind) in answered(table.table.columns).items():
        cells = _texts(sources.column(name).take(order)).drop_nulls().unique().sort()
        cells = cells.gather_every(1 + len(cells) // _ENOUGH)
        looks = looks_as_named(role, kind, cells) if len(cells) else cells.is_null()
        yield LeakSearch("named", name, role), Found(len(cells), int(looks.sum()), 0)


def _kept(role: Role, source: pa.Array, released: pa.Array) -> Found:
    """Count the values that are released as they were; of names and numbers, with more than half of them."""
    frame = pl.DataFrame({_SOURCE: _texts(source), _LEFT: _texts(released)}).unique()
    frame = frame.filter(pl.col(_SOURCE).str.len_chars() > 0)
    left = pl.col(_LEFT).str.strip_chars_end("*")
    most = 2 * left.str.len_chars() > pl.col(_SOURCE).str.len_chars()
    cut = pl.col(_SOURCE).str.starts_with(left) & most
    whole = pl.col(_LEFT) == pl.col(_SOURCE) if role == Role.BIRTH else cut
    kept = frame.filter(whole)[_SOURCE].n_unique()
    return Found(frame[_SOURCE].n_unique(), kept, 0)


def _texts(values: pa.Array) -> pl.Series:
    return pl.Series(as_text(without_dictionary(values)), dtype=pl.String).str.strip_chars()
