"""Which source values may stand in which cells, told by their first letters: what need not be looked at.

A value that stands in a cell stands there with its first letters in a row. So one whose first three letters
(of digits alone: six) are so in no cell of a batch is in none, and is not even normalized. Where the first
letters are not plain to see (characters that change others, +81), a value may stand in any.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from tokumei.transforms.detect.shadow import spelled
from tokumei.transforms.detect.text_array import (
    END,
    CharacterKind,
    Codes,
    Factors,
    Letters,
    folded_letters,
    stretches,
)
from tokumei.transforms.leaks.values import repeated
from tokumei.transforms.values.cells import as_text
from tokumei.transforms.values.text import utf8

Keys = npt.NDArray[np.uint32]
Rows = npt.NDArray[np.int64]

_WIDTH, _WIDTH_OF_DIGITS = 6, 10  # characters at the beginning of a value that are looked at
_BITS = 21
_KEY = np.uint32(32 - _BITS)
_LETTERS, ANY_FACTORS = 3, (0x9E3779B1, 0x85EBCA6B, 0xC2B2AE35)
_TENS = (100_000, 10_000, 1_000, 100, 10, 1)
# Behind the keys of letters: of values that are too short to be looked for, and of those not plain to see.
_NOWHERE, _ANYWHERE = 1 << _BITS, (1 << _BITS) + 1
_UNKNOWN, _ZERO = 0xFFFFFFFF, ord("0")
_BYTES, _LEAD, _NO_ASCII = 3, 0xE, 0x80  # of kanji and kana in UTF-8: how many, and how the first begins
_ABROAD = "81"  # +81 and 0081 are compared as 0
# Characters that are spelled one by one, whichever of them stand side by side: ASCII, punctuation, kana,
# kanji, and those of another width.
_ALONE = (
    *(range(0x20, 0x7F), range(0x3000, 0x302A), range(0x3041, 0x3097), range(0x30A1, 0x30FD)),
    *(range(0x4E00, 0xA000), range(0xFF01, 0xFF5F), range(0xFF66, 0xFF9E)),
)


class SeenLetters:
    """What the first letters of values may be that stand in some cells.

    Attributes:
        inside: by key, whether a cell holds such letters.
        digits: the same of values that are digits alone.
        first: by key, whether a cell begins with such letters.
        has: of each cell, the `CharacterKind` of its characters.
    """

    def __init__(self, factors: Factors) -> None:
        """Begin without cells; three letters are hashed with some factors."""
        self.factors = factors
        self.inside, self.digits, self.first = _nothing(), _nothing(), _nothing()
        self.has = np.empty(0, dtype=np.uint8)

    def look(self, cells: pl.Series) -> None:
        """Look at shadows of cells."""
        for _ in self.through(stretches(cells)):
            pass

    def through(self, texts: Iterable[tuple[int, Letters]]) -> Iterator[tuple[int, Letters]]:
        """Look at cells that are on their way to somebody else, as `stretches` gives them."""
        had = [self.has]
        for begin, text in texts:
            letters = text.letters
            had.append(text.has)
            if len(letters) >= _LETTERS:
                keys = text.threes(self.factors) >> _KEY
                self.inside[keys] = True
                begins = np.append(0, np.flatnonzero(letters[: len(keys) - 1] == END) + 1)
                self.first[keys[begins]] = True
                if (text.has & CharacterKind.DIGIT).any():
                    self.digits[_six_digits(letters)] = True
            yield begin, text
        self.has = np.concatenate(had)


def _six_digits(letters: Codes) -> Keys:
    """Return the numbers that six digits in a row make."""
    places = np.flatnonzero(letters - np.uint32(_ZERO) < np.uint32(10))
    steps = len(_TENS) - 1
    begins = np.flatnonzero(places[steps:] - places[: max(0, len(places) - steps)] == steps)
    digits, keys = letters[places] - np.uint32(_ZERO), np.zeros(len(begins), dtype=np.uint32)
    for step, ten in enumerate(_TENS):
        keys += digits[begins + step] * np.uint32(ten)
    return keys


def beginnings(values: pa.Array, by: Factors | None) -> Keys:
    """Return the key of each value's first letters; null has that of a value that stands nowhere.

    Args:
        values: of any column.
        by: what three letters are hashed with; None: the values are digits, and what may stand between them.
    """
    if isinstance(values, pa.DictionaryArray):
        of_labels: Keys = np.append(beginnings(values.dictionary, by), np.uint32(_NOWHERE))
        keys: Keys = of_labels[values.indices.fill_null(len(values.dictionary)).to_numpy()]
        return keys
    texts = as_text(values)
    if (labels := repeated(texts)) is not None:
        return beginnings(labels, by)
    texts = texts.fill_null("")
    keys, others = _of_digits_alone(texts) if by is None else _of_three_kanji(texts, by)
    if len(others):
        keys[others] = _one_by_one(texts.take(pa.array(others)), by)
    return keys


def _of_digits_alone(texts: pa.Array) -> tuple[Keys, Rows]:
    """Return the keys of texts that have digits alone, if all do; and which are left."""
    bytes_ = utf8(texts)
    data = bytes_.data[: int(bytes_.lengths.sum())]
    if data.min(initial=_ZERO) < _ZERO or data.max(initial=_ZERO) >= _ZERO + 10:
        return np.empty(len(texts), dtype=np.uint32), np.arange(len(texts))
    keys, zero = np.zeros(len(texts), dtype=np.uint32), np.zeros(len(texts), dtype=bool)
    for place, ten in enumerate(_TENS):
        digits = bytes_.column(place) - np.uint8(_ZERO)
        zero |= digits == 0
        keys += digits * np.uint32(ten)
    keys[bytes_.lengths < len(_TENS)] = _NOWHERE
    return keys, np.flatnonzero(zero & pc.match_substring(texts, _ABROAD).to_numpy(zero_copy_only=False))


def _of_three_kanji(texts: pa.Array, by: Factors) -> tuple[Keys, Rows]:
    """Return the keys of texts that begin with three letters of kanji or kana; and which others are left.

    A character behind them may change the third, unless it is spelled alone as well.
    """
    bytes_ = utf8(texts)
    keys, whole = np.zeros(len(texts), dtype=np.uint32), bytes_.lengths >= _LETTERS * _BYTES
    for place, factor in enumerate((*by, 0)):
        first, second, third = (bytes_.column(place * _BYTES + i).astype(np.uint32) for i in range(_BYTES))
        letters = _spelled().take((first & 15) << 12 | (second & 63) << 6 | third & 63)
        if place < _LETTERS:
            keys += letters * np.uint32(factor)
            whole &= (first >> 4 == _LEAD) & (letters >= _NO_ASCII) & (letters != _UNKNOWN)
        else:
            alone = (first >> 4 == _LEAD) & (letters != _UNKNOWN)
            alone |= (first < _NO_ASCII) & (_spelled().take(first) != _UNKNOWN)
            whole &= alone | (bytes_.lengths == _LETTERS * _BYTES)
    return keys >> _KEY, np.flatnonzero(~whole)


def _one_by_one(texts: pa.Array, by: Factors | None) -> Keys:
    width = _WIDTH_OF_DIGITS if by is None else _WIDTH
    factors = np.array([*(_TENS if by is None else by), 0], dtype=np.uint32)
    wanted = len(factors) - 1
    sums, unsure, zero = (
        np.zeros(len(texts), np.uint32),
        np.zeros(len(texts), bool),
        np.zeros(len(texts), bool),
    )
    before = count = np.zeros(
        len(texts), dtype=np.uint8
    )  # letters before the last character, and before this
    for characters in _columns(texts, width):
        letters = _spelled()[characters]
        unsure |= (letters == _UNKNOWN) & (before < wanted)  # behind the last letter too, which it may change
        sums += letters * factors[count]
        zero |= (letters == _ZERO) & (count < wanted)
        before, count = count, np.minimum(count + (letters > 0), np.uint8(wanted))
        if before.min(initial=wanted) == wanted:
            break
    unsure |= (before < wanted) & (pc.utf8_length(texts).to_numpy() >= width)
    unsure |= zero & pc.match_substring(texts, _ABROAD).to_numpy(zero_copy_only=False)
    if by is None:
        sums -= np.uint32(_ZERO * sum(_TENS))
        unsure |= (count == wanted) & (sums >= 10 * _TENS[0])
    else:
        sums >>= _KEY
    sums[count < wanted] = _NOWHERE
    sums[unsure] = _ANYWHERE
    return sums


def _columns(texts: pa.Array, width: int) -> Iterator[Codes]:
    """Yield the first characters of texts, the second, and so on; 0 behind their ends."""
    begins = pc.utf8_rpad(pc.utf8_slice_codeunits(texts, 0, width), width, "\0")
    size = pc.sum(pc.binary_length(begins)).as_py() or 0
    joined = str(memoryview(begins.buffers()[2])[:size], "utf-8") if size else ""
    codes = np.frombuffer(joined.encode("utf-32-le"), dtype=np.uint32).reshape(-1, width)
    for place in range(width):
        yield codes[:, place]


def _nothing() -> npt.NDArray[np.bool_]:
    found = np.zeros((1 << _BITS) + 2, dtype=bool)
    found[_ANYWHERE] = True
    return found


@cache
def _spelled() -> Codes:
    """Return, by code point, the letter as it is compared, 0 for what is left out."""
    found = np.full(0x110000, _UNKNOWN, dtype=np.uint32)
    alone = [code for codes in _ALONE for code in codes]
    spellings = spelled(pa.array(map(chr, alone), pa.string())).to_list()
    for code, spelling in zip(alone, spellings, strict=True):
        if len(spelling) <= 1:
            found[code] = folded_letters()[ord(spelling)] if spelling else 0
    found[0], found[ord("+")], found[ord("＋")] = 0, _UNKNOWN, _UNKNOWN
    return found
