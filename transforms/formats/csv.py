"""CSV and TSV: planned by one fast scan, parsed by pyarrow block by block, every column first as text."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv

from tokumei.schemas.errors import InputError
from tokumei.schemas.source import Source
from tokumei.schemas.splits import SourceFile, Split
from tokumei.schemas.treatment_base import ColumnType
from tokumei.transforms.formats.batches import MAX_ROWS, Numbers, Rows
from tokumei.transforms.formats.columns import Header, matched_names
from tokumei.transforms.formats.containers import refuse_json
from tokumei.transforms.formats.convert import without_dictionaries
from tokumei.transforms.formats.csv_blocks import Dialect, blocks, first_record, record_ends
from tokumei.transforms.formats.garbled import is_utf8
from tokumei.transforms.formats.streams import BLOCK, TextStream, open_text
from tokumei.transforms.storage.base import Store
from tokumei.transforms.values.encodings import decoded, fitting, refuse_other_encoding, undecodable

_NOT_BLANK = re.compile(rb"[^\r\n]")
_MARK = "\ufeff".encode()
_HEADER = 1 << 16  # bytes read at a time when only the header is wanted


def plan(source: Source, file: SourceFile, store: Store, target: int) -> Iterator[tuple[int, int]]:
    """Yield the byte ranges of a file's splits; the first includes any byte order mark and header."""
    if file.size <= target:
        if file.size:
            yield 0, file.size
        return
    with open_text(file, store, 0, file.size, source.encoding) as stream:
        if stream.packed:
            yield 0, file.size
            return
        begun, end = 0, stream.start
        for block in _blocks(stream, source, file, min(target, BLOCK)):
            end += len(block)
            if end - begun >= target:
                yield begun, end
                begun = end
    if begun < file.size:
        yield begun, file.size


def header(source: Source, file: SourceFile, store: Store) -> Header:
    """Return the column names in the header line; none if the file is empty, or has no such line.

    Raises:
        InputError: the header cannot be decoded.
    """
    return Header(_header_line(source, file, store) if source.header else None)


def _header_line(source: Source, file: SourceFile, store: Store) -> list[str] | None:
    dialect = _dialect(source)
    with open_text(file, store, 0, file.size, source.encoding) as stream:
        for block in _blocks(stream, source, file, _HEADER):
            start, end = first_record(block, dialect)
            if end > start:
                return _names(block[start:end], source, file)
    return None


def rows(
    split: Split, source: Source, columns: Mapping[str, ColumnType], store: Store, declared: Sequence[str]
) -> Iterator[Rows]:
    """Read the records of a split; cells are texts, with the source's null texts as null.

    Blank lines are no records. A NUL character makes a record undecodable: no text has one, and files full
    of them are UTF-16 or binary.

    Raises:
        InputError: see `reader.read_split`.
    """
    file, dialect = split.file, _dialect(source)
    names = list(declared)
    if source.header:
        found = _header_line(source, file, store)
        if found is None:
            return
        names = matched_names(found, declared, file.uri)
    layout = _Layout(names, list(columns), source, file)
    at_header = source.header and split.start == 0
    done = 0
    with open_text(file, store, split.start, split.end, source.encoding) as stream:
        for block in _blocks(stream, source, file, BLOCK):
            body = block
            if at_header:
                start, end = first_record(block, dialect)
                at_header, body = end == start, block[end:]
            for found_rows in _parse(body, done, layout):
                yield found_rows
                done += found_rows.records


def write(table: pa.Table) -> bytes:
    """Encode a table as UTF-8 with a header; texts and names are quoted, other values are not."""
    sink = io.BytesIO()
    pacsv.write_csv(without_dictionaries(table), sink)
    return sink.getvalue()


def _dialect(source: Source) -> Dialect:
    return Dialect(source.field_delimiter, source.text_encoding)


def _blocks(stream: TextStream, source: Source, file: SourceFile, size: int) -> Iterator[bytes]:
    return blocks(stream.read, _dialect(source), size, stream.start, file.uri)


def _names(record: bytes, source: Source, file: SourceFile) -> list[str]:
    refuse_json(record, file.uri)
    refuse_other_encoding(record, source.text_encoding, f"{file.uri}, header")
    text = _utf8(record, source.text_encoding)
    if text is None:
        found = fitting(record, source.encoding)
        raise InputError(
            "input.encoding",
            where=f"{file.uri}, header",
            what=f"the header is not {source.encoding}{f'; it is {found}' if found else ''}",
            fix=f"declare encoding: {found}"
            if found
            else "correct encoding: utf-8, cp932 (Shift_JIS) or euc_jp",
        )
    text += b"\n"  # pyarrow takes no header without a line break
    parse = pacsv.ParseOptions(delimiter=source.field_delimiter, newlines_in_values=True)
    return list(pacsv.read_csv(pa.py_buffer(text), _read_options(text, None), parse).column_names)


class _Layout(NamedTuple):
    """What the parser must know besides the text."""

    names: list[str]
    wanted: Sequence[str]
    source: Source
    file: SourceFile


def _parse(block: bytes, done: int, layout: _Layout) -> Iterator[Rows]:
    """Parse a block of whole records, of which ``done`` precede it in the split."""
    kept: Numbers | None = None
    lost: list[tuple[int, str]] = []
    encoding = layout.source.text_encoding
    refuse_other_encoding(block, encoding, layout.file.uri)
    text = _utf8(block, encoding)
    if text is None:
        clean, kept, lost = _decodable(block, _dialect(layout.source))
        text = _utf8(clean, encoding) or b""
    table, ragged = _table(text, layout)
    numbers = kept if kept is not None else np.arange(1, table.num_rows + len(ragged) + 1)
    broken = [(n + done, reason) for n, reason in lost]
    broken += [(int(n) + done, "ragged") for n in numbers[ragged]]
    numbers = np.delete(numbers, ragged) + done
    if not len(numbers) and not broken:
        return  # blank lines only
    for start in range(0, max(table.num_rows, 1), MAX_ROWS):
        batch = table.slice(start, MAX_ROWS).combine_chunks()
        cells = {name: _chunk(batch.column(name)) for name in layout.wanted}
        records = batch.num_rows + len(broken)
        yield Rows(cells, numbers[start : start + MAX_ROWS], broken, records, {}, nulled=True)
        broken = []


def _chunk(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks else pa.array([], column.type)


def _table(text: bytes, layout: _Layout) -> tuple[pa.Table, Numbers]:
    """Parse UTF-8 text; return the wanted columns, and which rows (from 0) have another number of fields."""
    names, wanted, source, file = layout
    ragged: list[int] = []

    def skip(row: pacsv.InvalidRow) -> str:
        ragged.append(row.number - 1)
        return "skip"

    # Without any column pyarrow would give all of them; the first one serves for counting.
    include = list(wanted) or names[:1]
    if not _NOT_BLANK.search(text):
        return pa.table({name: pa.array([], pa.string()) for name in include}), np.empty(0, np.int64)
    convert = pacsv.ConvertOptions(
        check_utf8=False,
        column_types=dict.fromkeys(include, pa.string()),
        include_columns=include,
        null_values=list(source.null_values),
        strings_can_be_null=True,
        quoted_strings_can_be_null=True,
    )
    parse = pacsv.ParseOptions(
        delimiter=source.field_delimiter, newlines_in_values=True, invalid_row_handler=skip
    )
    try:
        table = pacsv.read_csv(pa.py_buffer(text), _read_options(text, names), parse, convert)
    except pa.ArrowInvalid:
        raise InputError(
            "csv.parse",
            where=file.uri,
            what="a stretch of the file cannot be read as delimited text",
            fix="check delimiter and quoting",
        ) from None
    return table, np.array(ragged, np.int64)


def _read_options(text: bytes, names: list[str] | None) -> pacsv.ReadOptions:
    # One thread, since row numbers are known only then, and the engine runs several readers anyway.
    return pacsv.ReadOptions(use_threads=False, block_size=len(text) + 1, column_names=names)


def _utf8(block: bytes, encoding: str) -> bytes | None:
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


def _decodable(block: bytes, dialect: Dialect) -> tuple[bytes, Numbers, list[tuple[int, str]]]:
    """Return a block without its undecodable records, the numbers of those kept, and why others are not."""
    ends = record_ends(block, dialect)
    starts = np.append(0, ends[:-1])
    view = np.frombuffer(block, np.uint8)
    bad = np.zeros(len(ends), bool)
    bad[np.searchsorted(ends, np.flatnonzero(view == 0), side="right")] = True
    at = 0
    while at < len(block):
        try:
            decoded(memoryview(block)[at:], dialect.encoding)
            break
        except UnicodeDecodeError as error:
            record = np.searchsorted(ends, at + error.start, side="right")
            bad[record], at = True, int(ends[record])
    blank = np.isin(view[starts], (0x0A, 0x0D))  # a record cannot begin with a line break
    numbers: Numbers = np.cumsum(~blank, dtype=np.int64)
    clean = b"".join(block[starts[i] : ends[i]] for i in np.flatnonzero(~bad))
    why = [
        (int(numbers[i]), undecodable(block[starts[i] : ends[i]], dialect.encoding))
        for i in np.flatnonzero(bad)
    ]
    return clean, numbers[~bad & ~blank], why
