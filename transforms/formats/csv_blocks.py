"""Cutting delimited text into blocks of whole records, before it is decoded.

In UTF-8, CP932 and EUC-JP no byte of a longer character is a quote or a line break, so records can be told
apart in bytes. Where every quote stands at the edge of a field or is doubled, a line break is within a field
exactly when an odd number of quotes precedes it, which numpy finds fast. Other quotes are literal text; then
an exact lexer (a regular expression, some ten times slower) does the same. Both agree with pyarrow's parser,
also under the options of the dialect, which `csv_quotes.masked` hides. A record with literal quotes is
refused later: where it ends must be known for that.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np

from tokumei.schemas.errors import InputError
from tokumei.transforms.formats.csv_quotes import CR, LF, QUOTE, Bytes, Dialect, Positions, at_edges, masked
from tokumei.transforms.formats.streams import MAX_RECORD, too_long

_NEAR = 4096  # quotes from the end among which the last record's end nearly always is


class TextBlock(NamedTuple):
    """Whole records.

    Attributes:
        text: as it is in the file.
        strict: it is known that all quotes are where quotes may be.
        quoted: there may be quotes at all.
    """

    text: bytes
    strict: bool
    quoted: bool


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
) -> Iterator[TextBlock]:
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
    for parts, strict, quoted in _cut_up(read, dialect, size, start, uri):
        yield TextBlock(b"".join(parts), strict, quoted)


def block_sizes(
    read: Callable[[int], bytes], dialect: Dialect, size: int, start: int, uri: str
) -> Iterator[int]:
    """Yield the bytes of each of the `blocks`, which are not put together."""
    for found in _cut_up(read, dialect, size, start, uri):
        yield sum(map(len, found.parts))


class _Found(NamedTuple):
    """A block in the pieces in which it was read, which joined are its text."""

    parts: Sequence[bytes | memoryview]
    strict: bool
    quoted: bool


def _cut_up(
    read: Callable[[int], bytes], dialect: Dialect, size: int, start: int, uri: str
) -> Iterator[_Found]:
    rest = b""
    while True:
        more = read(size)
        final = len(more) < size
        end = 0
        if not dialect.escape and QUOTE not in rest and QUOTE not in more:
            end = len(more) if final else _after_break(more, 0, len(more))
        if end:  # as most often; then the text is copied once, or not at all
            cut = len(rest) + end
            yield _Found((rest, memoryview(more)[:end]), strict=True, quoted=False)
            rest = more[end:]
        else:
            data = rest + more
            cut, strict, quoted = _last_cut(masked(data, dialect), dialect, final=final)
            if cut:
                yield _Found((memoryview(data)[:cut],), strict, quoted)
            rest = data[cut:]
        start += cut
        if final:
            break
        if len(rest) > MAX_RECORD:
            raise too_long(uri, start)
    if rest:
        raise unclosed(uri, start)


def unclosed(uri: str, start: int) -> InputError:
    """Return the error for a quote that swallows the rest of a file."""
    return InputError(
        "csv.quote",
        where=f"{uri}, byte {start}",
        what="a quote in the record that begins here is never closed",
        fix="close the quote there, declare escape if backslashes stand before quotes, or copy the file again"
        " if it is truncated",
    )


def whole_records(text: bytes, dialect: Dialect) -> TextBlock:
    """Return the records of the beginning of a text that are surely whole."""
    cut, strict, quoted = _last_cut(masked(text, dialect), dialect, final=False)
    return TextBlock(text[:cut], strict, quoted)


def record_ends(block: bytes, dialect: Dialect) -> Positions:
    """Return where each record of a masked block ends, line break included; blank lines are records here."""
    data = np.frombuffer(block, np.uint8)
    quotes = np.flatnonzero(data == QUOTE)
    if at_edges(data, quotes, dialect):
        ends = _unquoted_breaks(data, quotes)
    else:
        # With a last line break every record matches where the one before it ends.
        ended = _lexer(dialect).record.finditer(block + b"\n")
        ends = np.fromiter((m.end() for m in ended), np.int64)
        ends = ends[ends <= len(block)]
    if not len(ends) or ends[-1] != len(block):
        ends = np.append(ends, len(block))
    return ends


def record_begins(block: bytes, dialect: Dialect) -> Positions:
    """Return where the records of a block of whole ones begin; blank lines are none here."""
    begins = np.append(0, record_ends(masked(block, dialect), dialect)[:-1])
    found: Positions = begins[~np.isin(np.frombuffer(block, np.uint8)[begins], (LF, CR))]
    return found


def first_record(block: bytes, dialect: Dialect) -> tuple[int, int]:
    """Return start and end of the first record of a masked block that is no blank line; equal if none is."""
    start = len(block) - len(block.lstrip(b"\r\n"))
    lexer = _lexer(dialect)
    found = lexer.record.match(block, start) or lexer.last.match(block, start)
    return start, found.end() if found else start


class _Cut(NamedTuple):
    """Where a block can end, and what `TextBlock` tells of it."""

    end: int
    strict: bool
    quoted: bool


def _last_cut(data: bytes, dialect: Dialect, *, final: bool) -> _Cut:
    """Find the end of the last record that surely ends in masked data, which begins at a record."""
    if QUOTE not in data:
        return _Cut(len(data) if final else _after_break(data, 0, len(data)), strict=True, quoted=False)
    array = np.frombuffer(data, np.uint8)
    quotes = np.flatnonzero(array == QUOTE)
    if not at_edges(array, quotes, dialect):
        return _Cut(_lexed_cut(data, dialect, final=final), strict=False, quoted=True)
    return _Cut(_edged_cut(data, array, quotes, final=final), strict=True, quoted=True)


def _edged_cut(data: bytes, array: Bytes, quotes: Positions, *, final: bool) -> int:
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


def _unquoted_breaks(data: Bytes, quotes: Positions, first: int = 0) -> Positions:
    """Return the ends of the records from an opening quote's (even) number on, where quotes are at edges."""
    begin = int(quotes[first - 1]) + 1 if first else 0
    breaks = begin + np.flatnonzero((data[begin:] == LF) | (data[begin:] == CR))
    ends: Positions = breaks[np.searchsorted(quotes[first:], breaks) % 2 == 0] + 1
    return ends


def _after_break(data: bytes, start: int, end: int) -> int:
    line_feed = data.rfind(b"\n", start, end)
    return max(line_feed, data.rfind(b"\r", max(start, line_feed), end)) + 1


def _lexed_cut(data: bytes, dialect: Dialect, *, final: bool) -> int:
    lexer = _lexer(dialect)
    found = lexer.records.match(data)
    cut = found.end() if found else 0
    return len(data) if final and lexer.last.match(data, cut) else cut
