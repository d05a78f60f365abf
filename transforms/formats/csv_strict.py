"""From bytes to strict text, without records that are no text, begin another file, or are quoted loosely."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tokumei.transforms.formats.batches import Numbers
from tokumei.transforms.formats.csv_blocks import TextBlock, record_ends
from tokumei.transforms.formats.csv_head import as_utf8
from tokumei.transforms.formats.csv_quotes import CR, LF, Dialect, Positions, masked, misquoted, trimmed
from tokumei.transforms.formats.no_value import first_bytes
from tokumei.transforms.values.encodings import decoded, refuse_other_encoding, undecodable

_MARK = "\ufeff".encode()
_END_MARK = b"\x1a"
Marked = npt.NDArray[np.bool_]


class StrictText(NamedTuple):
    """UTF-8 text whose records are all strict, their numbers if not 1, 2, …, and those that were left out."""

    text: bytes
    numbers: Numbers | None
    broken: list[tuple[int, str]]


def strict(block: TextBlock, dialect: Dialect, uri: str, *, marks: bool) -> StrictText:
    """Decode a block of whole records, and take out those that are no text or not written strictly.

    Args:
        block: the records, as they are in the file.
        dialect: how they are written.
        uri: the file, for messages.
        marks: look for byte order marks also where all quotes are well; it takes time, and where the first
            column is read `begins_with_mark` finds them.

    Raises:
        InputError: the file is of another encoding than declared.
    """
    text, in_utf8 = block.text, dialect.encoding == "utf-8"  # no other encoding has the mark
    refuse_other_encoding(text, dialect.encoding, uri)
    found = as_utf8(text, dialect.encoding)
    stretch = StrictText(b"" if found is None else found, None, [])
    if found is None:
        ends = record_ends(masked(text, dialect), dialect)
        clean = _without(
            StrictText(text, None, []),
            ends,
            _undecodable(text, ends, dialect),
            lambda record: undecodable(record, dialect.encoding),
        )
        stretch = clean._replace(text=as_utf8(clean.text, dialect.encoding) or b"")
    dialect = dialect.decoded
    marked = _mid_file_marks(stretch.text) if in_utf8 and (marks or not block.strict) else ()
    if len(marked):
        ends = record_ends(masked(stretch.text, dialect), dialect)
        begins = np.isin(np.append(0, ends[:-1]), marked)
        stretch = _without(stretch, ends, begins, "byte_order_mark")
    if _END_MARK in stretch.text:
        ends = record_ends(masked(stretch.text, dialect), dialect)
        begins = np.frombuffer(stretch.text, np.uint8)[np.append(0, ends[:-1])]
        stretch = _without(stretch, ends, begins == _END_MARK[0], "end_mark")
    if not block.strict:
        seen = masked(stretch.text, dialect)
        ends = record_ends(seen, dialect)
        stretch = _without(stretch, ends, misquoted(seen, ends, dialect), "quotes")
    if dialect.skip_space or dialect.escape:
        stretch = stretch._replace(text=trimmed(stretch.text, dialect))
    return stretch


def begins_with_mark(texts: pa.Array) -> Numbers:
    """Return which cells, texts or texts encoded by a dictionary, begin with a byte order mark."""
    maybe = np.flatnonzero(first_bytes(texts) == _MARK[0])
    if not len(maybe):
        return maybe
    marked = pc.starts_with(texts.take(pa.array(maybe)).cast(pa.string()), _MARK.decode())
    found: Numbers = maybe[np.flatnonzero(marked)]
    return found


def _mid_file_marks(text: bytes) -> Positions:
    """Return where byte order marks are that stand at the start of a line."""
    if _MARK[0] not in text or _MARK not in text:
        return np.empty(0, np.int64)
    # The first one may have been doubled, to keep pyarrow from dropping it.
    return np.array([m.start() for m in re.finditer(rb"(?:(?<=[\r\n])|\A)" + _MARK, text)], np.int64)


def _without(
    stretch: StrictText, ends: Positions, bad: Marked, reason: str | Callable[[bytes], str]
) -> StrictText:
    """Take out some records, of all that end at ``ends``, blank lines among them.

    The reason may depend on the record's text.
    """
    if not bad.any():
        return stretch
    text = np.frombuffer(stretch.text, np.uint8)
    starts = np.append(0, ends[:-1])
    lines = np.isin(text[starts], (LF, CR))  # a record cannot begin with a line break
    numbers: Numbers = np.cumsum(~lines, dtype=np.int64)
    if stretch.numbers is not None:
        numbers = np.append(0, stretch.numbers)[numbers]
    broken = stretch.broken + [
        (int(numbers[i]), reason if isinstance(reason, str) else reason(stretch.text[starts[i] : ends[i]]))
        for i in np.flatnonzero(bad)
    ]
    kept = np.repeat(~bad, ends - starts)
    return StrictText(text[kept].tobytes(), numbers[~bad & ~lines], broken)


def _undecodable(text: bytes, ends: Positions, dialect: Dialect) -> Marked:
    view = np.frombuffer(text, np.uint8)
    bad = np.zeros(len(ends), bool)
    bad[np.searchsorted(ends, np.flatnonzero(view == 0), side="right")] = True
    at = 0
    while at < len(text):
        try:
            decoded(memoryview(text)[at:], dialect.encoding)
            break
        except UnicodeDecodeError as error:
            record = np.searchsorted(ends, at + error.start, side="right")
            bad[record], at = True, int(ends[record])
    return bad
