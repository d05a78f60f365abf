"""Read fixed-width ASCII dates and times of a whole column from their bytes.

Each reader returns numbers and which of them were read; the rest is left to `values.date_text`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tokumei.transforms.values.japan_clock import STANDARD, wall_clock

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


def read_instants(text: Utf8, *, utc_as_written: bool) -> tuple[Ints, Bools]:
    """Read date-times that end with ``Z``, ``UTC`` or an offset, as seconds of the clock in Japan.

    ``+09:00`` is Japanese time as it is written, also in the summers of 1948–51.

    Args:
        text: the bytes.
        utc_as_written: times in UTC are Japanese time as they are written, too.
    """
    sizes, offsets, zoned = _zones(text)
    seconds, good = read_datetimes(text._replace(lengths=np.where(zoned, sizes, 0)))
    as_written = (offsets == STANDARD) | (utc_as_written & (offsets == 0))
    seconds = np.where(as_written, seconds, wall_clock(seconds - offsets))
    good &= (seconds >= MONTH_STARTS[12] * 86400) & (seconds < MONTH_STARTS[120000] * 86400)  # years 1–9999
    return seconds, good


def _zones(text: Utf8) -> tuple[Ints, Ints, Bools]:
    """Return how long each string is without its zone, the zone's seconds, and whether it has one."""
    lengths = text.lengths
    sizes, offsets, zoned = lengths.copy(), np.zeros_like(lengths), np.zeros(len(lengths), dtype=np.bool_)

    def ending(size: int) -> Utf8:
        return text._replace(starts=text.starts + np.maximum(lengths - size, 0))

    for name, offset in ((b"Z", 0), (b"UTC", 0), (b"GMT", 0), (b"JST", STANDARD)):
        end = ending(len(name))
        found = lengths > len(name)
        for place, letter in enumerate(name):
            found &= end.column(place) == letter
        sizes, zoned = np.where(found, lengths - len(name), sizes), zoned | found
        offsets[found] = offset
    for size, minute in ((6, 4), (5, 3), (3, None)):
        end = ending(size)
        sign = end.column(0)
        hours, found = _digits(end, 1, 2)
        found &= (lengths > size) & ((sign == ord("+")) | (sign == ord("-"))) & (hours <= 18)
        of_hour = np.zeros_like(hours)
        if minute is not None:
            of_hour, digits = _digits(end, minute, 2)
            found &= digits & (of_hour < 60) & ((minute == 3) | (end.column(3) == ord(":")))
        total = (hours * 60 + of_hour) * np.where(sign == ord("-"), -60, 60)
        sizes, offsets = np.where(found, lengths - size, sizes), np.where(found, total, offsets)
        zoned |= found
    spaced = zoned & (sizes > 0) & (text.data[text.starts + np.maximum(sizes - 1, 0)] == ord(" "))
    return sizes - spaced, offsets, zoned


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
