"""Numbers with check digits in texts: where they stand, in what groups, and whether they pass.

A number in a sentence stands by itself (``sure``). One that is the whole cell, or a part of a code
(``A-123456789018``, ``No123456789018``), may as well be an order number, of which one in ten passes by
chance: these are counted, for a judgement of the column as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import polars as pl

from tokumei.transforms.detect.worded import GAP
from tokumei.transforms.values.check_digits import Digits
from tokumei.transforms.values.code_formats import (
    CARD,
    INSURER,
    LICENCE,
    MY_NUMBER,
    MY_NUMBER_BACKWARDS,
    Format,
)

CHECKED = (MY_NUMBER, LICENCE, CARD, MY_NUMBER_BACKWARDS)

_G = f"{GAP}{{1,3}}"
# 12 to 19 digits, in groups 4-4-4, 4-4-4-4, 4-6-4, 4-6-5, or digit by digit.
_GROUPED = (
    rf"[0-9]{{4}}{_G}[0-9]{{4}}{_G}[0-9]{{4}}(?:{_G}[0-9]{{4}}(?:{GAP}{{0,3}}[0-9]{{1,3}})?)?"
    rf"|[0-9]{{4}}{_G}[0-9]{{6}}{_G}[0-9]{{4,5}}|[0-9](?:[ _/-][0-9]){{11,18}}|[0-9]{{12,19}}"
)
_SHAPED = rf"(?:^|[^0-9])(?:{_GROUPED})(?:[^0-9]|$)"
_SHAPE = re.compile(rf"(?<![0-9])(?<![0-9][.-])(?:{_GROUPED})(?![0-9])(?![.-][0-9])")
_WHOLE = rf"^(?:{_GROUPED}|[0-9]{{8}})$"
_GAPS = re.compile(GAP)
_LETTER = re.compile(r"[A-Z]")
_CODE = r"^[0-9A-Z._/#-]+$"  # no sentence


class Numbers(NamedTuple):
    """The numbers of one format in some texts, a text counted once.

    Attributes:
        compared: texts with one that may be an order number as well.
        passing: of these, texts with one that passes the check.
        sure: texts with one in a sentence that passes.
        by_chance: how many of ``compared`` would pass if check digits were dealt at random.
    """

    compared: int
    passing: int
    sure: int
    by_chance: float


def is_whole(shadows: pl.Series) -> pl.Series:
    """Return which shadows are nothing but a number."""
    return shadows.str.contains(_WHOLE)


def whole_numbers(shadows: pl.Series) -> dict[Format, Numbers]:
    """Count numbers that stand alone, by format."""
    found: dict[Format, Numbers] = {}
    for width, digits in _by_width(shadows.str.replace_all(GAP, "")):
        for kind in (*CHECKED, INSURER):
            fits = kind.fits(digits) if width in kind.widths else np.zeros(0, dtype=bool)
            # Insurers' numbers are short: what matters is whether the column is one of such numbers.
            compared = len(fits) if kind is INSURER else int(fits.sum())
            if compared:
                fitting = digits[fits]
                counted = Numbers(compared, int(kind.passes(fitting).sum()), 0, kind.by_chance(fitting))
                found[kind] = _sum(found.get(kind), counted)
    return found


def numbers_inside(shadows: pl.Series) -> dict[Format, Numbers]:
    """Count the texts, other than `is_whole`, that hold a number, by format."""
    shaped = shadows.filter(shadows.str.contains(_SHAPED))
    runs = [run for i, text in enumerate(shaped) for run in _runs(i, text)]
    owners = np.array([i for i, _, _ in runs], dtype=np.int64)
    codes = shaped.str.contains(_CODE).to_numpy()
    attached = np.array([attached for _, _, attached in runs], dtype=bool) | codes[owners]
    numbers = pl.Series([run for _, run, _ in runs], dtype=pl.String)
    widths = numbers.str.len_bytes().to_numpy()
    found: dict[Format, Numbers] = {}
    for width, digits in _by_width(numbers):
        of_width = widths == width
        for kind in CHECKED:
            if width not in kind.widths:
                continue
            fits, passes = kind.fits(digits), kind.passes(digits)
            maybe, whose = attached[of_width], owners[of_width]
            counted = Numbers(
                len(np.unique(whose[fits & maybe])),
                len(np.unique(whose[fits & passes & maybe])),
                len(np.unique(whose[fits & passes & ~maybe])),
                kind.by_chance(digits[fits & maybe]),
            )
            if any(counted):
                found[kind] = _sum(found.get(kind), counted)
    return found


def checked_runs(shadow: str) -> Iterator[tuple[int, int, str]]:
    """Yield where the numbers of a shadow stand that are as long and grouped as those with a check digit."""
    for found in _SHAPE.finditer(shadow):
        yield *found.span(), _GAPS.sub("", found[0])


def passes_check(digits: str) -> bool:
    """Return whether digits are as many as those of a format with a check digit, and pass it."""
    row = np.frombuffer(digits.encode("ascii"), dtype=np.uint8).reshape(1, -1) - ord("0")
    return any(
        len(digits) in kind.widths and bool((kind.fits(row) & kind.passes(row))[0]) for kind in CHECKED
    )


def _runs(owner: int, text: str) -> Iterator[tuple[int, str, bool]]:
    """Yield the numbers of a text as digits, and whether Latin letters are attached to each."""
    for start, end, digits in checked_runs(text):
        beside = text[start - 1 : start] + text[end : end + 1]
        yield owner, digits, _LETTER.search(beside) is not None


def _sum(one: Numbers | None, other: Numbers) -> Numbers:
    if one is None:
        return other
    return Numbers(
        one.compared + other.compared,
        one.passing + other.passing,
        one.sure + other.sure,
        one.by_chance + other.by_chance,
    )


def _by_width(numbers: pl.Series) -> list[tuple[int, Digits]]:
    widths = numbers.str.len_bytes()
    return [(width, _matrix(numbers.filter(widths == width), width)) for width in widths.unique().sort()]


def _matrix(numbers: pl.Series, width: int) -> Digits:
    digits: Digits = np.frombuffer("".join(numbers).encode("ascii"), dtype=np.uint8).reshape(-1, width)
    return digits - ord("0")
