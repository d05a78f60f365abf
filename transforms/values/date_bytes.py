"""Read fixed-width ASCII dates and times of a whole column from their bytes.

Each reader returns numbers and which of them were read; the rest is left to `values.date_text`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tokumei.transforms.values.text import Utf8

    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]

MONTH_STARTS = np.arange("0000-01", "10000-02", dtype="M8[M]").astype("M8[D]").astype(np.int64)
"""Day number of the first of each month, from January of year 0 to the month after December 9999."""

_SEPARATORS = b"-/."


def read_dates(text: Utf8) -> tuple[Ints, Bools]:
    """Read ``YYYY-MM-DD`` (also with ``/`` or ``.``) and ``YYYYMMDD`` as days since 1970-01-01."""
    days = np.zeros(len(text.starts), dtype=np.int64)
    good = np.zeros(len(days), dtype=np.bool_)
    for length, places in ((10, (0, 5, 8)), (8, (0, 4, 6))):
        rows = _of_length(text, length)
        days[rows], good[rows] = _date_cells(text.rows(rows), places)
    return days, good


def read_months(text: Utf8) -> tuple[Ints, Bools]:
    """Read ``YYYY-MM`` (also with ``/`` or ``.``) and ``YYYYMM`` as the first day of the month."""
    days = np.zeros(len(text.starts), dtype=np.int64)
    good = np.zeros(len(days), dtype=np.bool_)
    for length, place in ((7, 5), (6, 4)):
        rows = _of_length(text, length)
        part = text.rows(rows)
        (number, y), (month, m) = _digits(part, 0, 4), _digits(part, place, 2)
        ok = y & m & _real_month(number, month)
        if length == 7:
            ok &= np.isin(part.column(4), np.frombuffer(_SEPARATORS, dtype=np.uint8))
        days[rows], good[rows] = MONTH_STARTS[np.where(ok, number * 12 + month - 1, 0)], ok
    return days, good


def read_datetimes(text: Utf8) -> tuple[Ints, Bools]:
    """Read ``YYYY-MM-DD HH:MM[:SS[.fff]]`` and ``YYYYMMDDHHMM[SS]`` as seconds since 1970-01-01."""
    seconds = np.zeros(len(text.starts), dtype=np.int64)
    good = np.zeros(len(seconds), dtype=np.bool_)
    lengths = np.where(_has_fraction(text), 19, text.lengths)
    forms: tuple[tuple[int, tuple[int, int, int], Sequence[int]], ...] = (
        (19, (0, 5, 8), (11, 14, 17)),
        (16, (0, 5, 8), (11, 14)),
        (14, (0, 4, 6), (8, 10, 12)),
        (12, (0, 4, 6), (8, 10)),
    )
    for length, places, clock in forms:
        rows = np.flatnonzero(lengths == length)
        part = text.rows(rows)
        days, ok = _date_cells(part, places)
        total = days * 86400
        for place, limit, unit in zip(clock, (24, 60, 60), (3600, 60, 1), strict=False):
            number, digits = _digits(part, place, 2)
            ok &= digits & (number < limit)
            total += number * unit
        if clock[0] == 11:
            ok &= np.isin(part.column(10), np.frombuffer(b" T", dtype=np.uint8))
            for place in clock[1:]:
                ok &= part.column(place - 1) == ord(":")
        seconds[rows], good[rows] = total, ok
    return seconds, good


def _has_fraction(text: Utf8) -> Bools:
    """Return which strings are 19 bytes, a point and up to nine digits."""
    found: Bools = (text.lengths > 20) & (text.lengths <= 29)
    if found.any():
        rows = np.flatnonzero(found)
        part = text.rows(rows)
        ok = part.column(19) == ord(".")
        for place in range(20, 29):
            ok &= (part.column(place) - ord("0") < 10) | (place >= part.lengths)
        found[rows] = ok
    return found


def _of_length(text: Utf8, length: int) -> Ints:
    return np.flatnonzero(text.lengths == length)


def _digits(text: Utf8, place: int, count: int) -> tuple[Ints, Bools]:
    """Return the number written at a place, and where it is written in ASCII digits only."""
    number = np.zeros(len(text.starts), dtype=np.int64)
    good = np.ones(len(number), dtype=np.bool_)
    for index in range(place, place + count):
        digit = text.column(index) - ord("0")  # wraps below "0", so one comparison is enough
        good &= digit < 10
        number = number * 10 + digit
    return number, good


def _date_cells(text: Utf8, places: tuple[int, int, int]) -> tuple[Ints, Bools]:
    """Read year, month and day at their places; two equal separators between them unless compact."""
    (number, y), (month, m), (day, d) = (
        _digits(text, place, count) for place, count in zip(places, (4, 2, 2), strict=True)
    )
    good = y & m & d & _real_month(number, month)
    if places[1] == 5:
        sign = text.column(4)
        good &= (sign == text.column(7)) & np.isin(sign, np.frombuffer(_SEPARATORS, dtype=np.uint8))
    index = np.where(good, number * 12 + month - 1, 0)
    good &= (day >= 1) & (day <= MONTH_STARTS[index + 1] - MONTH_STARTS[index])
    return MONTH_STARTS[index] + day - 1, good


def _real_month(number: Ints, month: Ints) -> Bools:
    real: Bools = (number >= 1) & (month >= 1) & (month <= 12)
    return real
