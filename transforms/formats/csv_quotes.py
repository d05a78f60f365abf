"""What is written strictly, and what is only hidden: quotes, escaped characters, and spaces before cells.

A quote is legal only where it opens a cell, ends it, or is doubled within it. pyarrow's parser takes any
other for text, and drops or keeps it, so that a cell may end up in another column; here it is found.

Options of the dialect are hidden from those who look for quotes and line breaks: `masked` returns a text of
the same length, in which what is escaped is letters, and the spaces before a quoted cell are empty cells.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Positions = npt.NDArray[np.int64]
QUOTE, LF, CR, _BACKSLASH, _SPACE, _EQUALS = b'"\n\r\\ ='
_HIDDEN = ord("x")
_DOUBLE = re.compile(rb"[\x81-\x9f\xe0-\xfc][\x40-\x7e\x80-\xfc]")


class Dialect(NamedTuple):
    """How the text is written."""

    delimiter: str
    encoding: str
    escape: bool = False
    skip_space: bool = False

    @property
    def ambiguous(self) -> bool:
        """Whether the delimiter's byte may also be the second byte of a character, as ``|`` in CP932."""
        return self.encoding == "cp932" and self.delimiter >= "@"

    @property
    def decoded(self) -> Dialect:
        """The same of the text once it is UTF-8."""
        return self._replace(encoding="utf-8")


def masked(data: bytes, dialect: Dialect) -> bytes:
    """Return a text of the same length without escapes, nor spaces before quoted cells.

    Args:
        data: a text that begins at a record.
        dialect: how it is written.
    """
    if dialect.encoding == "cp932" and (dialect.escape or dialect.skip_space) and not data.isascii():
        data = _DOUBLE.sub(b"xx", data)  # its second byte may be a backslash
    if dialect.escape and b"\\" in data:
        data = _without_escapes(data)
    if dialect.skip_space and (b' "' in data or b' ="' in data):
        data = _spaces(dialect.delimiter).sub(lambda m: dialect.delimiter.encode() * len(m[0]), data)
    return data


@cache
def _spaces(delimiter: str) -> re.Pattern[bytes]:
    return re.compile(rb'(?:(?<=[%s\r\n])|\A) +(?==?")' % re.escape(delimiter.encode()))


def _without_escapes(data: bytes) -> bytes:
    view = np.frombuffer(data, np.uint8).copy()
    at = np.flatnonzero(view == _BACKSLASH)
    place = np.arange(len(at))
    begins = np.append(True, at[1:] != at[:-1] + 1)
    escaping = at[(place - np.maximum.accumulate(np.where(begins, place, 0))) % 2 == 0]
    view[escaping] = _HIDDEN
    view[escaping[escaping + 1 < len(view)] + 1] = _HIDDEN
    if escaping[-1] + 1 == len(view):
        view[-1] = QUOTE  # it escapes nothing: as wrong as a quote that is never closed
    return view.tobytes()


def at_edges(data: Bytes, quotes: Positions, dialect: Dialect) -> bool:
    """Return whether every quote of a masked text opens or closes a cell, or is one of a doubled pair within.

    With an even number of quotes, all records are then written strictly.
    """
    delimiter = ord(dialect.delimiter)
    edge = _edges(delimiter)
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


def _edges(delimiter: int) -> npt.NDArray[np.bool_]:
    edge = np.zeros(256, bool)
    edge[[QUOTE, LF, CR, delimiter]] = True
    return edge


def misquoted(text: bytes, ends: Positions, dialect: Dialect) -> npt.NDArray[np.bool_]:
    """Return which records of a masked text, of which ``ends`` are the ends, are not written strictly.

    What Excel writes to keep a text a text, ``="0123"``, is a whole cell and passes, though it is not quoted.
    """
    data = np.frombuffer(text, np.uint8)
    quotes = np.flatnonzero(data == QUOTE)
    record = np.searchsorted(ends, quotes, side="right")
    starts = np.append(0, ends[:-1])
    counts = np.bincount(record, minlength=len(ends))
    firsts = np.cumsum(counts) - counts
    opening = (np.arange(len(quotes)) - firsts[record]) % 2 == 0
    delimiter = ord(dialect.delimiter)
    edge = _edges(delimiter)
    padded = np.concatenate(([LF, LF], data, [LF])).astype(np.uint8)
    before, after = padded[quotes + 1], padded[quotes + 3]
    wrong = np.where(opening, ~edge[before] & (quotes != starts[record]), ~edge[after])
    for i in np.flatnonzero(wrong & opening & (before == _EQUALS)):
        first, last = (int(quotes[i]), int(quotes[i + 1])) if i + 1 < len(quotes) else (0, 0)
        edges = bytes(padded[[first, last + 3]])  # before the equals sign, and after the next quote
        cell = edges + text[first + 1 : last].replace(dialect.delimiter.encode(), b"\n")
        wrong[i] = not re.fullmatch(rb'[%s\r\n]{2}[^"\r\n]*' % re.escape(dialect.delimiter.encode()), cell)
    bad: npt.NDArray[np.bool_] = counts % 2 == 1
    bad[record[wrong]] = True
    return bad


def trimmed(text: bytes, dialect: Dialect) -> bytes:
    r"""Return strict UTF-8 text without the spaces before cells, and with ``\N`` as an empty cell.

    A line of nothing but spaces stays, as it would no longer be a record.
    """
    seen = np.frombuffer(masked(text, dialect._replace(skip_space=False)), np.uint8)
    quotes = np.flatnonzero(seen == QUOTE)
    edge = _edges(ord(dialect.delimiter))
    edge[QUOTE] = False
    padded = np.concatenate(([LF], seen, [LF])).astype(np.uint8)
    view, drop = np.frombuffer(text, np.uint8).copy(), np.zeros(len(text), bool)
    if dialect.skip_space and b" " in text:
        at = np.flatnonzero(seen == _SPACE)
        begins = np.append(True, at[1:] != at[:-1] + 1)[: len(at)]
        run = np.cumsum(begins) - 1
        first, last = at[begins], at[np.append(begins[1:], True)[: len(at)]]
        before, after = padded[first], padded[last + 2]
        line = np.isin(before, (LF, CR)) & np.isin(after, (LF, CR))
        leading = edge[before] & ~line & (np.searchsorted(quotes, first) % 2 == 0)
        drop[at[leading[run]]] = True
    if dialect.escape and b"\\N" in text:
        at = np.array([m.start() for m in re.finditer(rb"\\N", text)], np.int64)
        begun = edge[padded[at]] | (drop[at - 1] & (at > 0))
        whole = (seen[at] == _HIDDEN) & begun & edge[padded[at + 3]]
        whole &= np.searchsorted(quotes, at) % 2 == 0
        view[at[whole]] = view[at[whole] + 1] = QUOTE
    return view[~drop].tobytes()
