"""Parquet: splits are runs of row groups; only the wanted columns are read, batch by batch."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tokumei.schemas.errors import InputError
from tokumei.schemas.source import Source
from tokumei.schemas.splits import SourceFile, Stretch
from tokumei.schemas.treatment_base import ColumnType
from tokumei.transforms.formats.batches import MAX_ROWS, Rows
from tokumei.transforms.formats.blank import may_be_blank, without_blank
from tokumei.transforms.formats.columns import Header, opaque, refuse_other_columns
from tokumei.transforms.formats.garbled import without_garbled
from tokumei.transforms.formats.no_value import blank_cells
from tokumei.transforms.storage.base import Store

_SAMPLE = 4096
_REPEATING = (
    0.1  # share of distinct values in a sample up to which a dictionary is much smaller than its column
)
_ARROW, _TAIL = b"ARROW:schema", 8  # a key in the footer; the footer's size and the mark of the format
_BUFFER = 1 << 20  # bytes of a column read at a time, instead of a whole row group


def plan(source: Source, file: SourceFile, store: Store, target: int) -> Iterator[tuple[int, int]]:
    """Yield the row-group ranges of a file's splits."""
    with _opened(file, store) as opened:
        groups = opened.metadata.num_row_groups
        # Not of its columns: asking one that is corrupt for anything ends the process.
        sizes = [max(opened.metadata.row_group(i).total_byte_size, 0) for i in range(groups)]
    packed = file.size / max(sum(sizes), 1)
    begun, gathered = 0, 0.0
    for i, size in enumerate(sizes):
        gathered += size * packed
        if gathered >= target or i == groups - 1:
            yield begun, i + 1
            begun, gathered = i + 1, 0.0


def header(source: Source, file: SourceFile, store: Store) -> Header:
    """Return the names and types of the file's columns, and its number of records."""
    with _opened(file, store) as opened:
        schema = _with_durations(opened.schema_arrow, opened.metadata.metadata or {})
        return Header(list(schema.names), opened.metadata.num_rows, schema)


def _with_durations(schema: pa.Schema, told: Mapping[bytes, bytes]) -> pa.Schema:
    """Return a file's schema with the durations that only its writer's schema tells from plain numbers."""
    try:
        held = pa.ipc.read_schema(pa.py_buffer(base64.b64decode(told.get(_ARROW.lower(), b""))))
    except (pa.ArrowException, ValueError, OSError, EOFError):
        return schema
    if held.names != schema.names:
        return schema
    pairs = zip(schema, held.types, strict=True)
    return pa.schema(
        [f.with_type(opaque("a duration")) if pa.types.is_duration(kind) else f for f, kind in pairs]
    )


def rows(
    stretch: Stretch, source: Source, columns: Mapping[str, ColumnType], store: Store, declared: Sequence[str]
) -> Iterator[Rows]:
    """Read the records of a stretch's row groups.

    Raises:
        InputError: see `reader.read_split`.
    """
    with _opened(stretch.file, store) as opened:
        schema = opened.schema_arrow
        refuse_other_columns(schema.names, declared, stretch.file.uri)
        groups = list(range(stretch.start, stretch.end))
        expected = sum(opened.metadata.row_group(i).num_rows for i in groups)
        encoded = _repeating(opened, groups, columns)
        done = 0
    with _opened(stretch.file, store, opened.metadata, encoded) as opened:
        for batch in opened.iter_batches(
            batch_size=MAX_ROWS, row_groups=groups, columns=list(columns), use_threads=False
        ):
            screened = {
                name: without_garbled(batch.column(name), mended=kind == "text")
                for name, kind in columns.items()
            }
            numbers = np.arange(done + 1, done + batch.num_rows + 1)
            cells = {name: values for name, (values, _) in screened.items()}
            misfits = {name: bad for name, (_, bad) in screened.items()}
            found = Rows(cells, numbers, (), batch.num_rows, misfits)
            yield found if source.blank_records == "keep" else _without_blank(found, opened, groups, source)
            done += batch.num_rows
        if done != expected:
            raise _corrupt(stretch.file)


def begins(stretch: Stretch, source: Source, store: Store, numbers: Sequence[int]) -> Iterator[int | str]:
    """Yield row group, from 0, and row in it, from 1, of some records."""
    with _opened(stretch.file, store) as opened:
        ends = np.cumsum([opened.metadata.row_group(i).num_rows for i in range(stretch.start, stretch.end)])
    for number in numbers:
        group = int(np.searchsorted(ends, number))
        row = number - (int(ends[group - 1]) if group else 0)
        yield f"row group {stretch.start + group} row {row}"


def _without_blank(rows: Rows, opened: pq.ParquetFile, groups: Sequence[int], source: Source) -> Rows:
    """Leave out blank records; other columns are read only where those at hand have no value, one by one."""
    blank = may_be_blank(rows, source.null_values)
    begin, end = int(rows.numbers[0]) - 1, int(rows.numbers[-1])
    ends = np.cumsum([opened.metadata.row_group(i).num_rows for i in groups])
    first, last = np.searchsorted(ends, [begin, end - 1], side="right")
    before = int(ends[first - 1]) if first else 0
    for field in opened.schema_arrow:
        if not blank.any():
            break
        if field.name in rows.columns or pa.types.is_nested(field.type):
            continue
        held = opened.read_row_groups(groups[first : last + 1], columns=[field.name], use_threads=False)
        cells = held.column(0).slice(begin - before, end - begin).combine_chunks()
        blank &= blank_cells(without_garbled(cells, mended=True)[0], source.null_values)
    return without_blank(rows, blank)


def write(table: pa.Table) -> bytes:
    """Encode a table, packed by zstd."""
    sink = pa.BufferOutputStream()  # unlike a Python file, it needs no lock of Python's
    # Dictionary columns are written as they are; the file's own schema says plain strings. Nothing else
    # is worth a dictionary, and in random order no statistics help a reader.
    pq.write_table(
        table,
        sink,
        compression="zstd",
        compression_level=1,
        store_schema=False,
        use_dictionary=[f.name for f in table.schema if pa.types.is_dictionary(f.type)],
        column_encoding={
            f.name: "DELTA_LENGTH_BYTE_ARRAY" for f in table.schema if pa.types.is_string(f.type)
        },
        write_statistics=False,
    )
    return bytes(sink.getvalue().to_pybytes())


def _repeating(opened: pq.ParquetFile, groups: Sequence[int], columns: Mapping[str, ColumnType]) -> list[str]:
    """Return the columns of texts that repeat in the first records: these are read as dictionaries.

    The file's dictionaries then need not be spread over the rows, checked row by row and built again. The
    footer could tell as well, but a corrupt one must not be asked.
    """
    texts = [name for name in columns if pa.types.is_string(opened.schema_arrow.field(name).type)]
    sample = next(opened.iter_batches(batch_size=_SAMPLE, row_groups=groups[:1], columns=texts), None)
    if not texts or sample is None:
        return []
    distinct = {name: pc.count_distinct(sample.column(name), mode="all").as_py() for name in texts}
    return [name for name in texts if distinct[name] <= sample.num_rows * _REPEATING]


@contextmanager
def _opened(
    file: SourceFile, store: Store, metadata: pq.FileMetaData | None = None, encoded: Sequence[str] = ()
) -> Iterator[pq.ParquetFile]:
    try:
        with store.open_input(file) as source:
            yield pq.ParquetFile(
                source,
                buffer_size=_BUFFER,
                pre_buffer=False,
                metadata=metadata or _plain_footer(source),
                read_dictionary=list(encoded),
                # By the second, and exact: in nanoseconds, INT96 beyond 1677–2262 would wrap around. (Arrow
                # takes its day 0, in the year -4713, for 1970-01-01.)
                coerce_int96_timestamp_unit="s",
            )
    except (pa.ArrowException, OSError, EOFError, UnicodeDecodeError):
        raise _corrupt(file) from None


def _plain_footer(source: BinaryIO) -> pq.FileMetaData | None:
    """Return a file's footer without the Arrow schema that its writer may have put beside Parquet's own.

    To restore large texts and dictionaries by it, Arrow casts them, and gives up where some are not UTF-8.
    """
    size = source.seek(0, io.SEEK_END)
    source.seek(max(size - _TAIL, 0))
    tail = source.read(_TAIL)
    length = int.from_bytes(tail[:4], "little") + _TAIL
    if tail[4:] != b"PAR1" or length > size:
        return None
    source.seek(size - length)
    footer = source.read(length)
    if _ARROW not in footer:
        return None
    return pq.read_metadata(pa.BufferReader(footer.replace(_ARROW, _ARROW.lower())))


def _corrupt(file: SourceFile) -> InputError:
    return InputError(
        "input.parquet",
        where=file.uri,
        what="the file is not Parquet, or is truncated or corrupt",
        fix="copy or create the file again, or correct format",
    )
