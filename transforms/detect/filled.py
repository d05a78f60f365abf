"""Numbers with some other sign between their digits or groups, or read out: 1の2の3の…, ゼロキュウゼロ."""

from __future__ import annotations

import re

import polars as pl

from tokumei.transforms.detect.checked import passes_check
from tokumei.transforms.detect.contacts import UUID_FORM, is_telephone
from tokumei.transforms.detect.shadow import KANJI_DIGITS, changed_where

_USUAL = "0-9\\s.()-"  # what stands between digits and groups of any number
_EACH = re.compile(r"(?<![0-9])[0-9]([^0-9\n])[0-9](?:\1[0-9]){8,17}(?!\1?[0-9])")
_GROUPS = re.compile(
    rf"(?<![0-9])(?:0[0-9]{{1,4}}([^{_USUAL}]{{1,4}})[0-9]{{1,4}}\1[0-9]{{3,4}}|[0-9]{{4}}([^{_USUAL}])[0-9]{{4}}\2[0-9]{{4}}"
    rf"(?:\2[0-9]{{4}})?)(?![0-9])"
)
_PERHAPS = (
    rf"(?:[0-9][^0-9]){{9}}[0-9]|[0-9]{{2,4}}[^{_USUAL}]{{1,4}}[0-9]{{1,4}}[^{_USUAL}]{{1,4}}[0-9]{{3,4}}"
)
_NO_DIGIT = re.compile("[^0-9]")
_UUIDS = re.compile(f"({UUID_FORM})")  # 055e899e2753 at the end of one is no telephone number
_READ = {
    "0": "ゼロ ぜろ レイ れい マル まる ZERO",
    "1": "イチ いち ONE",
    "2": "ニ-? に-? ニイ にい ふた フタ TWO",
    "3": "サン さん THREE",
    "4": "ヨン よん シ し FOUR",
    "5": "ゴ-? ご-? FIVE",
    "6": "ロク ろく SIX",
    "7": "ナナ なな シチ しち SEVEN",
    "8": "ハチ はち EIGHT",
    "9": "キュウ きゅう キュ- きゅ- ク く NINE",
}
_WORDS = sorted((word for words in _READ.values() for word in words.split()), key=len, reverse=True)
_DIGIT = f"(?:{'|'.join(_WORDS)}|[0-9{''.join(KANJI_DIGITS)}])"
_GAP = r"[ 、,・.のノ/-]{0,2}"
# Ten digits and more, the first of them read out.
_LEAST = 10
READ_OUT = rf"(?:{'|'.join(_WORDS)})(?:{_GAP}{_DIGIT}){{{_LEAST - 1},18}}"
# The same for cells as they stand: three words in a row, of any width and case.
PERHAPS_READ_OUT = (
    r"(?:(?:ゼロ|ぜろ|ｾﾞﾛ|レイ|れい|マル|まる|イチ|いち|ｲﾁ|サン|さん|ｻﾝ|ヨン|よん|ﾖﾝ|ロク|ろく|ﾛｸ|ナナ|なな|ﾅﾅ|ハチ|はち|ﾊﾁ"
    r"|キ[ュユ][ウー-]|き[ゅゆ][うー]|ｷｭ[ｳｰ]|ニ[イー]?|に[いー]?|ゴ[ー]?|ご[ー]?|(?i:ZERO|NINE|EIGHT|SEVEN))[^\p{L}\p{N}]{0,2}){3}"
)
_WORD_OF = re.compile("|".join(f"(?P<d{digit}>{words.replace(' ', '|')})" for digit, words in _READ.items()))
_KANJI = str.maketrans(KANJI_DIGITS)
_FOUND = re.compile(READ_OUT)


def with_gaps(shadows: pl.Series, gap: str) -> pl.Series:
    """Return shadows in which numbers have the usual gap between their digits or groups, or none.

    Such are ten to nineteen single digits with one and the same sign between them, and telephone numbers and
    numbers with a check digit whose groups have one and the same sign between them (telephones up to four);
    a UUID stays as it is.

    Args:
        shadows: texts; nulls stay null.
        gap: what is written for the sign: one character, so that no place moves, or none.
    """
    rows = shadows.str.contains(_PERHAPS).fill_null(value=False).arg_true()
    if not len(rows):
        return shadows

    def usual(text: str) -> str:
        parts = _UUIDS.split(text)
        parts[::2] = (_GROUPS.sub(known, _EACH.sub(spaced, part)) for part in parts[::2])
        return "".join(parts)

    def spaced(found: re.Match[str]) -> str:
        return _NO_DIGIT.sub(gap, found[0])

    def known(found: re.Match[str]) -> str:
        digits = _NO_DIGIT.sub("", found[0])
        return spaced(found) if is_telephone(digits) or passes_check(digits) else found[0]

    return shadows.clone().scatter(rows, [usual(text) for text in shadows.gather(rows)])


def as_digits(shadows: pl.Series) -> pl.Series:
    """Return shadows with numbers of ten digits and more that are read out in ASCII digits. Linear.

    Args:
        shadows: texts; nulls stay null.
    """
    return changed_where(
        shadows,
        READ_OUT,
        lambda texts: pl.Series([_FOUND.sub(_in_digits, text) for text in texts], dtype=pl.String),
    )


def _in_digits(found: re.Match[str]) -> str:
    plain = _WORD_OF.sub(lambda word: (word.lastgroup or "")[1:], found[0])
    return re.sub("[^0-9]", "", plain.translate(_KANJI))
