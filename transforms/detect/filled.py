"""Numbers with some other sign between their digits or groups: 1の2の3の…, 090ハイフン1234ハイフン5678."""

from __future__ import annotations

import re

import polars as pl

from tokumei.transforms.detect.checked import passes_check
from tokumei.transforms.detect.contacts import is_telephone

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


def with_gaps(shadows: pl.Series, gap: str) -> pl.Series:
    """Return shadows in which numbers have the usual gap between their digits or groups, or none.

    Such are ten to nineteen single digits with one and the same sign between them, and telephone numbers and
    numbers with a check digit whose groups have one and the same sign between them (telephones up to four).

    Args:
        shadows: texts; nulls stay null.
        gap: what is written for the sign: one character, so that no place moves, or none.
    """
    rows = shadows.str.contains(_PERHAPS).fill_null(value=False).arg_true()
    if not len(rows):
        return shadows

    def usual(text: str) -> str:
        return _GROUPS.sub(known, _EACH.sub(lambda found: _NO_DIGIT.sub(gap, found[0]), text))

    def known(found: re.Match[str]) -> str:
        digits = _NO_DIGIT.sub("", found[0])
        return _NO_DIGIT.sub(gap, found[0]) if is_telephone(digits) or passes_check(digits) else found[0]

    return shadows.clone().scatter(rows, [usual(text) for text in shadows.gather(rows)])
