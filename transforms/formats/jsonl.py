"""JSON lines: one object a line; a fast parser for plain blocks, an exact one for everything else."""

from __future__ import annotations

import codecs
import json
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.json as pajson

from tokumei.schemas.errors import InputError
from tokumei.schemas.source import Source
from tokumei.schemas.splits import SourceFile, Stretch
from tokumei.schemas.treatment_base import ColumnType
from tokumei.transforms.formats.batches import ABSENT, MAX_ROWS, NAN, Rows
from tokumei.transforms.formats.blank import may_be_blank, without_blank
from tokumei.transforms.formats.columns import Header, refuse_other_columns
from tokumei.transforms.formats.containers import HEAD, refuse_array
from tokumei.transforms.formats.garbled import is_utf8
from tokumei.transforms.formats.lines import chosen_begins, line_blocks, plan_lines
from tokumei.transforms.formats.no_value import has_value
from tokumei.transforms.formats.reasons import BrokenRecordError
from tokumei.transforms.formats.streams import BLOCK, open_text
from tokumei.transforms.storage.base import Store
from tokumei.transforms.values.encodings import refuse_other_encoding, undecodable

_SMALL = 1 << 16  # bytes not worth halving again

_WHOLE = re.compile(r"-?[0-9]{1,40}")  # of a text that somebody wrote as a number

# What the fast parser may meet in a column of each type; anything else sends the block to the exact one.
_FAST: dict[ColumnType, pa.DataType] = {
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
}


class _Number(str):
    """The text of a JSON number, so that it is parsed like any other text and told apart from a string."""

    __slots__ = ()


def plan(source: Source, file: SourceFile, store: Store, target: int) -> Iterator[tuple[int, int]]:
    """Yield the byte ranges of a file's splits, cut after line breaks."""
    yield from plan_lines(file, store, target)


def header(source: Source, file: SourceFile, store: Store) -> Header:
    """Return nothing: each record has keys of its own, which are checked as it is read.

    Raises:
        InputError: the file begins as a JSON array, or as an object over several lines.
    """
    with open_text(file, store, 0, file.size) as stream:
        refuse_array(stream.read(HEAD), file.uri)
    return Header(None)


def rows(
    stretch: Stretch, source: Source, columns: Mapping[str, ColumnType], store: Store, declared: Sequence[str]
) -> Iterator[Rows]:
    """Read the records of a stretch. A missing key is null; blank lines are no records.

    Raises:
        InputError: a record has a key that is not declared; see also `reader.read_split`.
    """
    done = 0
    nulls = None if source.blank_records == "keep" else source.null_values
    layout = _Layout(frozenset(declared), stretch.file.uri, nulls)
    with open_text(stretch.file, store, stretch.start, stretch.end) as stream:
        for block in line_blocks(stream.read, BLOCK, stream.start, stretch.file.uri):
            refuse_other_encoding(block, source.encoding, stretch.file.uri)
            for found in _stretches(block, columns, layout):
                yield found._replace(
                    numbers=found.numbers + done, broken=[(n + done, why) for n, why in found.broken]
                )
                done += found.records


def begins(stretch: Stretch, source: Source, store: Store, numbers: Sequence[int]) -> Iterator[int | str]:
    """Yield the byte at which each of some records begins."""
    with open_text(stretch.file, store, stretch.start, stretch.end) as stream:
        cut = line_blocks(stream.read, BLOCK, stream.start, stretch.file.uri)
        yield from chosen_begins(stream.start, ((len(block), _begins(block)) for block in cut), numbers)


def _begins(block: bytes) -> npt.NDArray[np.int64]:
    lines = block.split(b"\n")
    ends = np.cumsum([len(line) + 1 for line in lines])
    starts: npt.NDArray[np.int64] = np.append(0, ends[:-1])
    return starts[[bool(line.strip()) for line in lines]]


def nested(data: bytes) -> list[Any]:
    """Return the objects of a small file with all their parts; numbers are their texts.

    Raises:
        BrokenRecordError: a line is no object.
    """
    found: list[Any] = []
    for line in data.removeprefix(codecs.BOM_UTF8).split(b"\n"):
        if line.strip():
            record = _record(line)
            if isinstance(record, str):
                raise BrokenRecordError(len(found) + 1, record)
            found.append(record)
    return found


class _Layout(NamedTuple):
    """All column names, the file, and the texts that are no values where blank records are skipped."""

    declared: frozenset[str]
    uri: str
    nulls: Sequence[str] | None


def _stretches(block: bytes, columns: Mapping[str, ColumnType], layout: _Layout) -> Iterator[Rows]:
    """Parse a block, halving it where the fast parser fails: one odd line slows only its surroundings."""
    table = _fast(block, columns)
    if table is not None:
        absent = _absent(block, table, columns)
        there = [
            n for n in table.column_names if n not in columns or table.column(n).null_count < table.num_rows
        ]
        _refuse_undeclared(there, layout.declared, layout.uri)
        before = 0
        for part in _from_table(table, columns, absent):
            yield part if layout.nulls is None else _without_blank(part, block, before, layout.nulls)
            before += part.records
        return
    middle = block.find(b"\n", len(block) // 2) + 1
    if len(block) <= _SMALL or middle in {0, len(block)}:
        yield from _exact(block, columns, layout)
        return
    yield from _stretches(block[:middle], columns, layout)
    yield from _stretches(block[middle:], columns, layout)


def _refuse_undeclared(keys: Collection[str], declared: frozenset[str], uri: str) -> None:
    # A key may be missing from a record, so only the others are wrong.
    undeclared = set(keys) - declared
    if len(undeclared) > len(keys) - len(undeclared):  # they may be values: an object with a key a person
        raise InputError(
            "input.keys",
            where=uri,
            what=f"{len(undeclared)} of the {len(keys)} keys of a record are not declared",
            fix="write one object a record, with the same keys in each, and declare every key under columns",
        )
    if undeclared:
        refuse_other_columns([*keys, *declared.difference(keys)], sorted(declared), uri)


def _fast(block: bytes, columns: Mapping[str, ColumnType]) -> pa.Table | None:
    """Parse a block of plain one-line objects; None if it is anything else, or holds a cell that misfits."""
    text = block.replace(b"\r\n", b"\n").strip(b"\n")
    lines = text.count(b"\n") + 1
    # pyarrow takes several values a line, values over several lines and Inf, and can be crashed by a lone
    # null; with one brace at either end of every line and none elsewhere, none of that can be there.
    plain = (
        text[:1] == b"{"
        and text[-1:] == b"}"
        and text.count(b"}\n{") == lines - 1
        and text.count(b"{") == text.count(b"}") == lines
        and b"[" not in text
        and b"Inf" not in text
    )
    if not plain or not is_utf8(text):
        return None
    read = pajson.ReadOptions(use_threads=False, block_size=len(text) + 1)
    first = _record(text[: text.find(b"\n")] if b"\n" in text else text)
    if isinstance(first, str):
        return None
    parse = pajson.ParseOptions(
        explicit_schema=pa.schema(
            [(name, _fast_type(kind, first.get(name))) for name, kind in columns.items()]
        ),
        unexpected_field_behavior="infer",  # so that undeclared keys are seen
    )
    try:
        table = pajson.read_json(pa.BufferReader(text), read, parse)
    except pa.ArrowException:
        return None
    # A table of empty objects has no columns, and then its number of rows cannot be relied on.
    return table if table.num_columns and table.num_rows == lines else None


def _fast_type(kind: ColumnType, first: object) -> pa.DataType:
    """Return the type to expect of a column: texts may be whole numbers, as they are in the first record."""
    return _FAST.get(kind, pa.int64() if isinstance(first, _Number) else pa.string())


def _absent(block: bytes, table: pa.Table, columns: Mapping[str, ColumnType]) -> frozenset[str]:
    """Return the columns whose key is in no record of a block."""
    empty = [name for name in columns if table.column(name).null_count == table.num_rows]
    return frozenset(name for name in empty if not re.search(_key_of(name), block))


def _key_of(name: str) -> bytes:
    """Return a pattern that finds a key, written as it is or with escapes."""
    spelled = [json.dumps(name, ensure_ascii=ascii_only).encode() for ascii_only in (False, True)]
    return b"(?:%b|(?i:%b))\\s*:" % tuple(map(re.escape, spelled))


def _from_table(table: pa.Table, columns: Mapping[str, ColumnType], absent: frozenset[str]) -> Iterator[Rows]:
    for start in range(0, table.num_rows, MAX_ROWS):
        batch = table.slice(start, MAX_ROWS).combine_chunks()
        cells = {name: batch.column(name).chunk(0) for name in columns}
        notes = {(name, ABSENT): batch.num_rows for name in absent}
        yield Rows(cells, np.arange(1, batch.num_rows + 1), (), batch.num_rows, {}, notes=notes)


def _without_blank(rows: Rows, block: bytes, before: int, nulls: Sequence[str]) -> Rows:
    """Leave out blank records of plain lines, of which some go before; read again is what may be blank."""
    numbers_too = any(c.isdigit() for text in nulls for c in text)  # numbers can be null texts
    at_hand = {n: c for n, c in rows.columns.items() if pa.types.is_string(c.type) or not numbers_too}
    blank = may_be_blank(rows._replace(columns=at_hand), nulls)
    if blank.any():
        lines = [line for line in block.split(b"\n") if line.strip()]
        for row in np.flatnonzero(blank):
            blank[row] = _is_blank(_record(lines[before + row]), nulls)
    return without_blank(rows, blank)


def _is_blank(record: dict[str, Any] | str, nulls: Sequence[str] | None) -> bool:
    if nulls is None or isinstance(record, str):
        return False
    return not any(
        isinstance(v, list | dict) or (has_value(v, nulls) and not _is_nan(v)) for v in record.values()
    )


def _is_nan(value: object) -> bool:
    return isinstance(value, _Number) and value == "NaN"


def _exact(block: bytes, columns: Mapping[str, ColumnType], layout: _Layout) -> Iterator[Rows]:
    """Parse line by line, telling apart each record and each cell that is bad."""
    lines = [line for line in block.split(b"\n") if line.strip()]
    for start in range(0, len(lines), MAX_ROWS):
        part = lines[start : start + MAX_ROWS]
        texts: dict[str, list[str | None]] = {name: [] for name in columns}
        misfits: dict[str, dict[int, str]] = {name: {} for name in columns}
        numbers: list[int] = []
        broken: list[tuple[int, str]] = []
        notes: Counter[tuple[str, str]] = Counter()
        blank = 0
        for number, line in enumerate(part, 1):
            record = _record(line)
            if isinstance(record, str):
                broken.append((number, record))
                continue
            _refuse_undeclared(record.keys(), layout.declared, layout.uri)
            if _is_blank(record, layout.nulls):
                blank += 1
                continue
            notes.update((name, ABSENT) for name in columns if name not in record)
            for name, kind in columns.items():
                value = record.get(name)
                if _is_nan(value) and kind in {"integer", "number"}:
                    value, notes[name, NAN] = None, notes[name, NAN] + 1
                text, fits = _cell(value, kind)
                if not fits:
                    misfits[name][len(numbers)] = "type"
                texts[name].append(text)
            numbers.append(number)
        cells = {name: pa.array(column, pa.string()) for name, column in texts.items()}
        yield Rows(cells, np.array(numbers, np.int64), broken, len(part), misfits, blank=blank, notes=notes)


def _record(line: bytes) -> dict[str, Any] | str:
    """Return the object on a line, or the reason why there is none."""
    try:
        text = line.decode()
    except UnicodeDecodeError:
        return undecodable(line, "utf-8")
    try:
        record = json.loads(
            text, object_pairs_hook=_object, parse_int=_Number, parse_float=_Number, parse_constant=_Number
        )
        if "\\u" in text:
            json.dumps(record, ensure_ascii=False).encode()  # escaped halves of characters are no text
    except (ValueError, RecursionError):
        return "json"
    return record if isinstance(record, dict) else "json"


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError  # which of two equal keys counts would be a guess
    return found


def _cell(value: object, kind: ColumnType) -> tuple[str | None, bool]:
    """Return a JSON value as text, and whether it is of a kind that the declared type takes."""
    if value is None:
        return None, True
    if kind == "text":  # whatever it is
        return (value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)), True
    if isinstance(value, bool):
        return ("true" if value else "false", True) if kind == "boolean" else (None, False)
    if isinstance(value, _Number):
        if kind in {"integer", "number"}:
            return str(value), True
        whole = _WHOLE.fullmatch(value) is not None
        return (str(int(value)) if whole else None), whole
    return (value, True) if isinstance(value, str) else (None, False)
