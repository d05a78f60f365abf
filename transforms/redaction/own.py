"""Where a record's own values stand in its text, in any spelling that a shadow tells.

Compared are letters and digits alone, as the leak search compares them; hiragana is read as katakana. Of what
names a person also the parts stand for it (佐藤 of 佐藤 花子), and two columns one behind the other, in both
orders (姓 and 名). Shorter values than these are in other words by chance, and are not looked for: two
characters of a name, or one before 様 or the like, three of other texts, five where all are ASCII, six of
digits. What is written in another form is found by `own_otherwise`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import permutations
from typing import NamedTuple

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from tokumei.schemas.tables import KATAKANA
from tokumei.transforms.detect.offsets import Located, located
from tokumei.transforms.detect.spans import SpanLabel, Spans
from tokumei.transforms.detect.stretches import placed
from tokumei.transforms.redaction.own_columns import MOST_NAMES, OwnColumn
from tokumei.transforms.redaction.own_otherwise import OwnOtherwise
from tokumei.transforms.values.cells import as_text

LONGEST = 4_096  # bytes; longer values are whole documents
_NAME, _TEXT, _ASCII, _DIGITS = 1, 3, 5, 6
_ADDRESSED = re.compile(
    r"様|氏|サン|君|クン|チャン|殿|先生|サマ|宅|家|方|夫[妻人]|嬢"
)  # as plain texts are written
_LETTERED = re.compile(r"[A-Za-zＡ-Ｚａ-ｚ]{1,4}[-－ ]?([0-9０-９]+)|([0-9０-９]+)[A-Za-z]{1,2}")
_KIND_OF_FIRM = re.compile(
    "(?:株式|有限|合同|合資|合名|相互)会社|[（(][株有同資名社財医学福][）)]|[㈱㈲]|(?:一般|公益)(?:社団|財団)法人"
    "|(?:医療|学校|社会福祉|宗教|特定非営利活動)法人"
)
_PARTS = re.compile(r"[\s・･,、/@＠]+")
_PARTING = re.compile(r"[。、\n!?！？]")
_LETTER, _DIGIT = re.compile(r"[^\W\d_]"), re.compile("[0-9]")
_MAIL, _TELEPHONE = re.compile("[@＠]"), re.compile(r"[^\w]*[+＋0０](?:[^\w]*ー?\d){8,12}[^\w]*")


class OwnSpans(NamedTuple):
    """Where own values stand in texts.

    Attributes:
        whole: those that the leak search would find too.
        parts: a family name or a given name alone; within a longer name (山口大学) it tells of nobody.
    """

    whole: Spans
    parts: Spans


class _Wanted(NamedTuple):
    """Plain values and their labels, one a record.

    Attributes:
        together: whether all of it must stand in one sentence.
        part: whether it is a part of a name.
    """

    values: pl.Series
    labels: pl.Series
    together: bool
    part: bool


class OwnValues:
    """The own values of some records, as they are looked for.

    Args:
        columns: what the columns are.
        values: of each column, one a record: texts or whole numbers.
    """

    def __init__(self, columns: Sequence[OwnColumn], values: Mapping[str, pa.Array]) -> None:
        self._wanted: list[_Wanted] = []
        whole: dict[OwnColumn, list[str | None]] = {}
        self._otherwise = OwnOtherwise(columns, values)
        for column in columns:
            if column.born:
                continue  # a day is told by its forms alone
            texts = _short(as_text(values[column.name])).to_pylist()
            whole[column] = texts
            short = [text if column.names and text and len(text) < _TEXT else None for text in texts]
            self._add(column, short, part=True)
            self._add(column, [None if s else text for s, text in zip(short, texts, strict=True)])
            self._add(column, [_without_letters(text) for text in texts])
            self._add(column, [_core_of_firm(text) for text in texts])
            if column.names:
                for part in _parts(texts):
                    self._add(column, part, part=True)
                self._add(column, [_turned(text) for text in texts], together=True)
        named = [c for c in whole if c.names and not c.places][:MOST_NAMES]
        for one, other in permutations(named, 2):
            pairs = zip(whole[one], whole[other], strict=True)
            self._add(one, [_name_of(a, b) for a, b in pairs], together=True)

    def _add(
        self,
        column: OwnColumn,
        texts: Sequence[str | None],
        *,
        together: bool = False,
        part: bool = False,
    ) -> None:
        if not any(texts):
            return
        plain = plain_of(located([text or "" for text in texts])).texts()
        labels = pl.Series([int(_label(text or "", column)) for text in texts], dtype=pl.Int8)
        self._wanted.append(_Wanted(_long_enough(plain, column), labels, together, part))

    def spans(self, texts: Sequence[str], rows: Sequence[int]) -> OwnSpans:
        """Return where they stand in texts.

        Args:
            texts: any.
            rows: of each, the record that it is of.
        """
        found = located(texts)
        plain = plain_of(found)
        cells = plain.texts()
        spans, parts = [placed(found, [*self._otherwise.places(found.texts(), rows)])], [Spans.of(())]
        chosen = pl.Series(rows, dtype=pl.UInt32)
        for values, labels, together, part in self._wanted:
            met: list[tuple[int, int, int, int]] = []
            frame = pl.DataFrame(
                {"cell": cells, "value": values.gather(chosen), "label": labels.gather(chosen)}
            )
            hits = frame.with_row_index("row").filter(
                pl.col("cell").str.contains(pl.col("value"), literal=True).fill_null(value=False)
            )
            for row, cell, value, label in hits.iter_rows():
                met += ((row, start, end, label) for start, end in _places(cell, value))
            there = _in_texts(plain, met)
            there = _unparted(there, texts) if together else there
            (parts if part else spans).append(there)
        return OwnSpans(Spans.joined(spans), Spans.joined(parts))


def plain_of(found: Located) -> Located:
    """Return the letters and digits of shadows alone, hiragana as katakana."""
    distinct, which = np.unique(found.codes, return_inverse=True)
    kept = np.array([chr(code).isalnum() for code in distinct.tolist()], dtype=bool)
    kana = np.array([KATAKANA.get(code, code) for code in distinct.tolist()], dtype=np.uint32)
    return found._replace(codes=kana[which]).only(kept[which])


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
    for i in range(min(max(map(len, parts), default=0), MOST_NAMES)):
        yield [found[i] if i < len(found) else None for found in parts]


def _without_letters(text: str | None) -> str | None:
    """Return the digits of a code with Latin letters before or behind them: 9540623 of M9540623."""
    code = _LETTERED.fullmatch(text.strip()) if text else None
    return None if code is None else code[1] or code[2]


def _core_of_firm(text: str | None) -> str | None:
    """Return the name of a firm without what kind of firm it is."""
    core = _KIND_OF_FIRM.sub("", text).strip() if text else text
    return None if core == text else core


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


def _label(text: str, column: OwnColumn) -> SpanLabel:
    """Return what a value is called where it is replaced."""
    if column.places:
        return SpanLabel.PLACE
    if column.names and _MAIL.search(text) is not None:
        return SpanLabel.MAIL
    if column.names and _TELEPHONE.fullmatch(text) is not None:
        return SpanLabel.TELEPHONE
    if any(map(str.isdecimal, text)):
        return SpanLabel.ACCOUNT if column.names and _LETTER.search(text) else SpanLabel.NUMBER
    return SpanLabel.PERSON if column.names and _LETTER.search(text) else SpanLabel.OTHER
