"""What a file is by its first bytes, and how text is unpacked: gzip, bzip2, and a zip of one file."""

from __future__ import annotations

import bz2
import gzip
import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, NamedTuple, NoReturn, cast

from tokumei.schemas.errors import InputError
from tokumei.schemas.formats import SOURCE_FORMATS, listed
from tokumei.schemas.splits import SourceFile
from tokumei.transforms.storage.base import Store

HEAD = 512  # bytes that tell what a file is
_BLOCK = 8 << 20
_GZIP, _BZIP2, _ZIP = b"\x1f\x8b", re.compile(rb"BZh[1-9]1AY&SY"), (b"PK\x03\x04", b"PK\x05\x06")
_UNPACK = "unpack it first, or pack it with gzip"
_ZIPPED = "a zip file"
_WORKBOOK = "an Excel workbook"
_SAVE = "open it there and save the table as CSV (UTF-8)"


class _Kind(NamedTuple):
    begins: re.Pattern[bytes]
    name: str
    fix: str


# Signatures as in file(1) and the formats' own descriptions; what a text may begin with is none.
_KINDS = [
    _Kind(re.compile(begins, re.DOTALL), name, fix)
    for begins, name, fix in (
        (rb"\x1f\x8b", "a gzip file", "unpack it first: gunzip"),
        (rb"BZh[1-9]1AY&SY", "a bzip2 file", "unpack it first: bunzip2"),
        (rb"PK\x03\x04|PK\x05\x06", _ZIPPED, "unpack it first"),
        (rb"\xfd7zXZ\x00", "an xz file", _UNPACK),
        (rb"\x28\xb5\x2f\xfd", "a Zstandard file", _UNPACK),
        (rb"7z\xbc\xaf\x27\x1c", "a 7z archive", _UNPACK),
        (rb"Rar!\x1a\x07", "a rar archive", _UNPACK),
        (rb"..-l[hz][0-9ds]-", "an LHA archive", _UNPACK),
        (rb".{257}ustar", "a tar archive", "unpack it first, and name the files in it"),
        (
            rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
            "an old Excel workbook (.xls) or one with a password",
            "open it in Excel and save it without a password as .xlsx or as CSV (UTF-8)",
        ),
        (rb"%PDF-", "a PDF document", "ask for the data behind it as CSV or as an Excel workbook"),
        (rb"\{\\rtf", "an RTF document", _SAVE),
        (rb"SQLite format 3\x00", "an SQLite database", "export its table as CSV (UTF-8)"),
        (rb"PAR1[\x00-\x1f]", "a Parquet file", ""),
        (rb"Obj\x01", "an Avro file", ""),
        (rb"ARROW1\x00\x00", "an Arrow file", "write it as Parquet"),
        (rb"(?i)\s*<(!doctype html|html|head|table|meta)[\s>]", "an HTML page", _SAVE),
        (rb"\s*<\?xml", "an XML file", _SAVE),
    )
]  # fmt: skip
_ARRAY = re.compile(rb"\s*\[\s*(\{|\Z|\])")
_OBJECT = re.compile(rb'\s*\{\s*("(?:[^"\\]|\\.)*"\s*:|\Z)', re.DOTALL)
_SPREAD = re.compile(rb"\s*\{[ \t]*\r?\n")


def _formats(called: str) -> str:
    """Return the formats of what is called so, as a sentence lists them."""
    return listed((name for name, facts in SOURCE_FORMATS.items() if facts.called == called), "or")


def named(head: bytes) -> tuple[str, str] | None:
    """Return what a file is by its first bytes and what to do with it; None if it may be text."""
    for kind in _KINDS:
        if kind.begins.match(head):
            return kind.name, kind.fix or f"declare format: {_formats(kind.name)}"
    return None


def refuse_container(head: bytes, uri: str) -> None:
    """Check that the first bytes of a file may be text.

    Raises:
        InputError: naming what it is instead.
    """
    found = named(head)
    if found:
        raise InputError("input.kind", where=uri, what=f"the file is {found[0]}", fix=found[1])


def refuse_other_kind(file: SourceFile, store: Store, called: str | None) -> None:
    """Check that a file which cannot be read as what it is called is not something else that can be named.

    Raises:
        InputError: naming what it is instead.
    """
    with store.open_input(file) as source:
        found = named(source.read(HEAD))
        source.seek(0)
        packed = found is not None and found[0] == _ZIPPED
        if found is None or found[0] == called or (packed and called == _WORKBOOK):
            return
        if packed:
            opened_packing(source, file.uri)  # which names a workbook
    raise InputError("input.kind", where=file.uri, what=f"the file is {found[0]}", fix=found[1])


def refuse_array(head: bytes, uri: str) -> None:
    """Check that a file of JSON lines does not begin as one array, or as an object over several lines.

    Raises:
        InputError: it does.
    """
    array = _ARRAY.match(head)
    if array or _SPREAD.match(head):
        what = "a JSON array" if array else "a JSON object over several lines"
        raise InputError(
            "input.json",
            where=uri,
            what=f"the file is {what}, not one object a line",
            fix="write each record on a line of its own: jq -c '.[]' makes lines of an array",
        )


def refuse_json(head: bytes, uri: str) -> None:
    """Check that delimited text does not begin as JSON.

    Raises:
        InputError: it does.
    """
    if _ARRAY.match(head) or _OBJECT.match(head):
        raise InputError(
            "input.kind",
            where=uri,
            what="the file is JSON, not delimited text",
            fix=f"declare format: {_formats('JSON lines')}, with one object a line",
        )


class Packing(NamedTuple):
    """How a file is compressed, and its text as a stream."""

    kind: str
    text: BinaryIO


def opened_packing(source: BinaryIO, uri: str) -> Packing | None:
    """Return the text of a compressed file, None if it is not compressed.

    Only what is asked for is unpacked at a time, so that no file needs much memory.

    Args:
        source: the file, from its start on; it is left anywhere.
        uri: the file, for messages.

    Raises:
        InputError: a zip that does not hold one file that can be read.
    """
    head = source.read(HEAD)
    source.seek(0)
    # Unpackers read little at a time; from Cloud Storage each read would be a request.
    if head.startswith(_GZIP):
        wide = io.BufferedReader(cast(io.RawIOBase, source), _BLOCK)
        return Packing("gzip", cast(BinaryIO, gzip.GzipFile(fileobj=wide)))
    if _BZIP2.match(head):
        wide = io.BufferedReader(cast(io.RawIOBase, source), _BLOCK)
        return Packing("bzip2", cast(BinaryIO, bz2.BZ2File(wide)))
    if head.startswith(_ZIP):
        with unpacking("zip", uri):
            return Packing("zip", cast(BinaryIO, _only_member(zipfile.ZipFile(source), uri)))
    return None


@contextmanager
def unpacking(kind: str, uri: str) -> Iterator[None]:
    """Turn the errors of unpackers into ours.

    Raises:
        InputError: the compressed file is truncated or corrupt.
    """
    try:
        yield
    except (EOFError, OSError, ValueError, struct.error, zlib.error, zipfile.BadZipFile):
        raise InputError(
            f"input.{kind}",
            where=uri,
            what=f"the {kind} file is truncated or corrupt",
            fix="copy or create the file again",
        ) from None
    except (NotImplementedError, RuntimeError):
        _refuse_zip(uri, "is packed in a way that cannot be read")


def _only_member(opened: zipfile.ZipFile, uri: str) -> zipfile.ZipExtFile:
    """Open the one file of a zip; what macOS and Windows add to it does not count."""
    members = [
        m
        for m in opened.infolist()
        if not m.is_dir()
        and not m.filename.startswith("__MACOSX/")
        and m.filename.rpartition("/")[2] not in {".DS_Store", "Thumbs.db", "desktop.ini"}
    ]
    if any(m.filename == "[Content_Types].xml" for m in members):
        workbook = any(m.filename.startswith("xl/") for m in members)
        raise InputError(
            "input.kind",
            where=uri,
            what=f"the file is {'an Excel workbook (.xlsx)' if workbook else 'a document of Office'}",
            fix=f"declare format: {_formats(_WORKBOOK)}, or save the table as CSV" if workbook else _SAVE,
        )
    if len(members) != 1:
        _refuse_zip(uri, f"holds {len(members):,} files" if members else "holds no file")
    if members[0].flag_bits & 1:
        _refuse_zip(uri, "is encrypted")
    if members[0].compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2}:
        _refuse_zip(uri, "is packed in a way that cannot be read")
    return cast(zipfile.ZipExtFile, opened.open(members[0]))


def _refuse_zip(uri: str, what: str) -> NoReturn:
    raise InputError(
        "input.zip",
        where=uri,
        what=f"the zip {what}; only one of a single file is read, without a password",
        fix="unpack it, and name the files in it by path",
    )
