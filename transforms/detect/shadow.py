"""The shadow of a text: one way of writing the same characters, so that patterns need to know only one.

NFKC, no invisible and no combining characters, old and variant kanji as one, the digits of every script as
ASCII, one hyphen, upper case; and behind it what is wrapped in the text (`wrapped`). Every step is linear in
the length of the text.
"""

from __future__ import annotations

import sys
import unicodedata
from functools import cache

import polars as pl
import pyarrow as pa

from tokumei.schemas.tables import kanji_variants
from tokumei.transforms.detect.wrapped import with_wrapped
from tokumei.transforms.values.text import HYPHENS, is_ascii, strings

# Marks that are left after NFKC, formatting characters, and the letters that nobody sees.
_INVISIBLE = r"[\p{Mn}\p{Me}\p{Cf}\x{115F}\x{1160}]"
_OTHER_DIGITS = r"[\p{Nd}--[0-9]]"
_KANJI_DIGITS = {
    **dict(zip("〇一二三四五六七八九", "0123456789", strict=True)),
    **dict(zip("零壱弐参肆伍陸漆捌玖", "0123456789", strict=True)),
}
_KANJI_NUMBER = rf"[{''.join(_KANJI_DIGITS)}](?:[ .・-]?[{''.join(_KANJI_DIGITS)}]){{5}}"


def shadow(texts: pa.Array) -> pl.Series:
    """Return the shadow of every text; nulls stay null."""
    return _one_way(with_wrapped(pl.Series(texts, dtype=pl.String)))


def spelled(texts: pa.Array) -> pl.Series:
    """Return the shadow of every text without what is wrapped in it; nulls stay null."""
    return _one_way(pl.Series(texts, dtype=pl.String))


def _one_way(written: pl.Series) -> pl.Series:
    if not is_ascii(strings(written.to_arrow())):
        written = written.str.normalize("NFKC").str.replace_all(_INVISIBLE, "")
        old, new = kanji_variants()
        written = written.str.replace_many(old, new).str.replace_all(f"[{HYPHENS}]", "-")
        if written.str.contains(_OTHER_DIGITS).any():
            written = written.str.replace_many(*_other_digits())
    if written.str.contains(r"\p{Ll}").any():  # looking costs a fourth of changing
        written = written.str.to_uppercase()
    return written


def with_kanji_digits(shadows: pl.Series) -> pl.Series:
    """Return shadows in which the digits of numbers that are written in kanji are ASCII.

    Only in texts with six kanji digits in a row (第三〇九〇一二三四五六二〇号): names are made of them too.
    """
    numbers = shadows.str.contains(_KANJI_NUMBER)
    if not numbers.any():
        return shadows
    read = shadows.str.replace_many(list(_KANJI_DIGITS), list(_KANJI_DIGITS.values()))
    return pl.select(pl.when(numbers).then(read).otherwise(shadows)).to_series()


@cache
def _other_digits() -> tuple[list[str], list[str]]:
    found = {chr(c): unicodedata.decimal(chr(c), -1) for c in range(0x80, sys.maxunicode + 1)}
    return [c for c, digit in found.items() if digit >= 0], [str(d) for d in found.values() if d >= 0]
