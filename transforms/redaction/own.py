"""Where a record's own values stand in its text, in any spelling that a shadow tells.

Compared are letters and digits alone, as the leak search compares them; hiragana is read as katakana. Of what
names a person also the parts stand for it (佐藤 of 佐藤 花子), and two columns one behind the other, in both
orders (姓 and 名). Shorter values than these are in other words by chance, and are not looked for: two
characters of a name, or one before 様 or the like, three of other texts, five where all are ASCII, six of
digits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from tokumei.schemas.column_names import Role, says
from tokumei.transforms.detect.offsets import Located, located
from tokumei.transforms.detect.spans import SpanLabel, Spans
from tokumei.transforms.values.cells import as_text

_REACHES = frozenset({Role.NAME, Role.KANA, Role.CONTACT, Role.ADDRESS})
LONGEST = 4_096  # bytes; longer values are whole documents
_NAME, _TEXT, _ASCII, _DIGITS = 1, 3, 5, 6
_ADDRESSED = re.compile(r"様|氏|サン|君|クン|チャン|殿|先生|サマ")  # as plain texts are written
_PARTS = re.compile(r"[\s・･,、/@＠]+")
_PLACE = re.compile(r"住所|居所|所番地|番地|方書|本籍|address", re.IGNORECASE)
_PARTING = re.compile(r"[。、\n!?！？]")
_DIGIT, _LETTER = re.compile(r"[0-9]"), re.compile(r"[^\W\d_]")
_HIRAGANA = (0x3041, 0x3096, 0x60)  # first, last, distance to katakana
_MOST_NAMES = 6  # columns of names that are put behind one another


@dataclass(frozen=True)
class OwnColumn:
    """A column whose values must not stand in the text of the same record.

    Attributes:
        name: of the column.
        names: whether its name or title says that it holds what names a person, or where they are reached.
        places: whether that says an address.
    """

    name: str
    names: bool
    places: bool

    @classmethod
    def of(cls, name: str, title: str | None) -> OwnColumn:
        """Return what a column's name and title say of it."""
        place = any(_PLACE.search(text) for text in (name, title) if text)
        return cls(name, place or says(_REACHES, name, title), place)


class OwnValues:
    """The own values of some records, as they are looked for.

    Args:
        columns: what the columns are.
        values: of each column, one a record: texts or whole numbers.
    """

    def __init__(self, columns: Sequence[OwnColumn], values: Mapping[str, pa.Array]) -> None:
        # Plain value and label, one a record; and whether its parts must stand in one sentence.
        self._wanted: list[tuple[pl.Series, pl.Series, bool]] = []
        whole: dict[OwnColumn, list[str | None]] = {}
        for column in columns:
            texts = _short(as_text(values[column.name])).to_pylist()
            whole[column] = texts
            self._add(column, texts)
            if column.names:
                for part in _parts(texts):
                    self._add(column, part)
                self._add(column, [_turned(text) for text in texts], together=True)
        named = [c for c in whole if c.names and not c.places][:_MOST_NAMES]
        for one, other in permutations(named, 2):
            pairs = zip(whole[one], whole[other], strict=True)
            self._add(one, [_name_of(a, b) for a, b in pairs], together=True)

    def _add(self, column: OwnColumn, texts: Sequence[str | None], *, together: bool = False) -> None:
        if not any(texts):
            return
        plain = plain_of(located([text or "" for text in texts])).texts()
        self._wanted.append((_long_enough(plain, column), _labels(plain, column), together))

    def spans(self, texts: Sequence[str], rows: Sequence[int]) -> Spans:
        """Return where they stand in texts.

        Args:
            texts: any.
            rows: of each, the record that it is of.
        """
        plain = plain_of(located(texts))
        cells = plain.texts()
        spans = []
        chosen = pl.Series(rows, dtype=pl.UInt32)
        for values, labels, together in self._wanted:
            found: list[tuple[int, int, int, int]] = []
            frame = pl.DataFrame(
                {"cell": cells, "value": values.gather(chosen), "label": labels.gather(chosen)}
            )
            hits = frame.with_row_index("row").filter(
                pl.col("cell").str.contains(pl.col("value"), literal=True).fill_null(value=False)
            )
            for row, cell, value, label in hits.iter_rows():
                found += ((row, start, end, label) for start, end in _places(cell, value))
            placed = _in_texts(plain, found)
            spans.append(_unparted(placed, texts) if together else placed)
        return Spans.joined(spans)


def plain_of(found: Located) -> Located:
    """Return the letters and digits of shadows alone, hiragana as katakana."""
    distinct, which = np.unique(found.codes, return_inverse=True)
    kept = np.array([chr(code).isalnum() for code in distinct.tolist()], dtype=bool)
    first, last, distance = _HIRAGANA
    kana = np.where((distinct >= first) & (distinct <= last), distinct + distance, distinct)
    return found._replace(codes=kana[which].astype(np.uint32)).only(kept[which])


def _in_texts(plain: Located, rows: Sequence[tuple[int, int, int, int]]) -> Spans:
    spans = Spans.of(rows)
    first = plain.bounds[spans.owner]
    return spans._replace(
        start=plain.start[first + spans.start].astype(np.int32),
        end=plain.end[first + spans.end - 1].astype(np.int32),
    )


def _unparted(spans: Spans, texts: Sequence[str]) -> Spans:
    """Return the spans in which no sentence ends, and no clause."""
    stretches = zip(spans.owner.tolist(), spans.start.tolist(), spans.end.tolist(), strict=True)
    whole = np.array([not _PARTING.search(texts[i], a, b) for i, a, b in stretches], dtype=bool)
    return spans.only(whole)


def _places(cell: str, value: str) -> Iterator[tuple[int, int]]:
    """Yield where a value stands; digits with all digits around them."""
    start = cell.find(value)
    while start >= 0:
        end = start + len(value)
        if len(value) == 1 and not _ADDRESSED.match(cell, end):
            start = cell.find(value, end)
            continue
        first, last = start, end
        while value[0].isdecimal() and first and cell[first - 1].isdecimal():
            first -= 1
        while value[-1].isdecimal() and last < len(cell) and cell[last].isdecimal():
            last += 1
        yield first, last
        start = cell.find(value, last)


def _short(texts: pa.Array) -> pa.Array:
    return pc.if_else(pc.less_equal(pc.binary_length(texts), LONGEST), texts, None)


def _parts(texts: Sequence[str | None]) -> Iterator[list[str | None]]:
    """Yield the first, second and further parts of values that have several."""
    parts = [found if text and len(found := _PARTS.split(text.strip())) > 1 else [] for text in texts]
    for i in range(min(max(map(len, parts), default=0), _MOST_NAMES)):
        yield [found[i] if i < len(found) else None for found in parts]


def _turned(text: str | None) -> str | None:
    """Return a name of two parts with the last one first."""
    parts = _PARTS.split(text.strip()) if text else []
    return "".join(reversed(parts)) if len(parts) == 2 else None


def _name_of(one: str | None, other: str | None) -> str | None:
    """Return two values behind one another, if both may be parts of a name."""
    if not one or not other or _DIGIT.search(one + other):
        return None
    return one + other


def _long_enough(plain: pl.Series, column: OwnColumn) -> pl.Series:
    """Return plain values, null where they are too short to be looked for."""
    letters, ascii_only = plain.str.len_chars(), plain.str.len_chars() == plain.str.len_bytes()
    least = (
        pl.when(plain.str.contains(r"^[0-9]+$"))
        .then(_DIGITS)
        .when(ascii_only)
        .then(_ASCII)
        .otherwise(_NAME if column.names else _TEXT)
    )
    return pl.select(pl.when(letters >= least).then(plain)).to_series()


def _labels(plain: pl.Series, column: OwnColumn) -> pl.Series:
    """Return what each value is called where it is replaced."""
    return pl.Series([int(_label(text, column)) for text in plain], dtype=pl.Int8)


def _label(text: str, column: OwnColumn) -> SpanLabel:
    if column.places:
        return SpanLabel.PLACE
    if _DIGIT.search(text) is not None:
        return SpanLabel.NUMBER
    return SpanLabel.PERSON if column.names and _LETTER.search(text) else SpanLabel.OTHER
