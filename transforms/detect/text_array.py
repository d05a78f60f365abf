"""Many texts as one array of letters: what each letter is, and where it stood; for searches of names.

Letters and digits alone are compared, hiragana as katakana. Between two texts stands a letter that no name
has. All is done for a column at once, at some nanoseconds a character.
"""

from __future__ import annotations

from enum import IntEnum
from functools import cache
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tokumei.schemas.tables import KATAKANA

Codes = NDArray[np.uint32]
Places = NDArray[np.int64]

_PLANES = 0x30000  # no letter that is written stands behind
_END = 1  # stands behind each text


class Script(IntEnum):
    """What a character is."""

    NONE = 0
    DIGIT = 1
    LATIN = 2
    HIRAGANA = 3
    KATAKANA = 4
    KANJI = 5


class Letters(NamedTuple):
    """Some texts, one behind the other.

    Attributes:
        codes: their code points, with one more behind each text.
        begins: where each text begins in ``codes``.
        letters: of these the letters and digits as they are compared, and the ends of texts.
        places: where each of them stands in ``codes``.
    """

    codes: Codes
    begins: Places
    letters: Codes
    places: Places

    @classmethod
    def of(cls, shadows: pl.Series) -> Letters:
        """Take texts without nulls."""
        joined = shadows.str.join("\0").item() + "\0" if len(shadows) else ""
        codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
        folded = _folded().take(codes, mode="clip")
        places = np.flatnonzero(folded > 0)
        ends = np.flatnonzero(codes == 0)
        if len(ends) != len(shadows):  # a text has such a character itself
            return cls.of(shadows.str.replace_all("\0", " ", literal=True))
        begins = np.concatenate(([0], ends + 1))[:-1]
        return cls(codes, begins, folded[places], places)

    def owners(self, places: Places) -> Places:
        """Return the text of each place in ``codes``."""
        return np.searchsorted(self.begins, places, side="right") - 1

    def script(self, places: Places) -> NDArray[np.uint8]:
        """Return what stands at some places of ``codes``; nothing before the first and behind the last."""
        inside = (places >= 0) & (places < len(self.codes))
        return np.where(inside, scripts(self.codes.take(places, mode="clip")), np.uint8(Script.NONE))


def scripts(codes: Codes) -> NDArray[np.uint8]:
    """Return the `Script` of each character."""
    return _scripts().take(codes, mode="clip")


@cache
def _folded() -> Codes:
    """Return, by code point, the letter as it is compared, or 0."""
    found = np.zeros(_PLANES, dtype=np.uint32)
    found[[c for c in range(_PLANES) if chr(c).isalnum()]] = 1
    found *= np.arange(_PLANES, dtype=np.uint32)
    found[[*KATAKANA]] = [*KATAKANA.values()]
    found[0], found[-1] = _END, 0  # what is behind the planes is taken for the last
    return found


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
