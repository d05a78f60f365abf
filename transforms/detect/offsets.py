"""The shadow of texts with the place of every character: what is found in it can be replaced in the text.

The same way of writing as `shadow`, made character by character. Beyond it accents are taken off. What a
character comes to is worked out once for each different one; the rest is arithmetic on columns.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import cache, lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from tokumei.schemas.tables import kanji_variants
from tokumei.transforms.detect.shadow import KANJI_DIGITS, KANJI_NUMBER
from tokumei.transforms.values.text import HYPHENS

Codes = npt.NDArray[np.uint32]
_Places = npt.NDArray[np.int64]
_VOICED, _HALF_VOICED = "\u3099", "\u309a"
_MARKS = tuple(map(ord, (_VOICED, _HALF_VOICED)))
_BASES = range(0x3041, 0x3100)  # kana
_UNSEEN = frozenset("\u115f\u1160")
_DASHES = frozenset(f"{HYPHENS}ー")


class Located(NamedTuple):
    """Texts in another way of writing, one after another, with the place of each character.

    Attributes:
        codes: (n,) code points.
        owner: (n,) the text that each belongs to.
        start, end: (n,) where it stands in that text as it was given; ``end`` is the first place behind.
        bounds: (texts + 1,) where each text begins.
    """

    codes: Codes
    owner: _Places
    start: _Places
    end: _Places
    bounds: _Places

    def texts(self) -> pl.Series:
        """Return the texts."""
        return pl.Series(split_at(self.codes, self.bounds), dtype=pl.String)

    def only(self, kept: npt.NDArray[np.bool_]) -> Located:
        """Return the texts with some of their characters."""
        owner = self.owner[kept]
        bounds = np.searchsorted(owner, np.arange(len(self.bounds)))
        return Located(self.codes[kept], owner, self.start[kept], self.end[kept], bounds)


def located(texts: Sequence[str]) -> Located:
    """Return the shadow of every text, without what is wrapped in it."""
    codes = code_points("".join(texts))
    sizes = np.fromiter(map(len, texts), np.int64, len(texts))
    owner = np.repeat(np.arange(len(texts)), sizes)
    place = np.arange(len(codes)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    distinct, which = np.unique(codes, return_inverse=True)
    written = [_written(chr(code)) for code in distinct.tolist()]
    widths = np.fromiter(map(len, written), np.int64, len(written))
    first = np.cumsum(widths) - widths
    times = widths[which]
    source = np.repeat(np.arange(len(codes)), times)
    inside = np.arange(len(source)) - np.repeat(np.cumsum(times) - times, times)
    seen = code_points("".join(written))[np.repeat(first[which], times) + inside]
    found = Located(seen, owner[source], place[source], place[source] + 1, np.empty(0, np.int64))
    return _composed(found._replace(bounds=np.searchsorted(found.owner, np.arange(len(texts) + 1))))


def as_numbers(shadows: pl.Series) -> pl.Series:
    """Return shadows with kanji digits as ASCII, in texts with six of them in a row: no place moves."""
    rows = shadows.str.contains(KANJI_NUMBER).arg_true()
    if not len(rows):
        return shadows
    table = str.maketrans(KANJI_DIGITS)
    return shadows.clone().scatter(rows, [text.translate(table) for text in shadows.gather(rows)])


def code_points(text: str) -> Codes:
    """Return the code points of a text."""
    return np.frombuffer(text.encode("utf-32-le"), dtype="<u4").astype(np.uint32)


def split_at(codes: Codes, bounds: _Places) -> list[str]:
    """Return the texts between bounds, of code points one after another."""
    whole = codes.astype("<u4").tobytes().decode("utf-32-le")
    places = bounds.tolist()
    return [whole[a:b] for a, b in pairwise(places)]


def _composed(found: Located) -> Located:
    """Put marks of kana (か゛) on the kana before them, and take all others away."""
    marks = np.isin(found.codes, _MARKS)
    if not marks.any():
        return found
    codes, end = found.codes.copy(), found.end.copy()
    for mark, composed in zip(_MARKS, _kana_with_marks(), strict=True):
        at = np.flatnonzero(codes[1:] == mark) + 1
        bases = codes[at - 1]
        kana = (bases < len(composed)) & (found.owner[at - 1] == found.owner[at])
        made = composed[np.where(kana, bases, 0)]
        at, made = at[made > 0], made[made > 0]
        codes[at - 1], end[at - 1] = made, end[at]
    return found._replace(codes=codes, end=end).only(~marks)


@cache
def _kana_with_marks() -> tuple[Codes, Codes]:
    tables = []
    for mark in (_VOICED, _HALF_VOICED):
        table = np.zeros(_BASES.stop, dtype=np.uint32)
        for base in _BASES:
            composed = unicodedata.normalize("NFC", chr(base) + mark)
            table[base] = ord(composed) if len(composed) == 1 else 0
        tables.append(table)
    return tables[0], tables[1]


@cache
def _variants() -> dict[str, str]:
    return dict(zip(*kanji_variants(), strict=True))


@lru_cache(maxsize=65_536)
def _written(char: str) -> str:
    """Return what a character comes to in the shadow: nothing, one character, or several."""
    seen = []
    for part in unicodedata.normalize("NFKD", char):
        kind = unicodedata.category(part)
        if part in (_VOICED, _HALF_VOICED):
            seen.append(part)
        elif kind in {"Mn", "Me", "Cf"} or part in _UNSEEN:
            continue
        elif part in _DASHES:
            seen.append("-")
        elif kind == "Nd":
            seen.append(str(unicodedata.decimal(part)))
        else:
            seen.append(_variants().get(part, part).upper())
    return "".join(seen)
