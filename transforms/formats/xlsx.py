"""Excel workbooks: one sheet, read row by row; every cell becomes the text that CSV would have for it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from tokumei.schemas.errors import InputError
from tokumei.schemas.source import Source
from tokumei.schemas.splits import SourceFile, Stretch
from tokumei.schemas.treatment_base import ColumnType
from tokumei.transforms.formats.batches import Rows
from tokumei.transforms.formats.blank import without_blank
from tokumei.transforms.formats.columns import Header, matched_names
from tokumei.transforms.formats.csv_odd import as_name
from tokumei.transforms.formats.no_value import has_value
from tokumei.transforms.formats.workbook import (
    Attributes,
    Handlers,
    Workbook,
    feed,
    open_workbook,
    unescaped,
)
from tokumei.transforms.storage.base import Store

_HELD = 16_384  # rows held at a time, before they are columns
_DIGITS = "0123456789"
_LAST_COLUMN = 16_384
_EXACT = 2.0**53
_RANGE = re.compile(r"([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})")
_DAY = 86_400
_NO_DATE = "########"  # as Excel shows days before its calendar

RowCells = dict[int, str]  # column, from 0 → text, of the cells of a row that are not empty


class _Row(NamedTuple):
    number: int
    cells: RowCells


def plan(source: Source, file: SourceFile, store: Store, target: int) -> Iterator[tuple[int, int]]:
    """Yield the one split of a workbook: it can be read only from its start."""
    yield 0, file.size


def header(source: Source, file: SourceFile, store: Store) -> Header:
    """Return the names in the first row that is not blank; columns without name and cells are none.

    Raises:
        InputError: the file is no workbook, or has no such sheet.
    """
    if not source.header:
        return Header(None)
    with open_workbook(file, store, source.sheet) as book:
        found = next(_rows(book, source, {}), None)
    return Header(list(found.cells.values()) if found else None)


def rows(
    stretch: Stretch, source: Source, columns: Mapping[str, ColumnType], store: Store, declared: Sequence[str]
) -> Iterator[Rows]:
    """Read the records of the sheet. Blank rows are no records.

    A value in a column without name is ragged, and a row that repeats the column names is refused.
    Texts stay as they are typed, whole numbers have no decimal point, days are ``2024-04-01`` and errors are
    their texts (``#N/A``). Of a formula the result is read that was saved with it.

    Raises:
        InputError: a formula has no saved result, or cells of records are merged; see also
            `reader.read_split`.
    """
    uri = stretch.file.uri
    with open_workbook(stretch.file, store, source.sheet) as book:
        places = dict(enumerate(declared))
        if source.header:
            first = next(_rows(book, source, {}), None)
            if first is None:
                return
            names = matched_names(list(first.cells.values()), declared, uri)
            places = dict(zip(first.cells, names, strict=True))
        found = _rows(book, source, {at: columns[n] for at, n in places.items() if n in columns})
        if source.header:
            next(found)
        held: list[_Row] = []
        done = 0
        for row in found:
            held.append(row)
            if len(held) == _HELD:
                yield _stretch(held, done, places, columns, source)
                done += len(held)
                held = []
        if held:
            yield _stretch(held, done, places, columns, source)


def begins(stretch: Stretch, source: Source, store: Store, numbers: Sequence[int]) -> Iterator[int | str]:
    """Yield the rows of the sheet in which some records are, as Excel numbers them."""
    with open_workbook(stretch.file, store, source.sheet) as book:
        wanted = set(numbers)
        for number, row in enumerate(_rows(book, source, {}), 0 if source.header else 1):
            if number in wanted:
                yield f"row {row.number}"


def _stretch(
    held: Sequence[_Row],
    done: int,
    places: Mapping[int, str],
    columns: Mapping[str, ColumnType],
    source: Source,
) -> Rows:
    known = places.keys()
    titles = {at: as_name(name) for at, name in places.items()}
    bad = [
        "ragged" * (not row.cells.keys() <= known)
        or "header" * all(as_name(row.cells.get(at)) == title for at, title in titles.items())
        for row in held
    ]
    good = np.array([not why for why in bad], bool)
    kept = [row.cells for row, fits in zip(held, good, strict=True) if fits]
    cells = {
        name: pa.array([row.get(at, "") for row in kept], pa.string())
        for at, name in places.items()
        if name in columns
    }
    numbers = np.arange(done + 1, done + len(held) + 1)
    rows = Rows(
        cells,
        numbers[good],
        [(int(n), why) for n, why in zip(numbers, bad, strict=True) if why],
        len(held),
        {},
    )
    if source.blank_records == "keep":
        return rows
    blank = [not any(has_value(text, source.null_values) for text in row.values()) for row in kept]
    return without_blank(rows, np.array(blank, bool))


class _Sheet:
    """The rows of a sheet as they are parsed; what is gathered is taken from ``done``."""

    def __init__(self, book: Workbook, source: Source, kinds: Mapping[int, ColumnType]) -> None:
        self.done: list[_Row] = []
        self._book, self._skip, self._kinds = book, source.skip_rows, kinds
        self._columns: dict[str, int] = {}
        self._cells: RowCells = {}
        self._row = self._at = 0
        self._first = 0 if source.header else self._skip  # number of the header's row, once it is found
        self._cell: Attributes = {}
        self._text, self._formula, self._furigana = "", False, False
        self._pieces: list[str] = []

    def start(self, name: str, attributes: Attributes) -> None:
        if name == "c":
            self._cell, self._text, self._formula = attributes, "", False
            place = attributes.get("r")
            self._at = self._column(place.rstrip(_DIGITS)) if place else self._at + 1
        elif name == "row":
            number = int(attributes.get("r", self._row + 1))
            if number <= self._row:
                raise self._wrong("rows are not in their order")
            self._row, self._at, self._cells = number, -1, {}
        elif name == "rPh":
            self._furigana = True
        elif name == "mergeCell":
            self._refuse_merged(attributes.get("ref", ""))

    def end(self, name: str, text: str) -> None:
        if name == "v":
            self._text = text
        elif name == "f":
            self._formula = True
        elif name == "t" and not self._furigana:
            self._pieces.append(text)
        elif name == "rPh":
            self._furigana = False
        elif name == "c":
            value = self._value()
            if value:
                self._cells[self._at] = value
        elif name == "row" and self._cells and self._row > self._skip:
            self._first = self._first or self._row
            self.done.append(_Row(self._row, self._cells))

    def _value(self) -> str:
        kind, text = self._cell.get("t", "n"), self._text
        if kind == "inlineStr":
            text, self._pieces = unescaped("".join(self._pieces)), []
            return text
        if self._formula and not text and kind != "str" and self._at in self._kinds:
            raise self._wrong("a formula has no saved result", "open the workbook in Excel and save it")
        if kind == "s":
            at = int(text) if text else -1
            if not -1 <= at < len(self._book.texts):
                raise self._wrong("a cell refers to a text that is not there")
            return self._book.texts[at] if at >= 0 else ""
        if kind == "b":
            return {"1": "TRUE", "0": "FALSE"}.get(text, text)
        if kind == "n" and text:
            return self._number(text)
        return text.replace("T", " ").removesuffix(" 00:00:00") if kind == "d" else unescaped(text)

    def _number(self, text: str) -> str:
        style = int(self._cell.get("s", "0"))
        kind = self._book.styles[style] if 0 <= style < len(self._book.styles) else ""
        if kind == "" and text.isdecimal():
            return text
        value = float(text)
        if kind == "":
            return str(int(value)) if value.is_integer() and abs(value) < _EXACT else repr(value)
        if kind == "elapsed":
            return _clock(round(value * _DAY))
        return _calendar(value, self._kinds.get(self._at), from_1904=self._book.from_1904)

    def _column(self, letters: str) -> int:
        at = self._columns.get(letters)
        if at is None:
            number = 0
            for letter in letters.upper():
                number = number * 26 + ord(letter) - 64
            if not 1 <= number <= _LAST_COLUMN:
                raise self._wrong("a cell has no place in the sheet")
            at = self._columns[letters] = number - 1
        return at

    def _refuse_merged(self, area: str) -> None:
        """Refuse merged cells of records: only the first one has the value, and the others would be blank."""
        found = _RANGE.fullmatch(area)
        if not found:
            return
        left, right = self._column(found[1]), self._column(found[3])
        top, bottom = int(found[2]), int(found[4])
        first = max(top, self._first + 1)
        beside = left + (first == top == bottom)  # where the cells begin that the merging leaves blank
        if first <= min(bottom, self._row) and any(beside <= at <= right for at in self._kinds):
            self._row = first
            raise self._wrong("cells are merged", "unmerge them, and fill in the value of each")

    def _wrong(self, what: str, fix: str = "save the workbook again in Excel") -> InputError:
        return InputError("input.cells", where=f"{self._book.uri}, row {self._row}", what=what, fix=fix)


def _rows(book: Workbook, source: Source, kinds: Mapping[int, ColumnType]) -> Iterator[_Row]:
    """Yield the rows that are not blank, the header too; ``kinds`` are the types of the wanted columns."""
    sheet = _Sheet(book, source, kinds)
    for _ in feed(book.parts, book.sheet, Handlers(sheet.start, sheet.end), book.uri):
        ready, sheet.done = sheet.done, []
        yield from ready


def _calendar(value: float, kind: ColumnType | None, *, from_1904: bool) -> str:
    """Return a number of days as the day and time that Excel shows, in the form that the type reads."""
    if 0 <= value < 1 and not from_1904:
        return _clock(round(value * _DAY))
    seconds = round(value * _DAY)
    days = seconds // _DAY
    # Excel has a 29 February 1900, day 60; it is no day, and is read as none.
    begin = dt.datetime(1904, 1, 1) if from_1904 else dt.datetime(1899, 12, 31 if days < 60 else 30)
    if days == 60 and not from_1904:
        return "1900-02-29"
    try:
        time = begin + dt.timedelta(seconds=seconds)
    except OverflowError:
        return _NO_DATE
    if value < 0:
        return _NO_DATE
    if seconds % _DAY or kind == "datetime":
        return time.isoformat(" ")
    return time.strftime("%Y-%m") if kind == "month" and time.day == 1 else time.date().isoformat()


def _clock(seconds: int) -> str:
    sign = "-" if seconds < 0 else ""
    minutes, second = divmod(abs(seconds), 60)
    return f"{sign}{minutes // 60:02d}:{minutes % 60:02d}:{second:02d}"
