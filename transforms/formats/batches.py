"""From the rows of any format to typed batches: one conversion, one way to reject and to number records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tokumei.schemas.splits import Reject, Split
from tokumei.schemas.treatment_base import ColumnType
from tokumei.transforms.formats.convert import convert

# Of a batch and of a chunk. A chunk becomes one part of the release: large enough for good files, small
# enough to hold several.
MAX_ROWS = 131_072

Numbers = npt.NDArray[np.int64]


class Rows(NamedTuple):
    """What a format's reader found in one stretch of records, not yet converted; at most MAX_ROWS rows.

    Attributes:
        columns: the wanted columns, one cell for each well-formed record, in the types of the format;
            texts are sure to be UTF-8.
        numbers: the record number of each row, ascending.
        broken: number and reason of each record that is bad as a whole and has no row.
        records: how many records there were, good or bad.
        misfits: cells found bad already (null in ``columns``): column to row to reason.
        nulled: the source's null texts are null already, so that only other spellings are looked for.
    """

    columns: Mapping[str, pa.Array]
    numbers: Numbers
    broken: Sequence[tuple[int, str]]
    records: int
    misfits: Mapping[str, Mapping[int, str]]
    nulled: bool = False


class ReadBatch(NamedTuple):
    """A typed batch of the records that could be read, and what became of the others.

    Attributes:
        batch: columns in the order they were asked for, in canonical Arrow types; texts that repeat may be
            encoded by a dictionary.
        rejects: one for each record left out because it is bad, in record order.
        records: records seen: rows of the batch, rejects and excluded records together.
    """

    batch: pa.RecordBatch
    rejects: list[Reject]
    records: int


def assemble(
    stretches: Iterator[Rows],
    split: Split,
    columns: Mapping[str, ColumnType],
    null_values: Sequence[str],
    exclude: Numbers,
) -> Iterator[ReadBatch]:
    """Convert stretches of rows to batches, leaving out excluded records silently and bad ones with a reject.

    A record is rejected once, for the first bad column in the order of ``columns``.
    """
    silent = np.unique(exclude)
    # A reader that makes nulls itself knows one spelling of each text.
    listed = tuple(null_values) if any(null_values) else ()
    for rows in stretches:
        found = {n: Reject(split.table, split.split_id, n, "", reason) for n, reason in rows.broken}
        good = np.ones(len(rows.numbers), bool)
        arrays = []
        for name, kind in columns.items():
            values, bad = convert(rows.columns[name], kind, listed if rows.nulled else null_values)
            arrays.append(values)
            for i, reason in {**bad, **rows.misfits.get(name, {})}.items():
                number = int(rows.numbers[i])
                found.setdefault(number, Reject(split.table, split.split_id, number, name, reason))
                good[i] = False
        if len(silent):
            good &= ~np.isin(rows.numbers, silent)
            for number in np.intersect1d(silent, np.fromiter(found, np.int64, len(found))):
                del found[int(number)]
        batch = _batch(arrays, list(columns), len(rows.numbers))
        if not good.all():
            batch = batch.take(pa.array(np.flatnonzero(good)))
        yield ReadBatch(batch, [found[n] for n in sorted(found)], rows.records)


def _batch(arrays: list[pa.Array], names: list[str], rows: int) -> pa.RecordBatch:
    if arrays:
        return pa.RecordBatch.from_arrays(arrays, names=names)
    # A batch without columns keeps its number of rows only when it is made from one that has some.
    return pa.RecordBatch.from_arrays([pa.nulls(rows)], names=["rows"]).select([])
