"""Numbers in which letters stand for digits, or の between hyphens: O9O-1234-5678, 090-1234-の-5678.

Only what then is a telephone number in use, or passes a check digit, is read so: few stretches of as many
digits and these letters stand in a text by chance, and of these few are such a number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import polars as pl

from tokumei.transforms.detect.checked import passes_check
from tokumei.transforms.detect.contacts import is_telephone
from tokumei.transforms.detect.shadow import changed_where
from tokumei.transforms.detect.spans import SpanLabel

_DIGITS = str.maketrans("OIL", "011")
_LIKE = "[0-9OIL]"
_GAP = r"[ .()・/-]{0,2}"
_LONG = rf"{_LIKE}(?:{_GAP}{_LIKE}){{9}}"  # of a telephone number; others have more
_MIXED = r"[0-9][ .()・/-]?[OIL]|[OIL][ .()・/-]?[0-9]"
_NUMBER = re.compile(rf"(?<![0-9A-Z]){_LIKE}(?:{_GAP}{_LIKE}){{9,18}}(?![0-9A-Z])")
_NO_DIGIT = re.compile("[^0-9]")
_BETWEEN = r"([0-9])-[のノ]-([0-9])"
# Of a mobile telephone, its first 0 left out: 九〇-一二三四-五六七八.
_K = "[〇零一二三四五六七八九壱弐参]"
_KANJI_MOBILE = (
    rf"(?:^|[^〇-鿿]|[はがを話帯号])([七八九][〇零][-・.の ]?{_K}{{4}}[-・.の ]?{_K}{{4}})"
    r"(?:$|[^〇零一二三四五六七八九])"
)
_COMPILED = re.compile(_KANJI_MOBILE)


def with_digits(shadows: pl.Series) -> pl.Series:
    """Return shadows with digits where letters stand for them, and hyphens for の between hyphens.

    No place moves. Linear.

    Args:
        shadows: texts; nulls stay null.
    """
    texts = with_hyphens(shadows)
    rows = texts.str.contains(_MIXED).fill_null(value=False).arg_true()
    rows = rows.filter(texts.gather(rows).str.contains(_LONG))
    if not len(rows):
        return texts
    return texts.clone().scatter(rows, [_NUMBER.sub(_meant, text) for text in texts.gather(rows)])


def with_hyphens(shadows: pl.Series) -> pl.Series:
    """Return shadows with 1234---5678 for 1234-の-5678; no place moves."""
    return changed_where(shadows, _BETWEEN, lambda some: some.str.replace_all(_BETWEEN, "${1}---${2}"))


def _meant(found: re.Match[str]) -> str:
    meant = found[0].translate(_DIGITS)
    digits = _NO_DIGIT.sub("", meant)
    return meant if is_telephone(digits) or passes_check(digits) else found[0]


def without_zero(shadows: pl.Series) -> pl.Series:
    """Return which shadows, kanji as they are, hold a mobile telephone in kanji without its first 0."""
    return shadows.str.contains(_KANJI_MOBILE).fill_null(value=False)


def places_without_zero(shadows: pl.Series) -> Iterator[tuple[int, int, int, int]]:
    """Yield (text, start, end, label) of each such number."""
    for row in without_zero(shadows).arg_true().to_list():
        for found in _COMPILED.finditer(shadows[row]):
            yield row, *found.span(1), int(SpanLabel.TELEPHONE)
