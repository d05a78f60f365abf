"""What stands above the records of a delimited file: ``sep=``, lines to skip, and the column names."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

import pyarrow as pa
import pyarrow.csv as pacsv

from tokumei.schemas.errors import InputError
from tokumei.schemas.source import Source
from tokumei.schemas.splits import SourceFile
from tokumei.transforms.formats.containers import refuse_json
from tokumei.transforms.formats.csv_blocks import first_record, record_ends, unclosed
from tokumei.transforms.formats.csv_quotes import Dialect, masked, misquoted, trimmed
from tokumei.transforms.formats.garbled import is_utf8
from tokumei.transforms.formats.streams import MAX_RECORD, open_text, too_long
from tokumei.transforms.storage.base import Store
from tokumei.transforms.values.encodings import decoded, fitting, refuse_other_encoding

_READ = 1 << 16  # bytes read at first
_SEP = re.compile(
    rb'"?sep=([^\w"\r\n\x80-\xff])"?[,;\t]*(?:\r\n|\r(?!\Z)|\n)', re.IGNORECASE
)  # Excel's own line
_LINE = re.compile(rb"[^\r\n]*(?:\r\n|\r(?!\Z)|\n)")
_MARK = "\ufeff".encode()


class Head(NamedTuple):
    """What a file begins with.

    Attributes:
        names: the column names, in the order of the file; None where it has no such line.
        size: bytes from the start of the text, after any byte order mark, to the first record.
        dialect: how the text is written.
    """

    names: list[str] | None
    size: int
    dialect: Dialect


def read_head(source: Source, file: SourceFile, store: Store) -> Head:
    """Read what stands above the records.

    Raises:
        InputError: the header cannot be decoded or is not quoted strictly, or the line ``sep=`` says
            something else than the policy.
    """
    with open_text(file, store, 0, file.size, source.encoding) as stream:
        data = b""
        while True:
            size = max(_READ, len(data))
            more = stream.read(size)
            data += more
            found = _find(data, source, file, final=len(more) < size)
            if found is not None:
                return found
            if len(data) > MAX_RECORD:
                raise too_long(file.uri, stream.start)


def _find(data: bytes, source: Source, file: SourceFile, *, final: bool) -> Head | None:
    """Return the head of a text; None if more of it must be seen."""
    length = len(data)
    data += b"\n" if final else b""  # a last CR is then surely a line break
    sep = _SEP.match(data)
    at = sep.end() if sep else 0
    for _ in range(source.skip_rows):
        line = _LINE.match(data, at)
        if line is None and not final:
            return None
        at = line.end() if line else length
    if not final and not data[at:].strip(b"\r\n"):
        return None
    dialect = _dialect(source, sep, file)
    start, end = first_record(masked(data[at:], dialect), dialect) if source.header else (0, 0)
    if end == start:
        if not source.header or not data[at + start :]:
            return Head(None, min(at, length), dialect)
        if final:
            raise unclosed(file.uri, at + start)
        return None
    if at + end == len(data) and not final:
        return None
    names = _names(data[at + start : at + end], dialect, file)
    return Head(names, min(at + end, length), dialect)


def _dialect(source: Source, sep: re.Match[bytes] | None, file: SourceFile) -> Dialect:
    delimiter = source.field_delimiter
    if sep is not None:
        said = sep[1].decode("latin-1")
        if source.delimiter is None and source.facts.fixed is None:
            delimiter = said
        if said != delimiter:
            raise InputError(
                "csv.sep",
                where=f"{file.uri}, first line",
                what="the line sep= names another delimiter than the policy",
                fix="correct delimiter, or the file",
            )
    return Dialect(delimiter, source.text_encoding, source.escape is not None, source.skip_initial_space)


def _names(record: bytes, dialect: Dialect, file: SourceFile) -> list[str]:
    where = f"{file.uri}, header"
    refuse_json(record, file.uri)
    refuse_other_encoding(record, dialect.encoding, where)
    text = as_utf8(record, dialect.encoding)
    if text is None:
        found = fitting(record, dialect.encoding)
        raise InputError(
            "input.encoding",
            where=where,
            what=f"the header is not {dialect.encoding}{f'; it is {found}' if found else ''}",
            fix=f"declare encoding: {found}"
            if found
            else "correct encoding: utf-8, cp932 (Shift_JIS) or euc_jp",
        )
    names = _strict_names(text, dialect)
    if names is None:
        raise InputError(
            "csv.header_quotes",
            where=where,
            what="a quote stands within a name, or after spaces",
            fix="correct the header or delimiter; see escape and skip_initial_space, and skip_rows for lines"
            " above it",
        )
    return list(names)


@lru_cache(maxsize=64)
def _strict_names(text: bytes, dialect: Dialect) -> tuple[str, ...] | None:
    """Return the names in a header; None if it is not quoted strictly. Files of one table begin alike."""
    seen = masked(text, dialect.decoded)
    if misquoted(seen, record_ends(seen, dialect.decoded), dialect.decoded).any():
        return None
    text = trimmed(text, dialect.decoded)
    text += b"\n"  # pyarrow takes no header without a line break
    options = pacsv.ReadOptions(use_threads=False, block_size=len(text) + 1)
    return tuple(pacsv.read_csv(pa.py_buffer(text), options, parse_options(dialect)).column_names)


def parse_options(dialect: Dialect, skip: object = None, *, quoted: bool = True) -> pacsv.ParseOptions:
    """Return pyarrow's options for decoded text.

    Args:
        dialect: how it is written.
        skip: what becomes of a record with another number of fields; by default it is an error.
        quoted: there may be quotes; without any it is parsed faster.
    """
    return pacsv.ParseOptions(
        delimiter=dialect.delimiter,
        quote_char='"' if quoted else False,
        newlines_in_values=True,
        escape_char="\\" if dialect.escape else False,
        invalid_row_handler=skip,
    )


def as_utf8(block: bytes, encoding: str) -> bytes | None:
    """Return text as checked UTF-8; None if it is not text of this encoding or holds a NUL."""
    if encoding != "utf-8" and not block.isascii():
        try:
            block = decoded(block, encoding).encode()
        except UnicodeDecodeError:
            return None
    elif not is_utf8(block):
        return None
    if b"\0" in block:
        return None
    # pyarrow drops a byte order mark at the start of what it reads; here it is text.
    return _MARK + block if block.startswith(_MARK) else block
