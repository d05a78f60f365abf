"""Text of fixed width: each field of a record has its place, in bytes or in characters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tokumei.schemas.errors import InputError
from tokumei.schemas.source import Source
from tokumei.schemas.splits import SourceFile, Stretch
from tokumei.schemas.treatment_base import ColumnType
from tokumei.transforms.formats.batches import MAX_ROWS, Numbers, Rows
from tokumei.transforms.formats.blank import without_blank
from tokumei.transforms.formats.columns import Header, refuse_other_columns
from tokumei.transforms.formats.csv_odd import odd_rows
from tokumei.transforms.formats.lines import chosen_begins, line_blocks, plan_lines
from tokumei.transforms.formats.streams import BLOCK, TextStream, open_text
from tokumei.transforms.storage.base import Store
from tokumei.transforms.values.encodings import decoded, refuse_other_encoding, undecodable

_LF, _CR = b"\n\r"
_HEAD = 1 << 16  # bytes in which a record of the declared length must be found
_PADDING = " \u3000\n"  # the line break is what separates the fields here

Places = npt.NDArray[np.int64]


class _Layout(NamedTuple):
    """Where the fields are, and how the text is written."""

    names: list[str]
    edges: list[int]
    encoding: str
    in_bytes: bool
    uri: str

    @property
    def length(self) -> int:
        return self.edges[-1]


def plan(source: Source, file: SourceFile, store: Store, target: int) -> Iterator[tuple[int, int]]:
    """Yield the byte ranges of a file's splits, each of whole records."""
    if source.line_breaks:
        yield from plan_lines(file, store, target, source.encoding)
        return
    length = sum(source.widths.values())
    with open_text(file, store, 0, file.size, source.encoding) as stream:
        begin, step = stream.start, max(target // length, 1) * length
        cuts = [] if stream.packed else range(begin + step, file.size, step)
    yield from pairwise([0, *cuts, file.size] if file.size else [])


def header(source: Source, file: SourceFile, store: Store) -> Header:
    """Return the declared names, in the order of their widths.

    Raises:
        InputError: none of the first records is as long as the widths are together.
    """
    layout = _layout(source, file)
    with open_text(file, store, 0, file.size, source.encoding) as stream:
        head = stream.read(_HEAD)
    if source.line_breaks and head:
        lines = head.splitlines()[: -1 if len(head) == _HEAD else None]
        sizes = {
            len(line) if layout.in_bytes else _characters(line, layout.encoding) for line in lines if line
        }
        if sizes and layout.length not in sizes:
            told = " or ".join(map(str, sorted(sizes)[:3])) + (" …" if len(sizes) > 3 else "")
            unit = "bytes" if layout.in_bytes else "characters"
            raise InputError(
                "input.width",
                where=file.uri,
                what=f"the first records are {told} {unit} long, and the widths make {layout.length}",
                fix="correct widths, width_unit or encoding; name what fills a record, too, and drop it",
            )
    return Header(layout.names)


def rows(
    stretch: Stretch, source: Source, columns: Mapping[str, ColumnType], store: Store, declared: Sequence[str]
) -> Iterator[Rows]:
    """Read the records of a stretch; cells are texts without the spaces around them.

    A record of another length is bad as a whole, and so is one in which a field ends within a character, or
    one that repeats the column names. Blank lines are no records.

    Raises:
        InputError: see `reader.read_split`.
    """
    layout = _layout(source, stretch.file)
    refuse_other_columns(layout.names, declared, stretch.file.uri)
    done = 0
    with open_text(stretch.file, store, stretch.start, stretch.end, source.encoding) as stream:
        for block in _blocks(stream, source, layout):
            for found in _parse(block, done, layout, by_line=source.line_breaks):
                kept = _without_odd(found, source)
                yield kept._replace(columns={name: kept.columns[name] for name in columns})
                done += found.records


def begins(stretch: Stretch, source: Source, store: Store, numbers: Sequence[int]) -> Iterator[int | str]:
    """Yield the byte at which each of some records begins, in words where there are no lines."""
    layout = _layout(source, stretch.file)
    with open_text(stretch.file, store, stretch.start, stretch.end, source.encoding) as stream:
        if source.line_breaks:
            cut = line_blocks(stream.read, BLOCK, stream.start, layout.uri)
            found = ((len(block), _lines(block)[0]) for block in cut)
            yield from chosen_begins(stream.start, found, numbers)
            return
        for number in numbers:
            byte = stream.start + (number - 1) * layout.length
            yield f"record {number}" if stream.packed else f"byte {byte}"


def _without_odd(rows: Rows, source: Source) -> Rows:
    """Leave out records that are none: those without a value, and those that repeat the column names."""
    cells = dict(rows.columns)
    odd = odd_rows(cells, list(cells), source.null_values, lambda at: pa.table(cells).take(pa.array(at)))
    blank = np.zeros(len(rows.numbers), bool)
    if source.blank_records == "skip":
        blank[odd.blank] = True
    if len(odd.names):
        left = np.delete(np.arange(len(blank)), odd.names)
        headers = [(int(number), "header") for number in rows.numbers[odd.names]]
        columns = {name: column.take(pa.array(left)) for name, column in cells.items()}
        broken = sorted([*rows.broken, *headers])
        rows, blank = rows._replace(columns=columns, numbers=rows.numbers[left], broken=broken), blank[left]
    return without_blank(rows, blank)


def _layout(source: Source, file: SourceFile) -> _Layout:
    edges = np.cumsum([0, *source.widths.values()]).tolist()
    return _Layout(list(source.widths), edges, source.text_encoding, source.in_bytes, file.uri)


def _blocks(stream: TextStream, source: Source, layout: _Layout) -> Iterator[bytes]:
    if source.line_breaks:
        yield from line_blocks(stream.read, BLOCK, stream.start, layout.uri)
        return
    size = max(BLOCK // layout.length, 1) * layout.length
    while block := stream.read(size):
        yield block


def _parse(block: bytes, done: int, layout: _Layout, *, by_line: bool) -> Iterator[Rows]:
    """Parse a block of whole records, of which ``done`` precede it in the stretch."""
    refuse_other_encoding(block, layout.encoding, layout.uri)
    starts, ends = _lines(block) if by_line else _stretches(block, layout.length)
    bad = _undecodable(block, starts, ends, layout.encoding)
    if not by_line:  # a line break shows that the records are not where they should be
        view = np.frombuffer(block, np.uint8)
        breaks = np.flatnonzero((view == _LF) | (view == _CR)) // layout.length
        bad |= dict.fromkeys(np.unique(breaks).tolist(), "width")
    whole = np.setdiff1d(np.arange(len(starts)), list(bad))
    if layout.in_bytes:
        units = np.frombuffer(block, np.uint8)
        begins, lengths = starts[whole], (ends - starts)[whole]
    else:
        # One after the other, so that their places in characters are the sums of their lengths.
        lines = [decoded(block[starts[i] : ends[i]], layout.encoding) for i in whole]
        units = np.frombuffer("".join(lines).encode("utf-32-le"), np.uint32)
        lengths = np.array([len(line) for line in lines], np.int64)
        begins = np.cumsum(lengths) - lengths
    fits = lengths == layout.length
    bad |= dict.fromkeys(whole[~fits].tolist(), "width")
    cells = units[begins[fits][:, None] + np.arange(layout.length)]
    texts, cut = _separated(cells, layout)
    bad |= dict.fromkeys(whole[fits][cut].tolist(), "undecodable")
    numbers = np.delete(whole[fits], cut) + 1 + done
    broken = [(number + 1 + done, bad[number]) for number in sorted(bad)]
    yield from _stretched(texts, numbers, broken, layout)


def _stretched(
    texts: pa.StringArray,
    numbers: Numbers,
    broken: list[tuple[int, str]],
    layout: _Layout,
) -> Iterator[Rows]:
    """Yield the fields, which come record by record, as columns of at most MAX_ROWS rows."""
    width = len(layout.names)
    columns = {}
    for i, name in enumerate(layout.names):
        every = pa.array(np.arange(i, len(texts), width))
        columns[name] = pc.utf8_trim(texts.take(every), characters=_PADDING)
    if len(numbers) or broken:
        for start in range(0, max(len(numbers), 1), MAX_ROWS):
            part = numbers[start : start + MAX_ROWS]
            cells = {name: column.slice(start, MAX_ROWS) for name, column in columns.items()}
            yield Rows(cells, part, broken, len(part) + len(broken), {})
            broken = []


def _lines(block: bytes) -> tuple[Places, Places]:
    """Return where the lines begin and end, without their breaks and without blank lines."""
    view = np.frombuffer(block, np.uint8)
    breaks = np.flatnonzero((view == _LF) | (view == _CR))
    starts, ends = np.append(0, breaks + 1), np.append(breaks, len(view))
    return starts[starts < ends], ends[starts < ends]


def _stretches(block: bytes, length: int) -> tuple[Places, Places]:
    starts = np.arange(0, len(block), length)
    return starts, np.minimum(starts + length, len(block))


def _undecodable(block: bytes, starts: Places, ends: Places, encoding: str) -> dict[int, str]:
    """Return which records are no text of the encoding, with the reason; no text has a NUL."""
    view = np.frombuffer(block, np.uint8)
    bad = {int(i): "undecodable" for i in np.searchsorted(ends, np.flatnonzero(view == 0), side="right")}
    at = 0
    while at < len(block):
        try:
            decoded(memoryview(block)[at:], encoding)
            break
        except UnicodeDecodeError as error:
            # A character that is cut by the end of a record spoils the record in which it begins.
            i = int(np.searchsorted(ends, at + error.start, side="right"))
            bad[i] = undecodable(block[starts[i] : ends[i]], encoding)
            at = int(ends[i])
    return bad


def _separated(cells: npt.NDArray[Any], layout: _Layout) -> tuple[pa.StringArray, Places]:
    """Return all fields as texts, record by record, each with a line break behind it.

    Also the places of records left out, because a field of theirs ends within a character.
    """
    count, width = len(cells), len(layout.names)
    apart = np.full((count, layout.length + width), _LF, cells.dtype)
    for i, (begin, end) in enumerate(pairwise(layout.edges)):
        apart[:, begin + i : end + i] = cells[:, begin:end]
    cut: list[int] = []
    if layout.in_bytes:
        cut, text = _whole_fields(apart, layout.encoding)
    else:
        text = apart.tobytes().decode("utf-32-le")
    raw = text.encode()
    bounds = np.append(0, np.flatnonzero(np.frombuffer(raw, np.uint8) == _LF) + 1).astype(np.int32)
    fields = pa.Array.from_buffers(
        pa.string(), len(bounds) - 1, [None, pa.py_buffer(bounds), pa.py_buffer(raw)]
    )
    return fields, np.array(cut, np.int64)


def _whole_fields(apart: npt.NDArray[np.uint8], encoding: str) -> tuple[list[int], str]:
    raw, length = apart.tobytes(), apart.shape[1]
    cut: list[int] = []
    texts, at = [], 0
    while at < len(raw):
        try:
            texts.append(decoded(memoryview(raw)[at:], encoding))
            break
        except UnicodeDecodeError as error:
            record = (at + error.start) // length
            texts.append(decoded(memoryview(raw)[at : record * length], encoding))
            cut.append(record)
            at = (record + 1) * length
    return cut, "".join(texts)


def _characters(line: bytes, encoding: str) -> int:
    try:
        return len(decoded(line, encoding))
    except UnicodeDecodeError:
        return -1
