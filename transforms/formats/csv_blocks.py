"""Cutting delimited text into blocks of whole records, before it is decoded.

In UTF-8, CP932 and EUC-JP no byte of a longer character is a quote or a line break, so records can be told
apart in bytes. Where every quote stands at the edge of a field or is doubled, a line break is within a field
exactly when an odd number of quotes precedes it, which numpy finds fast. Other quotes are literal text; then
an exact lexer (a regular expression, some ten times slower) does the same. Both agree with pyarrow's parser.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tokumei.schemas.errors import InputError
from tokumei.transforms.formats.streams import MAX_RECORD, too_long

_QUOTE, _LF, _CR = b'"\n\r'
_NEAR = 4096  # quotes from the end among which the last record's end nearly always is

Positions = npt.NDArray[np.int64]


class Dialect(NamedTuple):
    """How the text is written."""

    delimiter: str
    encoding: str

    @property
    def ambiguous(self) -> bool:
        """Whether the delimiter's byte may also be the second byte of a character, as ``|`` in CP932."""
        return self.encoding == "cp932" and self.delimiter >= "@"


class _Lexer(NamedTuple):
    record: re.Pattern[bytes]  # one record with its line break
    records: re.Pattern[bytes]  # as many as there are
    last: re.Pattern[bytes]  # one record without line break, at the end of the file


@cache
def _lexer(dialect: Dialect) -> _Lexer:
    delimiter = re.escape(dialect.delimiter.encode())
    plain = rb"[^%s\r\n]" % delimiter
    if dialect.ambiguous:
        plain = rb"(?:[\x81-\x9f\xe0-\xfc][\x40-\x7e\x80-\xfc]|%s)" % plain
    # A quote opens a quoted part only at the start of a field; what follows its end is literal.
    field = rb'(?:"[^"]*+(?:""[^"]*+)*+"%s*+|(?!")%s*+)' % (plain, plain)
    record = rb"%s(?:%s%s)*+" % (field, delimiter, field)
    ended = rb"%s(?:\r\n|\r|\n)" % record
    return _Lexer(*(re.compile(p) for p in (ended, rb"(?:%s)*+" % ended, record + rb"\Z")))


def blocks(
    read: Callable[[int], bytes], dialect: Dialect, size: int, start: int, uri: str
) -> Iterator[bytes]:
    """Cut a text that begins at a record into blocks of whole records, of about ``size`` bytes.

    The blocks joined are the text. A block may begin with the LF of a CRLF, which reads as a blank line.

    Args:
        read: gives the next bytes of the text, fewer than asked for only at its end.
        dialect: how the text is written.
        size: bytes to read at a time.
        start: offset of the text in its file, for messages.
        uri: the file, for messages.

    Raises:
        InputError: a quote is never closed, or a record is longer than MAX_RECORD.
    """
    rest = b""
    while True:
        more = read(size)
        data = rest + more
        final = len(more) < size
        cut = _last_cut(data, dialect, final=final)
        if cut:
            yield data[:cut]
        start, rest = start + cut, data[cut:]
        if final:
            break
        if len(rest) > MAX_RECORD:
            raise too_long(uri, start)
    if rest:
        raise InputError(
            "csv.quote",
            where=f"{uri}, byte {start}",
            what="a quote in the record that begins here is never closed",
            fix="close the quote there, or copy the file again if it is truncated",
        )


def record_ends(block: bytes, dialect: Dialect) -> Positions:
    """Return where each record of a block ends, line break included; blank lines count as records here."""
    data = np.frombuffer(block, np.uint8)
    quotes = np.flatnonzero(data == _QUOTE)
    if _at_edges(data, quotes, dialect):
        ends = _unquoted_breaks(data, quotes)
    else:
        # With a last line break every record matches where the one before it ends.
        ended = _lexer(dialect).record.finditer(block + b"\n")
        ends = np.fromiter((m.end() for m in ended), np.int64)
        ends = ends[ends <= len(block)]
    if not len(ends) or ends[-1] != len(block):
        ends = np.append(ends, len(block))
    return ends


def first_record(block: bytes, dialect: Dialect) -> tuple[int, int]:
    """Return start and end of the first record of a block that is not blank; equal if there is none."""
    start = len(block) - len(block.lstrip(b"\r\n"))
    lexer = _lexer(dialect)
    found = lexer.record.match(block, start) or lexer.last.match(block, start)
    return start, found.end() if found else start


def _last_cut(data: bytes, dialect: Dialect, *, final: bool) -> int:
    """Return the end of the last record that surely ends in data, which begins at a record."""
    if _QUOTE not in data:
        return len(data) if final else _after_break(data, 0, len(data))
    array = np.frombuffer(data, np.uint8)
    quotes = np.flatnonzero(array == _QUOTE)
    if not _at_edges(array, quotes, dialect):
        return _lexed_cut(data, dialect, final=final)
    if final and len(quotes) % 2 == 0:
        return len(data)
    if len(quotes) % 2 == 0:
        cut = _after_break(data, int(quotes[-1]), len(data))
        if cut:
            return cut
    for first in (max(0, len(quotes) - _NEAR) // 2 * 2, 0):
        ends = _unquoted_breaks(array, quotes, first)
        if len(ends):
            return int(ends[-1])
    return 0


def _unquoted_breaks(data: npt.NDArray[np.uint8], quotes: Positions, first: int = 0) -> Positions:
    """Return the ends of the records from an opening quote's (even) number on, where quotes are at edges."""
    begin = int(quotes[first - 1]) + 1 if first else 0
    breaks = begin + np.flatnonzero((data[begin:] == _LF) | (data[begin:] == _CR))
    ends: Positions = breaks[np.searchsorted(quotes[first:], breaks) % 2 == 0] + 1
    return ends


def _after_break(data: bytes, start: int, end: int) -> int:
    return max(data.rfind(b"\n", start, end), data.rfind(b"\r", start, end)) + 1


def _lexed_cut(data: bytes, dialect: Dialect, *, final: bool) -> int:
    lexer = _lexer(dialect)
    found = lexer.records.match(data)
    cut = found.end() if found else 0
    return len(data) if final and lexer.last.match(data, cut) else cut


def _at_edges(data: npt.NDArray[np.uint8], quotes: Positions, dialect: Dialect) -> bool:
    """Return whether every quote opens or closes a field, or is one of a doubled pair within one."""
    delimiter = ord(dialect.delimiter)
    edge = np.zeros(256, bool)
    edge[[_QUOTE, _LF, _CR, delimiter]] = True
    opening, closing = quotes[0::2], quotes[1::2]
    opening, closing = opening[opening > 0], closing[closing < len(data) - 1]
    before = data[opening - 1]
    if not edge[before].all() or not edge[data[closing + 1]].all():
        return False
    if dialect.ambiguous:
        # After an ASCII character it is surely a delimiter; otherwise let the lexer find out.
        doubtful = opening[(before == delimiter) & (opening > 1)]
        return bool((data[doubtful - 2] < 0x80).all())
    return True
