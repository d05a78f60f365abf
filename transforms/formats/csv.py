"""CSV and TSV: planned by one fast scan, parsed by pyarrow block by block, every column first as text."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import chain
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from tokumei.schemas.errors import InputError
from tokumei.schemas.source import Source
from tokumei.schemas.splits import SourceFile, Stretch
from tokumei.schemas.treatment_base import ColumnType
from tokumei.transforms.engine.overlap import overlapped
from tokumei.transforms.formats.batches import MAX_ROWS, Numbers, Rows
from tokumei.transforms.formats.columns import Header, matched_names
from tokumei.transforms.formats.convert import without_dictionaries
from tokumei.transforms.formats.csv_blocks import (
    TextBlock,
    block_sizes,
    blocks,
    record_begins,
    record_ends,
    whole_records,
)
from tokumei.transforms.formats.csv_head import Head, parse_options, read_head
from tokumei.transforms.formats.csv_odd import NONE, Odd, odd_rows
from tokumei.transforms.formats.csv_quotes import CR, LF, Dialect, masked
from tokumei.transforms.formats.csv_strict import begins_with_mark, strict
from tokumei.transforms.formats.excel_text import may_hold_marked, unmarked
from tokumei.transforms.formats.lines import chosen_begins
from tokumei.transforms.formats.no_value import blank_cells
from tokumei.transforms.formats.streams import BLOCK, open_text
from tokumei.transforms.storage.base import Store

_QUOTE = b'"'
_NOT_BLANK = re.compile(rb"[^\r\n]")
_SAMPLE = 1 << 17  # bytes of text that show which columns repeat
_REPEATING = 0.1  # share of distinct values among them up to which a dictionary is much smaller
_THREADS = 2  # that parse blocks while the next one is cut; the parser leaves Python's lock alone
_CODED = pa.dictionary(pa.int32(), pa.string())


def plan(source: Source, file: SourceFile, store: Store, target: int) -> Iterator[tuple[int, int]]:
    """Yield the byte ranges of a file's splits; the first includes all that stands above the records."""
    if file.size <= target:
        if file.size:
            yield 0, file.size
        return
    head = read_head(source, file, store)
    with open_text(file, store, 0, file.size, source.encoding) as stream:
        if stream.packed:
            yield 0, file.size
            return
        begun, end = 0, stream.start + len(stream.read(head.size))
        for size in block_sizes(stream.read, head.dialect, min(target, BLOCK), end, file.uri):
            end += size
            if end - begun >= target:
                yield begun, end
                begun = end
    if begun < file.size:
        yield begun, file.size


def header(source: Source, file: SourceFile, store: Store) -> Header:
    """Return the column names in the header line; none if the file is empty, or has no such line.

    Columns without a name are not among them: they may hold nothing.

    Raises:
        InputError: see `csv_head.read_head`.
    """
    if not source.header:
        return Header(None)
    names = read_head(source, file, store).names
    return Header(None if names is None else [name for name in names if name.strip()])


def rows(
    stretch: Stretch, source: Source, columns: Mapping[str, ColumnType], store: Store, declared: Sequence[str]
) -> Iterator[Rows]:
    """Read the records of a stretch; cells are texts, with the source's null texts as null.

    Columns that repeat in the first records of a split are encoded by a dictionary while they are parsed,
    each block by its own: what is asked of a cell is then asked of each distinct one.

    Blank lines are no records. A NUL character makes a record undecodable: no text has one, and files full
    of them are UTF-16 or binary.

    Raises:
        InputError: see `reader.read_split`.
    """
    file = stretch.file
    head = read_head(source, file, store)
    if source.header and head.names is None:
        return
    layout = _layout(head, declared, list(columns), source, file)
    done = 0
    with open_text(file, store, stretch.start, stretch.end, source.encoding) as stream:
        above = len(stream.read(head.size)) if stretch.start == 0 else 0
        cut = blocks(stream.read, head.dialect, BLOCK, stream.start + above, file.uri)
        first = next(cut, None)
        if first is None:
            return
        parse = partial(_parse, layout=layout._replace(coded=_repeating(first, layout)))
        alone = stretch.end - stretch.start <= BLOCK  # no more blocks, and so for threads not worth starting
        cut = chain([first], cut)
        for parsed in map(parse, cut) if alone else overlapped(parse, cut, _THREADS):
            before = done  # records are numbered from 1 in each block
            for found in parsed:
                broken = [(number + before, why) for number, why in found.broken]
                yield found._replace(numbers=found.numbers + before, broken=broken)
                done += found.records


def begins(stretch: Stretch, source: Source, store: Store, numbers: Sequence[int]) -> Iterator[int | str]:
    """Yield the byte at which each of some records begins."""
    head = read_head(source, stretch.file, store)
    with open_text(stretch.file, store, stretch.start, stretch.end, source.encoding) as stream:
        above = len(stream.read(head.size)) if stretch.start == 0 else 0
        cut = blocks(stream.read, head.dialect, BLOCK, stream.start + above, stretch.file.uri)
        found = ((len(block.text), record_begins(block.text, head.dialect)) for block in cut)
        yield from chosen_begins(stream.start + above, found, numbers)


def write(table: pa.Table) -> bytes:
    """Encode a table as UTF-8 with a header; texts and names are quoted, other values are not."""
    sink = io.BytesIO()
    pacsv.write_csv(without_dictionaries(table), sink)
    return sink.getvalue()


class _Layout(NamedTuple):
    """What the parser must know besides the text.

    Attributes:
        names: of all columns, in the order of the file; columns without a name are called by their place.
        titles: the same, blank where a column has no name.
        nameless: what is in ``names`` for columns without one.
        wanted: the columns to read.
        witness: the first column, once those to read could not tell that every record has a value.
        coded: the columns to read that are encoded by a dictionary, once a block has shown which repeat.
        dialect: how the decoded text is written.
    """

    names: list[str]
    titles: list[str]
    nameless: list[str]
    wanted: Sequence[str]
    witness: list[str]
    coded: list[str]
    dialect: Dialect
    source: Source
    file: SourceFile


def _layout(
    head: Head, declared: Sequence[str], wanted: Sequence[str], source: Source, file: SourceFile
) -> _Layout:
    titles = list(declared)
    if head.names is not None:
        named = iter(matched_names([name for name in head.names if name.strip()], declared, file.uri))
        titles = [next(named) if name.strip() else name for name in head.names]
    names = [name if name.strip() else f"\0{i}" for i, name in enumerate(titles)]
    nameless = [name for name in names if name.startswith("\0")]
    return _Layout(names, titles, nameless, wanted, [], [], head.dialect, source, file)


def _parse(block: TextBlock, layout: _Layout) -> list[Rows]:
    """Parse a block of whole records, which are numbered from 1."""
    first = layout.names[0]
    checked = strict(block, layout.dialect, layout.file.uri, marks=first not in layout.wanted)
    table, ragged = _table(checked.text, layout, quoted=block.quoted)
    numbers = checked.numbers
    if numbers is None:
        numbers = np.arange(1, table.num_rows + len(ragged) + 1)
    broken = checked.broken + [(int(numbers[row]), told) for row, told in ragged.items() if told]
    skipped = np.fromiter(ragged, np.int64, len(ragged))
    numbers = np.delete(numbers, skipped)
    odd = _odd(table, checked.text, skipped, layout)
    marked = begins_with_mark(_chunk(table.column(first))) if first in layout.wanted else odd.names[:0]
    nameless = _filled(table, layout.nameless)
    out = {**dict.fromkeys(odd.names.tolist(), "header"), **dict.fromkeys(nameless.tolist(), "nameless")}
    out |= dict.fromkeys(marked.tolist(), "byte_order_mark")
    broken += [(int(numbers[row]), why) for row, why in out.items()]
    blank = len(odd.blank) + sum(not told for told in ragged.values())
    gone = np.array([*out, *odd.blank], np.int64)
    if len(gone):
        left = np.delete(np.arange(table.num_rows), gone)
        table, numbers = table.take(pa.array(left)), numbers[left]
    broken.sort()
    if not len(numbers) and not broken and not blank:
        return []  # blank lines only
    found = []
    for start in range(0, max(table.num_rows, 1), MAX_ROWS):
        batch = table.slice(start, MAX_ROWS).combine_chunks()
        cells = {name: _chunk(batch.column(name)) for name in layout.wanted}
        records = batch.num_rows + len(broken) + blank
        part = numbers[start : start + MAX_ROWS]
        found.append(Rows(cells, part, broken, records, {}, blank=blank))
        broken, blank = [], 0
    return found


def _repeating(block: TextBlock, layout: _Layout) -> list[str]:
    """Return the wanted columns whose first cells in a block repeat; none of a short or broken block."""
    if len(block.text) <= _SAMPLE:
        return []
    head = whole_records(block.text[:_SAMPLE], layout.dialect)
    try:
        text = strict(head, layout.dialect, layout.file.uri, marks=False).text
        table, _ = _table(text, layout, quoted=head.quoted)
    except InputError:  # to be raised when the block itself is read
        return []
    most = table.num_rows * _REPEATING
    columns = ((name, table.column(name)) for name in layout.wanted)
    return [name for name, cells in columns if pc.count_distinct(cells, mode="all").as_py() <= most]


def _chunk(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _odd(table: pa.Table, text: bytes, ragged: Numbers, layout: _Layout) -> Odd:
    """Return the rows that are no records."""
    if not table.num_rows:
        return NONE
    nameless = set(layout.nameless)
    cells = {name: _chunk(table.column(name)) for name in table.column_names if name not in nameless}

    def whole(rows: Numbers) -> pa.Table:
        layout.witness[:] = () if layout.names[0] in layout.wanted else layout.names[:1]
        dialect = layout.dialect.decoded._replace(skip_space=False)
        ends = record_ends(masked(text, dialect), dialect)
        starts = np.append(0, ends[:-1])
        view = np.frombuffer(text, np.uint8)
        records = np.delete(np.flatnonzero(~np.isin(view[starts], (LF, CR))), ragged)[rows]
        chosen = np.zeros(len(ends), bool)
        chosen[records] = True
        part = view[np.repeat(chosen, ends - starts)].tobytes()
        return _table(part, layout._replace(wanted=layout.names, witness=[], nameless=[], coded=[]))[0]

    found = odd_rows(cells, layout.titles, layout.source.null_values, whole)
    return found if layout.source.blank_records == "skip" else found._replace(blank=NONE.blank)


def _filled(table: pa.Table, nameless: Sequence[str]) -> Numbers:
    """Return the rows with a value in a column without a name."""
    found = np.zeros(table.num_rows, bool)
    for name in nameless:
        found |= ~blank_cells(_chunk(table.column(name)), ())
    return np.flatnonzero(found)


def _table(text: bytes, layout: _Layout, *, quoted: bool = True) -> tuple[pa.Table, dict[int, str]]:
    """Parse strict UTF-8 text.

    Returns:
        The wanted columns, and rows (from 0) that have another number of fields: what to say of them, nothing
        if they are blank and may be.
    """
    names, source = layout.names, layout.source
    ragged: dict[int, str] = {}
    nothing = layout.dialect.delimiter + '" \t\u3000'

    def skip(row: pacsv.InvalidRow) -> str:
        found = min(row.actual_columns, len(names) + 10)
        more = "or more " if found < row.actual_columns else ""
        told = f"ragged ({found} {more}fields, {row.expected_columns} expected)"
        blank = source.blank_records == "skip" and not row.text.strip(nothing)
        marked = "byte_order_mark" if row.text.startswith("\ufeff") else told
        ragged[row.number - 1] = "" if blank else marked
        return "skip"

    # Without any column pyarrow would give all of them; the first one serves for counting.
    include = [*layout.wanted, *layout.witness] or names[:1]
    include += layout.nameless
    types = dict.fromkeys(include, pa.string()) | dict.fromkeys(layout.coded, _CODED)
    if not _NOT_BLANK.search(text):
        return pa.table({name: pa.array([], types[name]) for name in include}), {}
    convert = pacsv.ConvertOptions(
        check_utf8=False,
        column_types=types,
        include_columns=include,
        null_values=list(source.null_values),
        strings_can_be_null=True,
        quoted_strings_can_be_null=True,
    )
    # One thread, since row numbers are known only then.
    read = pacsv.ReadOptions(use_threads=False, block_size=len(text) + 1, column_names=names)
    try:
        table = pacsv.read_csv(
            pa.py_buffer(text), read, parse_options(layout.dialect, skip, quoted=_QUOTE in text), convert
        )
    except pa.ArrowInvalid:
        raise InputError(
            "csv.parse",
            where=layout.file.uri,
            what="a stretch of the file cannot be read as delimited text",
            fix="check delimiter and quoting",
        ) from None
    if may_hold_marked(text, quoted=quoted):
        for i, name in enumerate(table.column_names):
            texts = _chunk(table.column(i)).cast(pa.string())
            table = table.set_column(i, name, unmarked(texts, source.null_values).cast(types[name]))
    return table, ragged
