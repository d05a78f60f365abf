"""What an Avro file could do to its reader: small files that unpack, or count, without end."""

from __future__ import annotations

import bz2
import lzma
import zlib
from typing import Any

import pyarrow as pa

from tokumei.transforms.formats.avro_container import Corrupt
from tokumei.transforms.formats.avro_schema import full_name, namespace_of

MAX_UNPACKED = 64 << 20  # bytes of a block; writers begin a new one after some 64 KiB
_MAX_EMPTY = 1 << 20  # records of a block that take no byte
_MAX_DEPTH = 32
_MEMORY = 128 << 20  # of a decompressor; xz -9 asks for half
_SIZES = {"null": 0, "float": 4, "double": 8}  # of the others at least one byte
_NAMED = {"record", "enum", "fixed"}
CODECS = ("null", "deflate", "bzip2", "xz", "snappy", "zstandard")
_CHECKSUM = 4  # bytes of a CRC-32 after a block of snappy


class TooLarge(Exception):
    """A block is larger than a reader will hold."""


class Endless(Exception):
    """The schema lets values be nested, or be repeated without taking a byte, as often as a file says."""


def unpacked(body: bytes, codec: str, records: int) -> bytes:
    """Return the bytes of a block.

    Raises:
        Corrupt: they were not packed so, or cannot be so many records.
        TooLarge: they are more than MAX_UNPACKED.
    """
    data = body
    try:
        if codec == "deflate":
            data = _whole(zlib.decompressobj(-zlib.MAX_WBITS), body)
        elif codec == "bzip2":
            data = _whole(bz2.BZ2Decompressor(), body)
        elif codec == "xz":
            data = _whole(lzma.LZMADecompressor(memlimit=_MEMORY), body)
        elif codec == "snappy":
            data = _snappy(body)
        elif codec == "zstandard":
            data = _zstandard(body)
    except (zlib.error, OSError, lzma.LZMAError, EOFError, pa.ArrowException):
        raise Corrupt(f"a block is not packed with {codec} as the file states, or is corrupt") from None
    if records > max(len(data), _MAX_EMPTY):
        raise Corrupt
    return data


def _whole(decompressor: Any, body: bytes) -> bytes:
    data: bytes = decompressor.decompress(body, MAX_UNPACKED + 1)
    if len(data) > MAX_UNPACKED:
        raise TooLarge
    if not decompressor.eof:
        raise Corrupt
    return data


def _snappy(body: bytes) -> bytes:
    """Unpack a block of snappy, which begins with its size, 7 bits a byte, and ends with its checksum."""
    packed, size, at = body[:-_CHECKSUM], 0, 0
    while True:
        if at >= min(len(packed), 5):
            raise Corrupt
        size |= (packed[at] & 0x7F) << 7 * at
        at += 1
        if packed[at - 1] < 0x80:
            break
    if size > MAX_UNPACKED:
        raise TooLarge
    data: bytes = pa.Codec("snappy").decompress(packed, size, asbytes=True)
    if zlib.crc32(data) != int.from_bytes(body[-_CHECKSUM:], "big"):
        raise Corrupt
    return data


def _zstandard(body: bytes) -> bytes:
    with pa.CompressedInputStream(pa.BufferReader(body), "zstd") as stream:
        data: bytes = stream.read(MAX_UNPACKED + 1)
    if len(data) > MAX_UNPACKED:
        raise TooLarge
    return data


def refuse_endless(schema: Any) -> None:
    """Check a schema, of which only the JSON is known to be right.

    Raises:
        Corrupt: it is no schema.
        Endless: it contains itself, is nested too deep, or has lists of what takes no byte.
    """
    _smallest(schema, {}, 0, "")


def _smallest(schema: Any, sizes: dict[str, int | None], depth: int, namespace: str) -> int:
    """Return the fewest bytes of a value; ``sizes`` are those of named types, None within their own."""
    if depth > _MAX_DEPTH:
        raise Endless
    if isinstance(schema, str):
        known = sizes.get(full_name(schema, namespace), _SIZES.get(schema, 1))
        if known is None:
            raise Endless
        return known
    if isinstance(schema, list):
        for branch in schema:
            _smallest(branch, sizes, depth + 1, namespace)
        return 1
    if not isinstance(schema, dict):
        raise Corrupt
    kind, name = schema.get("type"), schema.get("name", "")
    if isinstance(kind, str) and kind in _NAMED:
        if not isinstance(name, str):
            raise Corrupt
        inside = namespace_of(schema, namespace)
        name = full_name(name, inside)
        sizes[name] = None
        sizes[name] = size = _size_of_named(schema, kind, sizes, depth, inside)
        return size
    inner = {"array": "items", "map": "values"}.get(kind) if isinstance(kind, str) else None
    if inner is None:
        return _smallest(kind, sizes, depth + 1, namespace)
    if _smallest(schema.get(inner), sizes, depth + 1, namespace) == 0 and kind == "array":
        raise Endless
    return 1


def _size_of_named(
    schema: dict[str, Any], kind: str, sizes: dict[str, int | None], depth: int, namespace: str
) -> int:
    if kind == "enum":
        return 1
    if kind == "fixed":
        size = schema.get("size")
        if not isinstance(size, int) or size < 0:
            raise Corrupt
        return size
    fields = schema.get("fields")
    if not isinstance(fields, list) or not all(isinstance(field, dict) for field in fields):
        raise Corrupt
    return sum(_smallest(field.get("type"), sizes, depth + 1, namespace) for field in fields)
