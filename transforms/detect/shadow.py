"""The shadow of a text: one way of writing the same characters, so that patterns need to know only one.

NFKC, no invisible and no combining characters, old and variant kanji as one, the digits of every script as
ASCII, one hyphen, upper case; and behind it what is wrapped in the text (`wrapped`). Every step is linear in
the length of the text.
"""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Callable
from functools import cache

import numpy as np
import polars as pl
import pyarrow as pa

from tokumei.schemas.tables import kanji_variants
from tokumei.transforms.detect.wrapped import PERHAPS_WRAPPED, with_wrapped
from tokumei.transforms.values.text import HYPHENS, is_ascii, strings, utf8

# What NFKC changes, or may hold other digits or hyphens but ー: little of what is written.
_NOT_SIMPLE = (
    r"[^\x00-\x7F\x{3001}-\x{3003}\x{3005}-\x{3029}\x{3041}-\x{3096}\x{30A1}-\x{30FC}\x{4E00}-\x{9FFF}]"
)
# Marks that are left after NFKC, formatting characters, and the letters that nobody sees.
_INVISIBLE = r"[\p{Mn}\p{Me}\p{Cf}\x{115F}\x{1160}]"
_APART = r"(?:[^\p{L}\p{N}]|ー)+"
_NO_ASCII, _SMALL, _LETTERS = 0x80, np.uint8(ord("a")), 26
_OTHER_DIGITS = r"[\p{Nd}--[0-9]]"
KANJI_DIGITS = {
    **dict(zip("〇一二三四五六七八九", "0123456789", strict=True)),
    **dict(zip("零壱弐参肆伍陸漆捌玖", "0123456789", strict=True)),
}
KANJI_NUMBER = rf"[{''.join(KANJI_DIGITS)}](?:[ .・の-]?[{''.join(KANJI_DIGITS)}]){{5}}"


def shadow(texts: pa.Array) -> pl.Series:
    """Return the shadow of every text; nulls stay null."""
    perhaps = f"{PERHAPS_WRAPPED}|{_unusual()}"
    return _changed(texts, perhaps, lambda unusual: _one_way(with_wrapped(unusual)))


def spelled(texts: pa.Array) -> pl.Series:
    """Return the shadow of every text without what is wrapped in it; nulls stay null."""
    held = utf8(strings(texts)).data
    if not len(held) or held.max() < _NO_ASCII:
        written = pl.Series(texts, dtype=pl.String)
        return written.str.to_uppercase() if (held - _SMALL < _LETTERS).any() else written
    return _changed(texts, _unusual(), _one_way)


def letters_alone(written: pl.Series) -> pl.Series:
    """Return shadows without what stands between letters and digits, as values are compared."""
    return written.str.replace_all(_APART, "")


def _changed(texts: pa.Array, unusual: str, change: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """Change the texts that have something unusual, found in one look, and in the others long vowels."""
    written = pl.Series(texts, dtype=pl.String)
    rows = written.str.contains(unusual).fill_null(value=False).arg_true()
    if len(rows) == len(written):
        return change(written)
    usual = _long_vowels(written)
    return usual.scatter(rows, change(written.gather(rows))) if len(rows) else usual


def _long_vowels(written: pl.Series) -> pl.Series:
    return changed_where(written, "ー", lambda texts: texts.str.replace_all("ー", "-", literal=True))


@cache
def _unusual() -> str:
    """Return what texts have in which more than a long vowel is to be changed; but for what is wrapped."""
    old, _ = kanji_variants()
    return rf"{_NOT_SIMPLE}|\p{{Ll}}|[{''.join(old)}]"


def _of_usual(written: pl.Series) -> pl.Series:
    """Return the same where nothing but a long vowel or a variant may be to be changed."""
    if is_ascii(strings(written.to_arrow())):
        return written.clone()
    old, new = kanji_variants()
    return changed_where(
        _long_vowels(written), f"[{''.join(old)}]", lambda texts: texts.str.replace_many(old, new)
    )


def _one_way(written: pl.Series) -> pl.Series:
    if not is_ascii(strings(written.to_arrow())):
        written = _of_usual(changed_where(written, _NOT_SIMPLE, _compatible))
    return _upper(written)


def _upper(written: pl.Series) -> pl.Series:
    return changed_where(written, r"\p{Ll}", lambda texts: texts.str.to_uppercase())


def changed_where(texts: pl.Series, pattern: str, change: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """Change the texts that have something to change: looking costs a fourth of changing.

    Args:
        texts: any; nulls stay null.
        pattern: of what is to be changed.
        change: what becomes of these texts.
    """
    rows = texts.str.contains(pattern).fill_null(value=False).arg_true()
    return texts.clone().scatter(rows, change(texts.gather(rows))) if len(rows) else texts


def _compatible(texts: pl.Series) -> pl.Series:
    seen = texts.str.normalize("NFKC").str.replace_all(_INVISIBLE, "").str.replace_all(f"[{HYPHENS}]", "-")
    return seen.str.replace_many(*_other_digits()) if seen.str.contains(_OTHER_DIGITS).any() else seen


def number_shadow(texts: pa.Array) -> pl.Series:
    """Return the shadow of every text as numbers are looked for in it; see `numbered`."""
    return numbered(shadow(texts))


def numbered(shadows: pl.Series) -> pl.Series:
    """Return shadows without outer spaces, numbers that are written in kanji as ASCII.

    Only in texts with six kanji digits in a row (第三〇九〇一二三四五六二〇号): names are made of them too.
    """
    digits = list(KANJI_DIGITS), list(KANJI_DIGITS.values())
    return changed_where(
        shadows.str.strip_chars(), KANJI_NUMBER, lambda found: found.str.replace_many(*digits)
    )


@cache
def _other_digits() -> tuple[list[str], list[str]]:
    found = {chr(c): unicodedata.decimal(chr(c), -1) for c in range(0x80, sys.maxunicode + 1)}
    return [c for c, digit in found.items() if digit >= 0], [str(d) for d in found.values() if d >= 0]
