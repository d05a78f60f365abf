"""The file formats: each sink takes chunks in order and keeps nothing of them in memory."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol, cast

import polars as pl
import pyarrow.parquet as pq

from tokumei.schemas.formats import SOURCE_FORMATS
from tokumei.transforms.synthesis.dirty import Dirt, spoiled

_TIMESTAMP = "%Y-%m-%d %H:%M:%S"
# Level 1: synthetic rows repeat so much that more effort saves little and costs three times the time.
_GZIP_LEVEL = 1
# Rendered at once: a few megabytes, which stay in the processor's cache.
_TEXT_ROWS = 1 << 15
_AVRO_BLOCK_ROWS = 8192
# Polars ends its header and every block with this constant.
_POLARS_SYNC = bytes([1, 2, 3, 4] * 4)
_AVRO_TYPES: dict[object, object] = {
    pl.String: "string",
    pl.Int64: "long",
    pl.Date: {"type": "int", "logicalType": "date"},
    pl.Datetime("us"): {"type": "long", "logicalType": "local-timestamp-micros"},
}


class Sink(Protocol):
    """A file being written."""

    def write(self, frame: pl.DataFrame, dirt: Mapping[int, Dirt]) -> None:
        """Append the rows of a chunk; `dirt` says which offsets are written spoiled."""

    def close(self) -> None:
        """Finish the file."""


@dataclass(frozen=True)
class Layout:
    """How records become bytes.

    Attributes:
        format: one of `synthesis.SYNTHETIC_FORMATS`.
        encoding: Python codec of text formats; utf-8-sig writes a byte order mark.
        crlf: end lines with CR LF.
        gzip: compress text.
    """

    format: str
    encoding: str = "utf-8"
    crlf: bool = False
    gzip: bool = False

    @property
    def suffix(self) -> str:
        """File name ending, with the dot."""
        return f".{self.format}" + (".gz" if self.gzip else "")

    @property
    def delimiter(self) -> str | None:
        """What separates the fields of a line; None where a line is a JSON object."""
        return SOURCE_FORMATS[self.format].delimiter


def open_sink(path: Path, layout: Layout, first: pl.DataFrame) -> Sink:
    """Open a file for writing and write what stands before the first record.

    Args:
        path: file to create or replace.
        layout: its format.
        first: the first chunk, for its columns; it is not written.
    """
    return _SINKS[layout.format](path, layout, first)


class _TextSink:
    def __init__(self, path: Path, layout: Layout, first: pl.DataFrame) -> None:
        self._raw = path.open("wb")
        # No name and no time in the header: the same records give the same bytes.
        self._out = (
            cast(IO[bytes], gzip.GzipFile("", "wb", _GZIP_LEVEL, self._raw, mtime=0))
            if layout.gzip
            else self._raw
        )
        self._layout = layout
        self._encoding = layout.encoding.removesuffix("-sig")
        self._end = "\r\n" if layout.crlf else "\n"
        if layout.encoding == "utf-8-sig":
            self._out.write(b"\xef\xbb\xbf")
        if layout.delimiter is not None:
            self._out.write(self._render(first.clear(), header=True))

    def write(self, frame: pl.DataFrame, dirt: Mapping[int, Dirt]) -> None:
        done = 0
        for offset in sorted(dirt):
            self._write_clean(frame[done:offset])
            self._out.write(spoiled(frame[offset : offset + 1], dirt[offset], self._render))
            done = offset + 1
        self._write_clean(frame[done:])

    def close(self) -> None:
        self._out.close()
        self._raw.close()

    def _write_clean(self, frame: pl.DataFrame) -> None:
        for part in frame.iter_slices(_TEXT_ROWS):
            self._out.write(self._render(part))

    def _render(self, frame: pl.DataFrame, *, header: bool = False) -> bytes:
        buffer = io.BytesIO()
        if self._layout.delimiter is None:
            times = [name for name, kind in frame.schema.items() if isinstance(kind, pl.Datetime)]
            frame.with_columns(pl.col(times).dt.to_string(_TIMESTAMP)).write_ndjson(buffer)
        else:
            frame.write_csv(
                buffer,
                include_header=header,
                separator=self._layout.delimiter,
                line_terminator=self._end,
                datetime_format=_TIMESTAMP,
            )
        data = buffer.getvalue()
        if self._layout.delimiter is None and self._layout.crlf:
            data = data.replace(b"\n", b"\r\n")
        return data if self._encoding == "utf-8" else data.decode().encode(self._encoding)


class _ParquetSink:
    def __init__(self, path: Path, layout: Layout, first: pl.DataFrame) -> None:
        # A dictionary of nearly distinct values costs time and space.
        repeated = [name for name in first.columns if first[name].n_unique() * 2 <= len(first)]
        # Without Polars' own schema note, every reader sees plain strings.
        self._writer = pq.ParquetWriter(
            path,
            first.to_arrow().schema,
            compression="snappy",
            use_dictionary=repeated,
            store_schema=False,
        )

    def write(self, frame: pl.DataFrame, dirt: Mapping[int, Dirt]) -> None:
        self._writer.write_table(frame.to_arrow(), row_group_size=len(frame))

    def close(self) -> None:
        self._writer.close()


class _AvroSink:
    """Polars encodes the blocks; header and sync marker are ours, since Polars leaves the record nameless."""

    def __init__(self, path: Path, layout: Layout, first: pl.DataFrame) -> None:
        fields = [{"name": name, "type": ["null", _AVRO_TYPES[kind]]} for name, kind in first.schema.items()]
        record = {"type": "record", "name": "Record", "namespace": "tokumei.synthetic", "fields": fields}
        text = json.dumps(record, ensure_ascii=False).encode()
        self._sync = hashlib.md5(text, usedforsecurity=False).digest()
        self._out = path.open("wb")
        meta = [(b"avro.schema", text), (b"avro.codec", b"null")]
        entries = b"".join(_avro_bytes(key) + _avro_bytes(value) for key, value in meta)
        self._out.write(b"Obj\x01" + _avro_long(len(meta)) + entries + _avro_long(0) + self._sync)

    def write(self, frame: pl.DataFrame, dirt: Mapping[int, Dirt]) -> None:
        for part in frame.iter_slices(_AVRO_BLOCK_ROWS):
            buffer = io.BytesIO()
            part.write_avro(buffer)
            data = buffer.getvalue()
            start = data.index(_POLARS_SYNC) + len(_POLARS_SYNC)
            self._out.write(data[start : -len(_POLARS_SYNC)] + self._sync)

    def close(self) -> None:
        self._out.close()


_SINKS: Mapping[str, Callable[[Path, Layout, pl.DataFrame], Sink]] = {
    "csv": _TextSink,
    "tsv": _TextSink,
    "parquet": _ParquetSink,
    "avro": _AvroSink,
    "jsonl": _TextSink,
}


def _avro_long(value: int) -> bytes:
    """Encode a non-negative number as Avro's zigzag variable-length integer."""
    rest, out = value << 1, bytearray()
    while rest > 0x7F:
        out.append(rest & 0x7F | 0x80)
        rest >>= 7
    return bytes([*out, rest])


def _avro_bytes(value: bytes) -> bytes:
    return _avro_long(len(value)) + value
