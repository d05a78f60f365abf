"""Many texts as one array of letters: what each letter is, and where it stood; for searches of names.

Letters and digits alone are compared, hiragana as katakana. Between two texts stands a letter that no name
has. All is done for a column at once, at some nanoseconds a character.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum, IntFlag
from functools import cache, cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tokumei.schemas.tables import KATAKANA
from tokumei.transforms.detect.shadow import KANJI_DIGITS

Codes = NDArray[np.uint32]
Places = NDArray[np.int64]
Factors = tuple[int, int, int]  # of three letters

_PLANES = 0x30000  # no letter that is written stands behind
_ALL = 0x110000
END = 1  # among letters stands behind each text
_LETTER_BITS = 24  # of a character; behind them, what kinds it is of
_LETTER = np.uint32((1 << _LETTER_BITS) - 1)
_CHARACTERS = 1 << 18  # that are looked at in one go, so that they stay in the processor's cache


class Script(IntEnum):
    """What a character is."""

    NONE = 0
    DIGIT = 1
    LATIN = 2
    HIRAGANA = 3
    KATAKANA = 4
    KANJI = 5


class CharacterKind(IntFlag):
    """Kinds of characters of which a text has some or none, as a shadow writes them."""

    DIGIT = 1
    LATIN = 2
    NUMERAL = 4  # of kanji, and whatever else is a number and no digit
    SIGN = 8  # no letter and no digit


@dataclass(frozen=True, eq=False)
class Letters:
    """Some texts, one behind the other.

    Attributes:
        codes: their code points, with one more behind each text.
        begins: where each text begins in ``codes``.
        letters: of these the letters and digits as they are compared, and the ends of texts.
        has: of each text, the `CharacterKind` of all its characters.
    """

    codes: Codes
    begins: Places
    letters: Codes
    has: NDArray[np.uint8]
    _threes: dict[Factors, Codes] = field(default_factory=dict)

    @classmethod
    def of(cls, shadows: pl.Series) -> Letters:
        """Take texts without nulls."""
        joined = shadows.str.join("\0").item() + "\0" if len(shadows) else ""
        codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
        ends = np.flatnonzero(codes == 0)
        if len(ends) != len(shadows):  # a text has such a character itself
            return cls.of(shadows.str.replace_all("\0", " ", literal=True))
        found, begins = _read().take(codes), np.concatenate(([0], ends + 1))[:-1]
        has = np.bitwise_or.reduceat(found, begins) >> np.uint32(_LETTER_BITS) if len(begins) else ends
        letters = found & _LETTER
        if (has & CharacterKind.SIGN).any():
            letters = letters[letters > 0]
        return cls(codes, begins, letters, has.astype(np.uint8))

    def threes(self, factors: Factors) -> Codes:
        """Return a hash of each letter with the two behind it, made once for everybody who asks."""
        if factors not in self._threes:
            self._threes[factors] = three_letters(
                self.letters[:-2], self.letters[1:-1], self.letters[2:], factors
            )
        return self._threes[factors]

    @cached_property
    def places(self) -> Places:
        """Where each of ``letters`` stands in ``codes``."""
        return np.flatnonzero(folded_letters()[self.codes])

    def owners(self, places: Places) -> Places:
        """Return the text of each place in ``codes``."""
        return np.searchsorted(self.begins, places, side="right") - 1

    def script(self, places: Places) -> NDArray[np.uint8]:
        """Return what stands at some places of ``codes``; nothing before the first and behind the last."""
        inside = (places >= 0) & (places < len(self.codes))
        return np.where(inside, scripts(self.codes.take(places, mode="clip")), np.uint8(Script.NONE))


def three_letters(first: Codes, second: Codes, third: Codes, factors: Factors) -> Codes:
    """Return a hash of three letters; its first bits are the best."""
    a, b, c = (np.uint32(factor) for factor in factors)
    mixed: Codes = first * a + second * b + third * c
    return mixed


def stretches(shadows: pl.Series) -> Iterator[tuple[int, Letters]]:
    """Yield a column in stretches of so many characters, or of a single longer text: first row, and texts.

    Args:
        shadows: of texts; nulls are empty.
    """
    texts = shadows.fill_null("")
    sizes = np.cumsum(texts.str.len_chars().to_numpy().astype(np.int64) + 1)
    begin = 0
    while begin < len(texts):
        before = int(sizes[begin - 1]) if begin else 0
        end = max(begin + 1, int(np.searchsorted(sizes, before + _CHARACTERS, side="right")))
        yield begin, Letters.of(texts[begin:end])
        begin = end


def scripts(codes: Codes) -> NDArray[np.uint8]:
    """Return the `Script` of each character."""
    return _scripts().take(codes, mode="clip")


@cache
def folded_letters() -> Codes:
    """Return, by code point, the letter as it is compared; 0 for what is none."""
    found = np.zeros(_ALL, dtype=np.uint32)
    letters = [c for c in range(_PLANES - 1) if chr(c).isalnum()]
    found[letters] = letters
    found[[*KATAKANA]] = [*KATAKANA.values()]
    found[0] = END
    return found


@cache
def _read() -> Codes:
    """Return, by code point, the letter as it is compared, and behind its bits the `CharacterKind`."""
    found, of = folded_letters().copy(), np.zeros(_ALL, dtype=np.uint32)
    of[found == 0] = CharacterKind.SIGN
    of[: len(_scripts())][_scripts() == Script.LATIN] = CharacterKind.LATIN
    of[[c for c in range(0x80, _PLANES) if chr(c).isnumeric()]] |= np.uint32(CharacterKind.NUMERAL)
    of[[*map(ord, KANJI_DIGITS)]] |= np.uint32(CharacterKind.NUMERAL)
    of[0x30:0x3A] = CharacterKind.DIGIT
    return found | of << np.uint32(_LETTER_BITS)


@cache
def _scripts() -> NDArray[np.uint8]:
    found = np.zeros(_PLANES, dtype=np.uint8)
    found[0x30:0x3A] = Script.DIGIT
    found[0x41:0x5B] = found[0x61:0x7B] = Script.LATIN
    found[0xC0:0x250] = Script.LATIN
    found[0x3041:0x3097] = Script.HIRAGANA
    found[0x30A1:0x30FB] = Script.KATAKANA
    found[0x30FC:0x3100] = Script.KATAKANA
    found[[0x3005, 0x3006]] = Script.KANJI
    found[0x3400:0xA000] = found[0xF900:0xFB00] = found[0x20000:_PLANES] = Script.KANJI
    found[-1] = Script.NONE
    return found
