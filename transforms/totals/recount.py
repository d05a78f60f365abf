"""The recount of what written lines of people come to; nothing of what bounded them is reused."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from tokumei.schemas.totals import Total
from tokumei.transforms.counting.headcount import BUCKETS
from tokumei.transforms.counting.keyed import keyed_hashes
from tokumei.transforms.engine.chunks import Chunk
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.totals.bound import Ints, people_by_bar
from tokumei.transforms.totals.lines import scale_of
from tokumei.transforms.values.cells import without_dictionary

_WHO, _WHEN, _WHICH, _MUCH = "who", "when", "which", "much"
_TRUNCATED = {"day": "1d", "week": "1w", "month": "1mo", "quarter": "1q", "year": "1y"}


class WrittenTotals(NamedTuple):
    """What some written lines come to, by person of one bucket: a frame as Arrow IPC.

    Attributes:
        table, total: the table, and the place of the declaration in it.
        data: who, when (the first day of the window), which (receipt or value), and how much.
    """

    table: str
    total: int
    data: bytes


class RecountedTotal(NamedTuple):
    """The highest measure of anybody, in units of the measure; and people by bar."""

    highest: int
    people: Ints


RecountedTotals = dict[str, dict[int, RecountedTotal]]


def deal_totals(
    plan: TablePlan,
    chunk: Chunk[Any],
    order: npt.NDArray[np.intp],
    persons: npt.NDArray[np.uint64] | None,
    released: pa.RecordBatch,
) -> Iterator[tuple[int, WrittenTotals]]:
    """Deal what the written lines of a chunk come to, to buckets by person.

    Args:
        plan: the table.
        chunk: as it was read.
        order: shape (n,), the row of each written record in it.
        persons: 128-bit keyed hash of each record's person, shape (rows of the chunk, 2).
        released: the written records; a measured column that is released as it is counts as it is written.
    """
    if not plan.table.totals or persons is None or len(order) == 0:
        return
    rows = pa.array(order)

    def column(name: str) -> pl.Series:
        exact = plan.table.columns[name].keep and name in released.schema.names
        values = released.column(name) if exact else chunk.batch.column(name).take(rows)
        return _series(values)

    for i, total in enumerate(plan.table.totals):
        frame = pl.DataFrame({_WHO: persons[order, 0]})
        when: pl.Expr | pl.Series = pl.lit(None, pl.Date)
        if total.time and total.per:  # as it was read: a time may be blanked for facts, and its window stays
            when = _windows(_series(chunk.batch.column(total.time).take(rows)), total.per)
        key = chunk.work.key.derive(f"recount of totals\0{plan.name}\0{i}")
        item = {"distinct": total.column, "receipts": total.receipt, "largest_basket": total.receipt}
        named = item.get(total.measure)
        which = pl.lit(None, pl.UInt64) if named is None else _hashed(column(named), key)
        measured = total.measure in {"sum", "largest"} and total.column is not None
        much = _units(column(total.column or ""), scale_of(plan, total)) if measured else pl.lit(1, pl.Int64)
        frame = frame.with_columns(when.alias(_WHEN), which.alias(_WHICH), much.alias(_MUCH))
        for (bucket,), part in _by_item(frame, total).group_by(pl.col(_WHO) % BUCKETS):
            sink = io.BytesIO()
            part.write_ipc(sink, compression="lz4")
            yield int(bucket), WrittenTotals(plan.name, i, sink.getvalue())


def _series(values: pa.Array) -> pl.Series:
    return pl.Series(without_dictionary(values))


def _windows(times: pl.Series, per: str) -> pl.Series:
    return times.cast(pl.Date).dt.truncate(_TRUNCATED[per])


def _units(values: pl.Series, scale: int) -> pl.Series:
    if values.dtype.is_float():
        units = values.abs() * scale
        units = (units - (units * 1e-15 + 1e-6)).ceil()
        return units.fill_nan(0).clip(0, 2**43).cast(pl.Int64).fill_null(0)
    return values.clip(-(2**43), 2**43).abs().fill_null(0)


def _hashed(values: pl.Series, key: bytes) -> pl.Series:
    texts = values.cast(pl.String).to_arrow().cast(pa.string())
    hashes = pl.Series(keyed_hashes(texts, key).view(np.uint64)[:, 0])
    return pl.select(pl.when(values.is_not_null()).then(hashes)).to_series()


def _by_item(frame: pl.DataFrame, total: Total) -> pl.DataFrame:
    """Put together what is alike: lines of a person, window and item."""
    if total.measure in {"receipts", "distinct", "largest_basket"}:
        frame = frame.filter(pl.col(_WHICH).is_not_null())
    much = pl.col(_MUCH).max() if total.measure == "largest" else pl.col(_MUCH).sum()
    return frame.group_by(_WHO, _WHEN, _WHICH).agg(much)


def recount_bucket(tables: Mapping[str, TablePlan], batches: Iterable[WrittenTotals]) -> RecountedTotals:
    """Recount the people of one bucket."""
    held: dict[tuple[str, int], list[pl.DataFrame]] = {}
    for batch in batches:
        held.setdefault((batch.table, batch.total), []).append(pl.read_ipc(io.BytesIO(batch.data)))
    found: RecountedTotals = {}
    for (name, i), frames in held.items():
        total = tables[name].table.totals[i]
        items = _by_item(pl.concat(frames), total)
        if total.measure in {"receipts", "distinct"}:
            windows = items.group_by(_WHO, _WHEN).agg(pl.len().cast(pl.Int64).alias(_MUCH))
        elif total.measure in {"largest", "largest_basket"}:
            windows = items.group_by(_WHO, _WHEN).agg(pl.col(_MUCH).max())
        else:
            windows = items.group_by(_WHO, _WHEN).agg(pl.col(_MUCH).sum())
        people = windows.group_by(_WHO).agg(pl.col(_MUCH).max())[_MUCH].to_numpy()
        scale = scale_of(tables[name], total)
        found.setdefault(name, {})[i] = RecountedTotal(
            int(people.max(initial=0)), people_by_bar(people, scale)
        )
    return found


def merge_recounts(parts: Sequence[RecountedTotals]) -> RecountedTotals:
    """Merge recounts of different people, in any order."""
    merged: RecountedTotals = {}
    for part in parts:
        for name, totals in part.items():
            known = merged.setdefault(name, {})
            for i, found in totals.items():
                other = known.get(i)
                known[i] = (
                    found
                    if other is None
                    else RecountedTotal(max(found.highest, other.highest), found.people + other.people)
                )
    return merged


def above_bound(found: Mapping[int, RecountedTotal], bounds: Sequence[int]) -> int | None:
    """Return the place of the first declaration above whose bound somebody is; None for nobody."""
    return next((i for i, bound in enumerate(bounds) if i in found and found[i].highest > bound), None)
