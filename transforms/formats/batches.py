"""From the rows of any format to typed batches: one conversion, one way to reject and to number records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tokumei.schemas.date_formats import USUAL, DateReading
from tokumei.schemas.source import Source
from tokumei.schemas.splits import Origin, Reject, Split
from tokumei.schemas.treatment_base import ColumnType
from tokumei.transforms.formats.columns import refuse_unreadable
from tokumei.transforms.formats.convert import convert
from tokumei.transforms.formats.leading_zeros import with_leading_zeros

# Of a batch and of a chunk. A chunk becomes one part of the release: large enough for good files, small
# enough to hold several.
MAX_ROWS = 131_072

Numbers = npt.NDArray[np.int64]
Notes = Mapping[tuple[str, str], int]
NAN, ABSENT = "nan", "absent"  # no number stands for no value; the record has no such key


class Rows(NamedTuple):
    """What a format's reader found in one stretch of records, not yet converted; at most MAX_ROWS rows.

    Attributes:
        columns: the wanted columns, one cell for each well-formed record, in the types of the format;
            texts are sure to be UTF-8.
        numbers: the record number of each row, ascending.
        broken: number and reason of each record that is bad as a whole and has no row; after the reason there
            may be more about it, in brackets.
        records: how many records there were, good or bad.
        misfits: cells found bad already (null in ``columns``): column to row to reason.
        blank: how many of the records have no value in any column, and hence no row.
        notes: what is no fault but to be told: number of cells by (column, note).
        origins: of which stretches they are, in their order; the reader of a split knows it, not a format.
    """

    columns: Mapping[str, pa.Array]
    numbers: Numbers
    broken: Sequence[tuple[int, str]]
    records: int
    misfits: Mapping[str, Mapping[int, str]]
    notes: Notes = MappingProxyType({})
    blank: int = 0
    origins: tuple[Origin, ...] = ()


class ReadBatch(NamedTuple):
    """A typed batch of the records that could be read, and what became of the others.

    Attributes:
        batch: columns in the order they were asked for, in canonical Arrow types; texts that repeat may be
            encoded by a dictionary.
        rejects: one for each record left out because it is bad, in record order.
        records: records seen: rows of the batch, rejects, excluded and blank records together.
        numbers: the record number of each row of the batch, ascending.
        blank: records without any value, which are nobody's.
        notes: what is no fault but to be told: number of cells by (column, note).
        origins: of which stretches the records are, in their order.
    """

    batch: pa.RecordBatch
    rejects: list[Reject]
    records: int
    numbers: Numbers
    blank: int = 0
    notes: Notes = MappingProxyType({})
    origins: tuple[Origin, ...] = ()


def assemble(
    stretches: Iterator[Rows],
    split: Split,
    columns: Mapping[str, ColumnType],
    source: Source,
    *,
    exclude: Numbers,
    dates: Mapping[str, DateReading],
) -> Iterator[ReadBatch]:
    """Convert stretches of rows to batches, leaving out excluded records silently and bad ones with a reject.

    A record is rejected once, for the first bad column in the order of ``columns``.

    Raises:
        InputError: a column has a type that cannot be read as the declared one.
    """
    silent = np.unique(exclude)
    for rows in stretches:
        found = {n: _whole(split, n, told) for n, told in rows.broken}
        good = np.ones(len(rows.numbers), bool)
        notes = dict(rows.notes)
        arrays = []
        where = rows.origins[0].stretch.file.uri  # all have the same type
        for name, kind in columns.items():
            how = dates.get(name, USUAL)
            refuse_unreadable(rows.columns[name].type, name, kind, how, where)
            values, bad, nan = convert(rows.columns[name], kind, source.null_values, how)
            if kind == "string" and name in source.leading_zeros:
                values = with_leading_zeros(values, source.leading_zeros[name])
            arrays.append(values)
            if nan:
                notes[name, NAN] = nan
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
        numbers = np.asarray(rows.numbers, np.int64)[good]
        rejects = [found[n] for n in sorted(found)]
        yield ReadBatch(batch, rejects, rows.records, numbers, rows.blank, notes, rows.origins)


def _whole(split: Split, number: int, told: str) -> Reject:
    """Return the reject of a record that is bad as a whole."""
    reason, _, detail = told.partition(" (")
    return Reject(split.table, split.split_id, number, "", reason, detail.removesuffix(")"))


def _batch(arrays: list[pa.Array], names: list[str], rows: int) -> pa.RecordBatch:
    if arrays:
        return pa.RecordBatch.from_arrays(arrays, names=names)
    # A batch without columns keeps its number of rows only when it is made from one that has some.
    return pa.RecordBatch.from_arrays([pa.nulls(rows)], names=["rows"]).select([])
