"""What people's lines come to, window by window: the measures that may be known, gathered by person.

They are worked out from released values, as a reader of the release would.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from tokumei.schemas.errors import InputError
from tokumei.schemas.histories import Fact
from tokumei.schemas.measures import ENDS
from tokumei.transforms.counting.headcount import BUCKETS
from tokumei.transforms.counting.histogram import Codes, Ints
from tokumei.transforms.counting.keyed import joint_keys
from tokumei.transforms.counting.people import PERSON
from tokumei.transforms.criteria.treated import Treated
from tokumei.transforms.decisions.decision import Decision
from tokumei.transforms.decisions.history import Persons
from tokumei.transforms.engine.chunks import Chunk
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.planning.units import Units, period_numbers
from tokumei.transforms.totals.bound import COMES_TO, refuse_large, values_of_people
from tokumei.transforms.totals.lines import (
    CENTS,
    LINES,
    collapsed,
    signed_amounts,
    value_hashes,
)
from tokumei.transforms.values.cells import Mask, floats, present
from tokumei.transforms.values.periods import NO_PERIOD, period_codes

_WINDOW, _PERIOD = "#window", "#period"
_NONE = np.iinfo(np.int64).min  # of a line without a number: never the largest
_WINDOWS, _BANDS = 1 << 23, 1 << 10  # days of ±11,000 years, and bands, that can be told apart


class Windows(NamedTuple):
    """The windows of some units in one table, ascending by unit, then by window.

    Attributes:
        units: keyed hashes; windows: numbers, `NO_PERIOD` of lines without a time.
        periods: numbers of the periods of pseudonyms, 0 without any.
        lines: how many lines each has.
        bands: shape (measures, n): the band of each measure; -1 where there is none, and of first and last.
    """

    units: Persons
    windows: Ints
    periods: Codes
    lines: Ints
    bands: Codes

    @property
    def keys(self) -> npt.NDArray[np.uint64]:
        """A number for each (unit, window)."""
        return joint_keys(self.units, self.windows)

    def some(self, rows: npt.NDArray[np.generic]) -> Windows:
        """Return those of some rows, by a mask or their places."""
        units, windows, periods, lines, bands = self
        return Windows(units[rows], windows[rows], periods[rows], lines[rows], bands[:, rows])

    def codes(self, measures: Sequence[Fact]) -> list[Ints]:
        """Return the facts: a code by measure and window, -1 for none; equal codes are one fact."""
        number = np.where(
            self.windows == NO_PERIOD, 0, np.clip(self.windows + _WINDOWS // 2, 1, _WINDOWS - 1)
        )
        place = (self.periods.astype(np.int64) * _WINDOWS + number) * _BANDS
        timed = self.windows != NO_PERIOD
        other = self.units[1:] != self.units[:-1]
        found = []
        for fact, bands in zip(measures, self.bands, strict=True):
            if fact.measure == "first":
                # The window of lines without a time is the lowest number.
                told = timed & np.append(True, other | ~timed[:-1])[: len(timed)]
            elif fact.measure == "last":
                told = timed & np.append(other, True)[: len(timed)]
            else:
                told = bands >= 0
            found.append(np.where(told, place + np.maximum(bands, 0), -1))
        return found


def no_windows(measures: int) -> Windows:
    """Return those of nobody."""
    none = np.empty(0, np.int64)
    return Windows(
        np.empty(0, np.uint64), none, np.empty(0, np.int32), none, np.empty((measures, 0), np.int32)
    )


def union_of(parts: Sequence[Windows]) -> Windows:
    """Return the windows of different units together."""
    together = Windows(
        np.concatenate([part.units for part in parts]),
        np.concatenate([part.windows for part in parts]),
        np.concatenate([part.periods for part in parts]),
        np.concatenate([part.lines for part in parts]),
        np.concatenate([part.bands for part in parts], axis=1),
    )
    return together.some(np.lexsort((together.windows, together.units)))


class _Placed(NamedTuple):
    """A measure, and its columns in a frame of lines; a `Reduced`."""

    measure: str
    receipt: str | None
    value: str | None
    scale: int

    @property
    def group(self) -> list[str]:
        """The columns that tell a unit's window."""
        return [PERSON, _WINDOW]


def _placed(plan: TablePlan, measures: Sequence[Fact]) -> list[_Placed]:
    read = [(fact.column or fact.receipt, fact.measure) for fact in measures]
    return [
        _Placed(
            fact.measure or "",
            f"r{read.index(of)}" if fact.receipt else None,
            f"{of[1][0]}{read.index(of)}" if fact.column and of[1] else None,
            _scale(plan, fact),
        )
        for fact, of in zip(measures, read, strict=True)
    ]


def _scale(plan: TablePlan, fact: Fact) -> int:
    """Return how many units of a measure are 1: hundredths of numbers with decimals."""
    if fact.measure not in {"sum", "largest"} or fact.column is None:
        return 1
    return CENTS if plan.table.columns[fact.column].released_type == "number" else 1


def list_windows(
    plan: TablePlan,
    measures: Sequence[Fact],
    chunk: Chunk[Decision],
    *,
    treated: Mapping[str, Treated],
    units: Units,
    keep: Mask,
) -> Iterator[tuple[int, bytes]]:
    """Yield, by bucket of units, what the released lines of a chunk come to, as Arrow IPC.

    Args:
        plan: the table.
        measures: of it.
        chunk: as it was read.
        treated: its treated columns, `TablePlan.measured` among them where they have methods.
        units: of its records.
        keep: which of them are released.

    Raises:
        InputError: an amount has more than two decimals, so that a reader would add up others.
    """
    time, per = plan.window or ("", "")
    columns: dict[str, npt.NDArray[np.generic]] = {
        PERSON: units.hashes,
        _WINDOW: period_codes(chunk.batch.column(time), per),
        _PERIOD: period_numbers(units),
    }

    def released(name: str | None) -> pa.Array:
        done = treated.get(name or "")
        return chunk.batch.column(name) if done is None else done.rows()

    for fact, placed in zip(measures, _placed(plan, measures), strict=True):
        key = chunk.work.key.derive(f"measures\0{plan.name}\0{fact.column or fact.receipt}")
        if placed.receipt is not None:
            columns[placed.receipt] = value_hashes(released(fact.receipt), key)
        elif fact.measure == "distinct":
            columns[placed.value or ""] = value_hashes(released(fact.column), key)
        elif placed.value is not None:
            values = released(fact.column)
            if placed.scale == CENTS:
                _refuse_decimals(values, keep, f"tables.{plan.name}.columns.{fact.column}")
            amounts = signed_amounts(values, placed.scale)
            if fact.measure == "largest":
                amounts = np.where(present(values), amounts, _NONE)
            columns[placed.value] = amounts
    frame = pl.DataFrame({**columns, LINES: np.ones(len(keep), np.int64)}).filter(keep)
    for (bucket,), part in collapsed(frame).group_by(pl.col(PERSON) % BUCKETS):
        sink = io.BytesIO()
        part.write_ipc(sink, compression="lz4")
        yield int(bucket), sink.getvalue()


def _refuse_decimals(values: pa.Array, keep: Mask, where: str) -> None:
    numbers = np.nan_to_num(floats(values), nan=0.0)[keep]
    hundredths = np.rint(numbers * CENTS)
    finer = np.abs(numbers * CENTS - hundredths) > 1e-6 + 1e-15 * np.abs(hundredths)
    finer &= numbers != (hundredths / CENTS).astype(np.float32)  # 1.15 of a file in single precision
    if finer.any():
        raise InputError(
            "input.decimals",
            where=where,
            what=f"{int(finer.sum()):,} released values have more than two decimals; measures are counted in"
            " hundredths, and a reader would add up others",
            fix="treat the column with round, to: 0.01 or coarser, or keep it in smaller units",
        )


def gather_windows(plan: TablePlan, measures: Sequence[Fact], parts: Sequence[bytes]) -> Windows:
    """Return the windows of one table's units in a bucket; the order of the parts does not matter.

    Raises:
        RequirementError: more lines, or larger amounts, than one worker adds up exactly.
    """
    lines = pl.concat([pl.read_ipc(io.BytesIO(part)) for part in parts])
    refuse_large(lines, f"tables.{plan.name}, measures in histories")
    group = [PERSON, _WINDOW]
    windows = lines.group_by(group).agg(pl.col(_PERIOD).first(), pl.col(LINES).sum()).sort(group)
    bands = []
    for fact, placed in zip(measures, _placed(plan, measures), strict=True):
        if fact.measure in ENDS:
            bands.append(np.full(windows.height, -1, np.int32))
            continue
        values = windows.join(values_of_people(lines, placed), on=group, how="left", maintain_order="left")
        measured = values[COMES_TO].to_numpy()
        # A value is in a band from its edge on, so in whole units from the next of them.
        edges = [math.ceil(Decimal(str(edge)) * placed.scale) for edge in fact.edges]
        band = np.searchsorted(np.array(edges, np.int64), measured, side="right")
        bands.append(np.where(measured == _NONE, -1, band).astype(np.int32))
    return Windows(
        windows[PERSON].to_numpy(),
        windows[_WINDOW].to_numpy(),
        windows[_PERIOD].to_numpy(),
        windows[LINES].to_numpy(),
        np.stack(bands) if bands else np.empty((0, windows.height), np.int32),
    )
