"""The frame of an Avro file: its header, and its blocks without what is in them."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any, BinaryIO, NamedTuple

_MAGIC = b"Obj\x01"
_SYNC = 16
_MAX_HEADER = 16 << 20
_MAX_ENTRIES = 10_000
_MAX_BLOCK = 64 << 20  # packed; writers use some 64 KiB
_VARINT = 10  # bytes of the longest 64-bit integer


class Corrupt(Exception):
    """The bytes are not an Avro file, or not a whole one; the text says more, if there is more to say."""


class Frame(NamedTuple):
    """What a file states once for all its blocks, before the first of them.

    Attributes:
        schema: the writer's schema, as JSON.
        codec: how blocks are packed.
        sync: the marker after every block.
        size: bytes of the header.
    """

    schema: Any
    codec: str
    sync: bytes
    size: int


class Block(NamedTuple):
    """One block: first byte in the file, records, bytes from count to marker; begin and bytes of its body."""

    offset: int
    records: int
    size: int
    body: int
    packed: int


def read_frame(source: BinaryIO) -> Frame:
    """Read the header at the start of a file.

    Raises:
        Corrupt: there is none.
    """
    if _exactly(source, len(_MAGIC)) != _MAGIC:
        raise Corrupt
    meta: dict[str, bytes] = {}
    entries = 0
    while count := _long(source):
        if count < 0:
            _long(source)  # the size in bytes, for readers that skip
        for _ in range(abs(count)):
            key = _text(source).decode("utf-8", "replace")
            meta[key] = _text(source)
            entries += 1
            if entries > _MAX_ENTRIES or source.tell() > _MAX_HEADER:
                raise Corrupt
    sync = _exactly(source, _SYNC)
    try:
        schema = json.loads(meta["avro.schema"])
        codec = meta.get("avro.codec", b"null").decode()
    except (KeyError, ValueError, RecursionError):
        raise Corrupt from None
    return Frame(schema, codec, sync, source.tell())


def framed(schema: Any, frame: Frame, records: int, body: bytes) -> bytes:
    """Return a file of one unpacked block, with a schema of its own."""
    text = json.dumps(schema).encode()
    meta = {b"avro.schema": text, b"avro.codec": b"null"}
    out = io.BytesIO()
    out.write(_MAGIC + _encode(len(meta)))
    for key, value in meta.items():
        out.write(_encode(len(key)) + key + _encode(len(value)) + value)
    out.write(_encode(0) + frame.sync + _encode(records) + _encode(len(body)) + body + frame.sync)
    return out.getvalue()


def walk(source: BinaryIO, frame: Frame, start: int, end: int) -> Iterator[Block]:
    """Find the blocks between two offsets that stand between blocks; nothing is unpacked.

    Raises:
        Corrupt: a block does not end with the marker, or not before ``end``.
    """
    at = start
    while at < end:
        source.seek(at)
        records, packed = _long(source), _long(source)
        body = source.tell()
        size = body - at + packed + _SYNC
        if records < 0 or not 0 <= packed <= _MAX_BLOCK or at + size > end:
            raise Corrupt
        source.seek(body + packed)
        if _exactly(source, _SYNC) != frame.sync:
            raise Corrupt
        yield Block(at, records, size, body, packed)
        at += size


def _exactly(source: BinaryIO, size: int) -> bytes:
    data = source.read(size)
    if len(data) != size:
        raise Corrupt
    return data


def _text(source: BinaryIO) -> bytes:
    size = _long(source)
    if not 0 <= size <= _MAX_HEADER:
        raise Corrupt
    return _exactly(source, size)


def _long(source: BinaryIO) -> int:
    """Read a zigzag variable-length integer."""
    value = 0
    for i in range(_VARINT):
        byte = _exactly(source, 1)[0]
        value |= (byte & 0x7F) << (7 * i)
        if byte < 0x80:
            return (value >> 1) ^ -(value & 1)
    raise Corrupt


def _encode(value: int) -> bytes:
    """Write a non-negative integer as `_long` reads it."""
    rest, out = value << 1, bytearray()
    while rest >= 0x80:
        out.append(rest & 0x7F | 0x80)
        rest >>= 7
    return bytes([*out, rest])
