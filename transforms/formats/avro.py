"""Avro: splits are runs of blocks; records are decoded by fastavro and gathered into columns."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, BinaryIO, cast

import fastavro
import numpy as np
import pyarrow as pa

from tokumei.schemas.errors import InputError
from tokumei.schemas.formats import listed
from tokumei.schemas.source import Source
from tokumei.schemas.splits import SourceFile, Stretch
from tokumei.schemas.treatment_base import ColumnType
from tokumei.transforms.formats.avro_container import Corrupt, Frame, framed, read_frame, walk
from tokumei.transforms.formats.avro_limits import (
    CODECS,
    MAX_UNPACKED,
    Endless,
    TooLarge,
    refuse_endless,
    unpacked,
)
from tokumei.transforms.formats.avro_schema import NotRecords, arrow_schema, plain_schema
from tokumei.transforms.formats.batches import MAX_ROWS, Rows
from tokumei.transforms.formats.blank import may_be_blank, without_blank
from tokumei.transforms.formats.columns import Header, is_opaque, refuse_other_columns
from tokumei.transforms.formats.convert import without_dictionaries
from tokumei.transforms.formats.garbled import without_garbled
from tokumei.transforms.formats.no_value import has_value
from tokumei.transforms.formats.streams import BLOCK
from tokumei.transforms.storage.base import Store

_DECIMAL_BYTES = 64  # enough for what Arrow holds in 16, and no endless work
_WRITTEN = {
    pa.string(): "string",
    pa.int64(): "long",
    pa.float64(): "double",
    pa.bool_(): "boolean",
    pa.date32(): {"type": "int", "logicalType": "date"},
    pa.timestamp("s"): {"type": "long", "logicalType": "local-timestamp-millis"},
}


def plan(source: Source, file: SourceFile, store: Store, target: int) -> Iterator[tuple[int, int]]:
    """Yield the byte ranges of a file's splits, each a run of blocks."""
    with _opened(file, store) as (opened, frame):
        begun = end = frame.size
        for block in walk(opened, frame, frame.size, file.size):
            end = block.offset + block.size
            if end - begun >= target:
                yield begun, end
                begun = end
        if end > begun:
            yield begun, end


def header(source: Source, file: SourceFile, store: Store) -> Header:
    """Return the names and types of the file's fields."""
    with _opened(file, store) as (_, found):
        schema = arrow_schema(found.schema)
        return Header(list(schema.names), None, schema)


def rows(
    stretch: Stretch, source: Source, columns: Mapping[str, ColumnType], store: Store, declared: Sequence[str]
) -> Iterator[Rows]:
    """Read the records of a stretch's blocks.

    Raises:
        InputError: see `reader.read_split`.
    """
    with _opened(stretch.file, store) as (opened, found):
        schema = arrow_schema(found.schema)
        refuse_other_columns(schema.names, declared, stretch.file.uri)
        done = 0
        for records in _records(opened, found, stretch):
            screened = {
                name: without_garbled(
                    _column([r[name] for r in records], schema.field(name).type), mended=kind == "text"
                )
                for name, kind in columns.items()
            }
            numbers = np.arange(done + 1, done + len(records) + 1)
            cells = {name: values for name, (values, _) in screened.items()}
            misfits = {name: bad for name, (_, bad) in screened.items()}
            found_rows = Rows(cells, numbers, (), len(records), misfits)
            yield (
                found_rows if source.blank_records == "keep" else _without_blank(found_rows, records, source)
            )
            done += len(records)


def begins(stretch: Stretch, source: Source, store: Store, numbers: Sequence[int]) -> Iterator[int | str]:
    """Yield block, from 0, and record in it, from 1, of some records."""
    with _opened(stretch.file, store) as (opened, frame):
        above = done = 0  # records of the stretch before the block
        for i, block in enumerate(walk(opened, frame, frame.size, stretch.end)):
            if block.offset < stretch.start:
                continue
            while done < len(numbers) and numbers[done] <= above + block.records:
                yield f"block {i} record {numbers[done] - above}"
                done += 1
            if done == len(numbers):
                return
            above += block.records


def _without_blank(rows: Rows, records: Sequence[dict[str, Any]], source: Source) -> Rows:
    blank = may_be_blank(rows, source.null_values)
    for row in np.flatnonzero(blank).tolist():
        blank[row] = not any(has_value(value, source.null_values) for value in records[row].values())
    return without_blank(rows, blank)


def nested(data: bytes) -> list[Any]:
    """Return the records of a small file with all their parts.

    Raises:
        ValueError: it is no Avro file, or broken.
    """
    source = io.BytesIO(data)
    found: list[Any] = []
    try:
        frame = read_frame(source)
        refuse_endless(frame.schema)
        for block in walk(source, frame, frame.size, len(data)):
            source.seek(block.body)
            body = unpacked(source.read(block.packed), frame.codec, block.records)
            found += _decoded(framed(frame.schema, frame, block.records, body))
    except (Corrupt, TooLarge, Endless):
        raise ValueError from None
    return found


def write(table: pa.Table) -> bytes:
    """Encode a table, packed by deflate."""
    table = without_dictionaries(table)
    fields = [{"name": f.name, "type": ["null", _WRITTEN[f.type]]} for f in table.schema]
    schema = fastavro.parse_schema({"type": "record", "name": "Record", "fields": fields})
    sink = io.BytesIO()
    fastavro.writer(sink, schema, table.to_pylist(), codec="deflate")
    return sink.getvalue()


@contextmanager
def _opened(file: SourceFile, store: Store) -> Iterator[tuple[BinaryIO, Frame]]:
    try:
        with store.open_input(file) as raw:
            # Headers of blocks are read byte by byte: from Cloud Storage that must not be a request each.
            source = cast(BinaryIO, io.BufferedReader(cast(io.RawIOBase, raw), BLOCK))
            found = read_frame(source)
            if found.codec not in CODECS:
                named = found.codec if re.fullmatch("[a-z0-9-]{1,12}", found.codec) else "unknown"
                raise InputError(
                    "avro.codec",
                    where=file.uri,
                    what=f"the file's blocks are packed with a codec that is not supported: {named}",
                    fix=f"write it with codec {listed(CODECS, 'or')}",
                )
            refuse_endless(found.schema)
            _understood(found.schema, file)
            yield source, found
    except NotRecords as found:
        raise InputError(
            "avro.top",
            where=file.uri,
            what=f"the file does not hold records of one kind: the top of its schema is {found}",
            fix="write it with a record as its schema, the records of each kind in a file of their own",
        ) from None
    except TooLarge:
        raise InputError(
            "avro.block",
            where=file.uri,
            what=f"a block holds more than {MAX_UNPACKED >> 20} MiB",
            fix="write it with smaller blocks (sync interval)",
        ) from None
    except Endless:
        raise InputError(
            "avro.schema",
            where=file.uri,
            what="a type contains itself, is nested too deep, or is a list of what takes no byte",
            fix="write the file without that field",
        ) from None
    except Corrupt as broken:
        raise InputError(
            "input.avro",
            where=file.uri,
            what=str(broken) or "the file is not Avro, or is truncated or corrupt",
            fix=f"copy or create the file again (codec {listed(CODECS, 'or')}), or correct format",
        ) from None


def _understood(schema: Any, file: SourceFile) -> None:
    """Check that the decoder takes the schema, so that what it cannot take is not called corrupt.

    Raises:
        InputError: it does not.
        NotRecords: the top of the schema is no record.
    """
    arrow_schema(schema)
    try:
        fastavro.parse_schema(plain_schema(schema), _force=True)
    except Exception:  # whatever it raises on garbage; it may quote what it found
        raise InputError(
            "avro.schema",
            where=file.uri,
            what="the file's schema breaks the rules of Avro (names, types or default values)",
            fix="write the file again, with a schema that other readers take",
        ) from None


def _records(source: BinaryIO, frame: Frame, stretch: Stretch) -> Iterator[list[dict[str, Any]]]:
    """Decode the blocks of a stretch, in lists of at most MAX_ROWS records."""
    schema = plain_schema(frame.schema)
    gathered: list[dict[str, Any]] = []
    for block in walk(source, frame, stretch.start, stretch.end):
        source.seek(block.body)
        body = unpacked(source.read(block.packed), frame.codec, block.records)
        for record in _decoded(framed(schema, frame, block.records, body)):
            gathered.append(record)
            if len(gathered) == MAX_ROWS:
                yield gathered
                gathered = []
    if gathered:
        yield gathered


def _decoded(file: bytes) -> Iterator[dict[str, Any]]:
    """Decode the records of a file of one block, one by one: small ones are many times larger in memory."""
    try:
        block: Any = next(fastavro.block_reader(io.BytesIO(file), handle_unicode_errors="surrogateescape"))
        yield from block
        left_over = block.bytes_.read(1)
    except Exception:  # whatever the decoder raises on garbage; it may quote values
        raise Corrupt from None
    if left_over:
        raise Corrupt  # the block's count hides records


def _column(values: list[Any], kind: pa.DataType) -> pa.Array:
    """Build a column from values as they are stored, without logical types."""
    try:
        if is_opaque(kind):
            return pa.nulls(len(values), kind)
        if pa.types.is_string(kind):
            return _texts(values)
        if stored := _stored(kind):
            return pa.array(values, stored).cast(kind)
        if pa.types.is_floating(kind):  # perhaps with whole numbers, in a union
            return pa.array([None if v is None else float(v) for v in values], kind)
        if pa.types.is_decimal(kind):
            return pa.array([None if v is None else _decimal(v, kind.scale) for v in values], kind)
        return pa.array(values, kind)
    except (pa.ArrowException, OverflowError, ValueError):
        raise Corrupt from None


def _stored(kind: pa.DataType) -> pa.DataType | None:
    """Return the type of the values as Avro stores them, where that is another one."""
    if isinstance(kind, pa.UuidType):
        return kind.storage_type
    return pa.int32() if pa.types.is_date32(kind) else pa.int64() if pa.types.is_timestamp(kind) else None


def _texts(values: list[Any]) -> pa.Array:
    try:
        return pa.array(values, pa.string())
    except pa.ArrowTypeError:  # a union with whole numbers
        return _texts([str(v) if isinstance(v, int) else v for v in values])
    except UnicodeEncodeError:
        # Bytes that are no UTF-8 came through as escapes; they are found and rejected later.
        raw = [None if v is None else v.encode("utf-8", "surrogateescape") for v in values]
        return pa.array(raw, pa.binary()).view(pa.string())


def _decimal(value: bytes, scale: int) -> Decimal:
    if len(value) > _DECIMAL_BYTES:
        raise ValueError  # also with leading bytes that say nothing
    number = int.from_bytes(value, "big", signed=True)
    return Decimal((int(number < 0), tuple(map(int, str(abs(number)))), -scale))  # arithmetic would round
