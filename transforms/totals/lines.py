"""The lines of people, reduced to what their totals need, and dealt to buckets by person.

A person must be whole in one place before their totals can be told; so this is one of the things that cross a
shuffle: 8 bytes for the person, for each window, receipt and measured column, and for the count; once for all
lines of a chunk that are alike in these. No value but amounts: codes travel as keyed hashes.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from tokumei.schemas.totals import Total
from tokumei.transforms.counting.headcount import BUCKETS
from tokumei.transforms.counting.keyed import keyed_hashes
from tokumei.transforms.counting.people import PERSON
from tokumei.transforms.criteria.coded import kept_rows
from tokumei.transforms.decisions.fitted import FittedTable
from tokumei.transforms.engine.chunks import Chunk
from tokumei.transforms.planning.persons import persons_of
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.values.cells import as_text, floats, measures, present
from tokumei.transforms.values.periods import period_codes

LINES = "#lines"
CENTS = 100  # numbers with decimals are added up in hundredths: sums of floats would depend on their order
MOST_OF_LINE = 1 << 43  # what one line can add, in units or hundredths: 2^17 lines of a chunk stay below 2^63
Hashes = npt.NDArray[np.uint64]


class TotalLines(NamedTuple):
    """Lines of some people of one bucket: a frame as Arrow IPC; see `frame_of`."""

    table: str
    data: bytes


class Placed(NamedTuple):
    """A declaration, and its columns in a frame of lines; equal ones of two declarations are one column.

    Attributes:
        total: the declaration.
        window: number of the window; None where that is the whole file.
        receipt: hash of the receipt code, 0 without one; None where no receipts are asked for.
        value: amount without sign (sum, largest), or hash of the value, 0 for none (distinct).
        scale: how many units of the measure are 1: hundredths of numbers with decimals.
    """

    total: Total
    window: str | None
    receipt: str | None
    value: str | None
    scale: int

    @property
    def measure(self) -> str:
        """What is measured."""
        return self.total.measure

    @property
    def left_out_by(self) -> str | None:
        """The column by whose values a person's lines are left out; None where all of them are."""
        return {"drop_person": None, "drop_window": self.window, "thin": self.receipt}[self.total.above]

    @property
    def group(self) -> list[str]:
        """The columns that tell a person's window."""
        return [PERSON] if self.window is None else [PERSON, self.window]


def placed_totals(plan: TablePlan) -> tuple[Placed, ...]:
    """Return the declarations of a table, in their order."""
    totals = plan.table.totals
    windows = [None if t.per is None else (t.time, t.per) for t in totals]
    receipts = [t.receipt for t in totals]
    values = [None if t.column is None else (t.column, t.measure) for t in totals]
    return tuple(
        Placed(
            total,
            None if windows[i] is None else f"w{windows.index(windows[i])}",
            None if receipts[i] is None else f"r{receipts.index(receipts[i])}",
            None if values[i] is None else f"{total.measure[0]}{values.index(values[i])}",
            scale_of(plan, total),
        )
        for i, total in enumerate(totals)
    )


def scale_of(plan: TablePlan, total: Total) -> int:
    """Return how many units of a measure are 1."""
    if total.column is None or total.measure == "distinct":
        return 1
    return CENTS if plan.table.columns[total.column].type == "number" else 1


def deal_lines(plan: TablePlan, chunk: Chunk[FittedTable]) -> Iterator[tuple[int, TotalLines]]:
    """Deal the lines that the columns' own treatments leave to buckets by person."""
    fitted, batch, key = chunk.work.decision, chunk.batch, chunk.work.key
    treated = {
        name: plan.chains[name].apply(fitted.columns[name], plan.values_of(name, batch), key)
        for name in plan.dropping
    }
    keep = kept_rows(batch.num_rows, treated)
    frame = frame_of(plan, chunk, persons_of(plan, chunk)[:, 0]).filter(keep)
    for (bucket,), part in collapsed(frame).group_by(pl.col(PERSON) % BUCKETS):
        sink = io.BytesIO()
        part.write_ipc(sink, compression="lz4")
        yield int(bucket), TotalLines(plan.name, sink.getvalue())


def gathered(batches: Sequence[TotalLines]) -> pl.DataFrame:
    """Return the lines of one table's people in a bucket."""
    return pl.concat([pl.read_ipc(io.BytesIO(batch.data)) for batch in batches])


def frame_of(
    plan: TablePlan, chunk: Chunk[Any], persons: Hashes, *, keys_alone: bool = False
) -> pl.DataFrame:
    """Return one row a record: PERSON, the columns of all declarations, and LINES (1).

    Args:
        plan: the table.
        chunk: its records.
        persons: the person of each.
        keys_alone: only the columns by which lines are left out; see `Placed.left_out_by`.
    """
    batch = chunk.batch
    columns: dict[str, npt.NDArray[np.generic]] = {PERSON: persons}
    placed_of_table = placed_totals(plan)
    by = {placed.left_out_by for placed in placed_of_table}
    for placed in placed_of_table:
        total = placed.total
        for name in (placed.window, placed.receipt, placed.value):
            if name is None or name in columns or (keys_alone and name not in by):
                continue
            if name == placed.window:
                columns[name] = period_codes(batch.column(total.time), total.per or "")
            elif name == placed.receipt:
                columns[name] = code_hashes(plan, chunk, total.receipt or "")
            elif total.measure == "distinct":
                columns[name] = code_hashes(plan, chunk, total.column or "")
            else:
                columns[name] = amounts(batch.column(total.column), placed.scale)
    return pl.DataFrame({**columns, LINES: np.ones(len(persons), np.int64)})


def collapsed(frame: pl.DataFrame) -> pl.DataFrame:
    """Put together lines that are alike but for their amounts."""
    added = [name for name in frame.columns if name == LINES or name[0] == "s"]
    highest = [name for name in frame.columns if name[0] == "l"]
    keys = [name for name in frame.columns if name not in {*added, *highest}]
    return frame.group_by(keys).agg(*(pl.col(n).sum() for n in added), *(pl.col(n).max() for n in highest))


def amounts(values: pa.Array, scale: int) -> npt.NDArray[np.int64]:
    """Return amounts without their sign, in whole units or hundredths, up to the next; of blanks 0."""
    if not pa.types.is_floating(values.type):
        without: npt.NDArray[np.int64] = np.abs(signed_amounts(values, scale))
        return without
    # What is finer than hundredths counts up, so that nobody who adds up lines gets beyond a bound.
    hundredths = np.abs(np.nan_to_num(floats(values), nan=0.0)) * scale
    hundredths = np.ceil(hundredths - (1e-6 + 1e-15 * hundredths))
    return np.asarray(np.clip(hundredths, 0, MOST_OF_LINE), np.int64)


def signed_amounts(values: pa.Array, scale: int) -> npt.NDArray[np.int64]:
    """Return amounts, in whole units or hundredths; of blanks 0."""
    if not pa.types.is_floating(values.type):
        whole: npt.NDArray[np.int64] = np.clip(measures(values), -MOST_OF_LINE, MOST_OF_LINE)
        return whole
    hundredths = np.rint(np.nan_to_num(floats(values), nan=0.0) * scale)
    return np.asarray(np.clip(hundredths, -MOST_OF_LINE, MOST_OF_LINE), np.int64)


def code_hashes(plan: TablePlan, chunk: Chunk[Any], name: str) -> Hashes:
    """Return a keyed hash of each source value of a column; 0 for a blank."""
    return value_hashes(chunk.batch.column(name), chunk.work.key.derive(f"totals\0{plan.name}\0{name}"))


def value_hashes(column: pa.Array, key: bytes) -> Hashes:
    """Return a keyed hash of each value; 0 for a blank."""
    values = as_text(column)
    hashes = keyed_hashes(values, key).view(np.uint64)[:, 0]
    return np.where(present(values), np.maximum(hashes, np.uint64(1)), np.uint64(0))
