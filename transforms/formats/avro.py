"""Avro: splits are runs of blocks; records are decoded by fastavro and gathered into columns."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, BinaryIO, cast

import fastavro
import numpy as np
import pyarrow as pa

from tokumei.schemas.errors import InputError
from tokumei.schemas.source import Source
from tokumei.schemas.splits import SourceFile, Split
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
from tokumei.transforms.formats.batches import MAX_ROWS, Rows
from tokumei.transforms.formats.blank import has_value, may_be_blank, without_blank
from tokumei.transforms.formats.columns import Header, refuse_other_columns, refuse_unreadable
from tokumei.transforms.formats.convert import without_dictionaries
from tokumei.transforms.formats.garbled import without_garbled
from tokumei.transforms.formats.streams import BLOCK
from tokumei.transforms.storage.base import Store

_TYPES = {
    "null": pa.null(),
    "string": pa.string(),
    "enum": pa.string(),
    "int": pa.int32(),
    "long": pa.int64(),
    "float": pa.float32(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "bytes": pa.binary(),
    "fixed": pa.binary(),
}
_DECIMAL_BYTES = 16  # of the longest decimal that Arrow holds
_TICKS = (("millis", "ms"), ("micros", "us"), ("nanos", "ns"))
_LOGICAL = {
    "date": pa.date32(),
    "time-millis": pa.time32("ms"),
    "time-micros": pa.time64("us"),
    **{f"timestamp-{name}": pa.timestamp(unit, "UTC") for name, unit in _TICKS},
    **{f"local-timestamp-{name}": pa.timestamp(unit) for name, unit in _TICKS},
}
_WRITTEN = {
    pa.string(): "string",
    pa.int64(): "long",
    pa.float64(): "double",
    pa.bool_(): "boolean",
    pa.date32(): {"type": "int", "logicalType": "date"},
    pa.timestamp("s"): {"type": "long", "logicalType": "local-timestamp-millis"},
}
# Stands for all that is never readable; messages show its field.
_UNKNOWN = pa.struct([("record, list, map or union of several types", pa.null())])


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
    """Return the names of the file's fields."""
    with _opened(file, store) as (_, found):
        return Header(list(_arrow_schema(found.schema).names))


def rows(
    split: Split, source: Source, columns: Mapping[str, ColumnType], store: Store, declared: Sequence[str]
) -> Iterator[Rows]:
    """Read the records of a split's blocks.

    Raises:
        InputError: a field has a type that cannot be read as declared; see also `reader.read_split`.
    """
    with _opened(split.file, store) as (opened, found):
        schema = _arrow_schema(found.schema)
        refuse_other_columns(schema.names, declared, split.file.uri)
        refuse_unreadable(schema, columns, split.file.uri)
        done = 0
        for records in _records(opened, found, split):
            screened = {
                name: without_garbled(_column([r[name] for r in records], schema.field(name).type))
                for name in columns
            }
            numbers = np.arange(done + 1, done + len(records) + 1)
            cells = {name: values for name, (values, _) in screened.items()}
            misfits = {name: bad for name, (_, bad) in screened.items()}
            found_rows = Rows(cells, numbers, (), len(records), misfits)
            yield (
                found_rows if source.blank_records == "keep" else _without_blank(found_rows, records, source)
            )
            done += len(records)


def _without_blank(rows: Rows, records: Sequence[dict[str, Any]], source: Source) -> Rows:
    blank = may_be_blank(rows, source.null_values)
    for row in np.flatnonzero(blank).tolist():
        blank[row] = not any(has_value(value, source.null_values) for value in records[row].values())
    return without_blank(rows, blank)


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
                raise InputError(
                    "avro.codec",
                    where=file.uri,
                    what="the file's blocks are packed with a codec that is not supported",
                    fix="write it with codec deflate, bzip2, xz or null",
                )
            refuse_endless(found.schema)
            yield source, found
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
    except Corrupt:
        raise InputError(
            "input.avro",
            where=file.uri,
            what="the file is not Avro, or is truncated or corrupt",
            fix="copy or create the file again, or correct format",
        ) from None


def _records(source: BinaryIO, frame: Frame, split: Split) -> Iterator[list[dict[str, Any]]]:
    """Decode the blocks of a split, in lists of at most MAX_ROWS records."""
    schema = _without_logical_types(frame.schema)
    gathered: list[dict[str, Any]] = []
    for block in walk(source, frame, split.start, split.end):
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
        if pa.types.is_string(kind):
            return _texts(values)
        if pa.types.is_date32(kind):
            return pa.array(values, pa.int32()).cast(kind)
        if pa.types.is_timestamp(kind):
            return pa.array(values, pa.int64()).cast(kind)
        if pa.types.is_decimal(kind):
            return pa.array([None if v is None else _decimal(v, kind.scale) for v in values], kind)
        return pa.array(values, kind)
    except (pa.ArrowException, OverflowError, ValueError):
        raise Corrupt from None


def _texts(values: list[str | None]) -> pa.Array:
    try:
        return pa.array(values, pa.string())
    except UnicodeEncodeError:
        # Bytes that are no UTF-8 came through as escapes; they are found and rejected later.
        raw = [None if v is None else v.encode("utf-8", "surrogateescape") for v in values]
        return pa.array(raw, pa.binary()).view(pa.string())


def _decimal(value: bytes, scale: int) -> Decimal:
    if len(value) > _DECIMAL_BYTES:
        raise ValueError
    number = int.from_bytes(value, "big", signed=True)
    return Decimal((int(number < 0), tuple(map(int, str(abs(number)))), -scale))  # arithmetic would round


def _arrow_schema(schema: Any) -> pa.Schema:
    if not isinstance(schema, dict) or schema.get("type") != "record":
        raise Corrupt
    names: dict[str, pa.DataType] = {}
    try:
        return pa.schema([(str(f["name"]), _arrow_type(f["type"], names)) for f in schema["fields"]])
    except (KeyError, TypeError, ValueError, OverflowError):
        raise Corrupt from None


def _arrow_type(schema: Any, names: dict[str, pa.DataType]) -> pa.DataType:
    """Return the Arrow type that holds an Avro type; ``names`` gathers the types defined on the way."""
    if isinstance(schema, list):
        kinds = [_arrow_type(branch, names) for branch in schema if branch != "null"]
        return pa.null() if not kinds else kinds[0] if len(kinds) == 1 else _UNKNOWN
    if isinstance(schema, str):
        return _TYPES.get(schema) or names.get(schema, _UNKNOWN)
    logical = schema.get("logicalType")
    if logical == "decimal":
        kind = pa.decimal128(int(schema["precision"]), int(schema.get("scale", 0)))
    else:
        kind = _LOGICAL.get(str(logical)) or _arrow_type(schema["type"], names)
    if "name" in schema:
        names[schema["name"]] = kind
    return kind


def _without_logical_types(schema: Any) -> Any:
    """Return the schema with plain types: raw numbers become columns at once, and none is out of range."""
    if isinstance(schema, list):
        return [_without_logical_types(part) for part in schema]
    if isinstance(schema, dict):
        return {key: _without_logical_types(part) for key, part in schema.items() if key != "logicalType"}
    return schema
