"""Where a record's own values stand in its text in another form: every one that the leak search looks for.

Addresses, birth dates, names in Latin letters, codes without their end (`other_forms`), and telephone numbers
that are spoken. Such a form tells whether a text holds a value, not where: so ends are drawn in, by halves,
as long as what is left still holds it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import permutations

import polars as pl
import pyarrow as pa

from tokumei.transforms.detect import other_forms as other
from tokumei.transforms.detect.other_forms import OtherForm
from tokumei.transforms.detect.readings import name_parts, readings_of
from tokumei.transforms.detect.shadow import spelled
from tokumei.transforms.detect.spans import SpanLabel
from tokumei.transforms.redaction.own_columns import MOST_NAMES, OwnColumn
from tokumei.transforms.values.cells import as_text

_NOT_LATIN = re.compile(r"[\u3005-\u30ff\u3400-\u9fff]+")
_ACCOUNT = re.compile(r"[A-Z0-9_.%+-]*[A-Z0-9_%+]|")
_BEFORE = re.compile(r"[A-Z0-9_%+][A-Z0-9_.%+-]*\Z")
_LONGEST_ACCOUNT = 64
_DIGIT = re.compile("[0-9]")

_Place = tuple[int, int, int]  # cell, start, end
_Cells = list[tuple[int, int, str, str]]  # number, where the piece begins, the piece, the value


class OwnOtherwise:
    """The own values of some records in other forms.

    Args:
        columns: what the columns are.
        values: of each column, one a record: texts, whole numbers or dates.
    """

    def __init__(self, columns: Sequence[OwnColumn], values: Mapping[str, pa.Array]) -> None:
        self._sought: dict[OtherForm, list[pl.Series]] = {}
        for column in columns:
            days = other.birth_days(values[column.name], column.dates) if column.born else None
            if days is not None:
                self._add(other.BIRTHS, other.birth_forms(days))
                self._add(other.BIRTH_NUMBERS, other.birth_numbers(days))
        texts = {c: spelled(as_text(values[c.name])) for c in columns if c.names or c.coded}
        for column, shadows in texts.items():
            if column.places:
                self._add(other.ADDRESSES, other.address_forms(shadows))
            elif column.names:
                self._add(other.TELEPHONES, other.telephone_forms(shadows))
                family, given = name_parts(shadows)
                self._add(other.NAMES_IN_LATIN, other.latin_forms(family, given))
                self._add_read(family, given)
            if not column.places:
                self._add(other.LAST_FOUR, [other.last_four(shadows)])
                self._add(other.BACKWARDS, other.backward_forms(shadows))
            if column.coded:
                self._add(other.ELEVEN, other.eleven_forms(shadows))
        named = [shadows for column, shadows in texts.items() if column.names and not column.places]
        for family, given in permutations(named[:MOST_NAMES], 2):
            self._add(other.NAMES_IN_LATIN, other.latin_forms(family, given)[:1])
            self._add_read(family, given)

    def _add_read(self, family: pl.Series, given: pl.Series) -> None:
        """Add names in kanji as they may be read."""
        for one, another in readings_of(family, given):
            self._add(other.NAMES_IN_KANA, other.kana_forms(one, another))
            self._add(other.NAMES_IN_LATIN, other.latin_forms(one, another))

    def _add(self, form: OtherForm, values: Sequence[pl.Series]) -> None:
        self._sought.setdefault(form, []).extend(v for v in values if v.null_count() < len(v))

    def places(self, cells: pl.Series, rows: Sequence[int]) -> Iterator[tuple[int, int, int, int]]:
        """Yield (cell, start, end, label) wherever a form stands, in the shadow.

        Args:
            cells: shadows of texts.
            rows: of each, the record that it is of.
        """
        for form, several in self._sought.items():
            met = cells.str.contains(form.pattern).arg_true().to_list()
            pieces = [(i, *piece) for i in met for piece in _pieces(form, cells[i])] if several else []
            for values in several:
                wanted = values.gather(pl.Series([rows[i] for i, _, _ in pieces], dtype=pl.UInt32)).to_list()
                held = [
                    (i, at, text, value)
                    for (i, at, text), value in zip(pieces, wanted, strict=True)
                    if value is not None
                ]
                for i, start, end in _standing(form.canonical, held):
                    yield _labelled(form, i, start, end, cells)


def _pieces(form: OtherForm, text: str) -> Iterator[tuple[int, str]]:
    """Yield a text, and in Latin letters what stands between Japanese ones: SATOHは林."""
    yield 0, text
    if form is other.NAMES_IN_LATIN:
        at = 0
        for found in [*_NOT_LATIN.finditer(text), None]:
            end = len(text) if found is None else found.start()
            if at < end < len(text) or 0 < at < end:
                yield at, text[at:end]
            at = end if found is None else found.end()


def _standing(canonical: Callable[[pl.Series], pl.Series], cells: _Cells) -> Iterator[_Place]:
    """Yield the shortest stretches that hold a value, from the last one of each text on."""
    while cells:
        held = _holding(canonical, [text for _, _, text, _ in cells], cells)
        cells = [cell for cell, there in zip(cells, held, strict=True) if there]
        starts = _drawn_in(canonical, cells, [len(text) for _, _, text, _ in cells], lambda t, n: t[n:])
        cut = [(i, at + n, text[n:], value) for (i, at, text, value), n in zip(cells, starts, strict=True)]
        ends = _drawn_in(canonical, cut, [len(text) for _, _, text, _ in cut], lambda t, n: t[: len(t) - n])
        for (i, at, text, _), n in zip(cut, ends, strict=True):
            yield i, at, at + len(text) - n
        cells = [(i, at, text[:n], value) for (i, at, text, value), n in zip(cells, starts, strict=True)]


def _drawn_in(
    canonical: Callable[[pl.Series], pl.Series],
    cells: _Cells,
    sizes: list[int],
    cut: Callable[[str, int], str],
) -> list[int]:
    """Return how many characters can be taken away at one end while a text still holds its value."""
    safe, beyond = [0] * len(cells), sizes
    while any(b - a > 1 for a, b in zip(safe, beyond, strict=True)):
        middle = [(a + b) // 2 for a, b in zip(safe, beyond, strict=True)]
        held = _holding(canonical, [cut(cell[2], n) for cell, n in zip(cells, middle, strict=True)], cells)
        safe = [m if there else a for a, m, there in zip(safe, middle, held, strict=True)]
        beyond = [b if there else m for b, m, there in zip(beyond, middle, held, strict=True)]
    return safe


def _holding(canonical: Callable[[pl.Series], pl.Series], texts: list[str], cells: _Cells) -> list[bool]:
    frame = pl.DataFrame(
        {
            "text": canonical(pl.Series(texts, dtype=pl.String)),
            "value": pl.Series([value for _, _, _, value in cells], dtype=pl.String),
        }
    )
    return frame.select(pl.col("text").str.contains(pl.col("value"), literal=True)).to_series().to_list()


def _labelled(form: OtherForm, i: int, start: int, end: int, cells: pl.Series) -> tuple[int, int, int, int]:
    if form is not other.NAMES_IN_LATIN:
        return i, start, end, int(_LABELS[form])
    text: str = cells[i]
    before = _BEFORE.search(text[max(0, start - _LONGEST_ACCOUNT) : start])
    behind = _ACCOUNT.match(text, end, end + _LONGEST_ACCOUNT)
    first, last = start - len(before[0]) if before else start, behind.end() if behind else end
    label = SpanLabel.ACCOUNT if _DIGIT.search(text, first, last) else SpanLabel.PERSON
    return i, first, last, int(label)


_LABELS = {
    other.ADDRESSES: SpanLabel.PLACE,
    other.NAMES_IN_KANA: SpanLabel.PERSON,
    other.BIRTHS: SpanLabel.DATE,
    other.BIRTH_NUMBERS: SpanLabel.DATE,
    other.ELEVEN: SpanLabel.NUMBER,
    other.LAST_FOUR: SpanLabel.NUMBER,
    other.TELEPHONES: SpanLabel.TELEPHONE,
}
