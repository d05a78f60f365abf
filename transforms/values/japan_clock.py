"""Instants to the clock on the wall in Japan, by the zone Asia/Tokyo of the IANA time zone database.

Japan had summer time in 1948–51 (夏時刻法, 昭和23年法律第29号) and, before 1888, the local mean time of
Tokyo. The table is written down here, because machines have databases of different age, or none. Whoever
writes a day as the instant of its midnight, as Java does, gets the same day back.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

STANDARD = 9 * 3600
_SUMMER = 10 * 3600
_CHANGES = (
    (np.iinfo(np.int64).min, 9 * 3600 + 18 * 60 + 59),
    ("1887-12-31T15:00", STANDARD),
    ("1948-05-01T15:00", _SUMMER),
    ("1948-09-11T15:00", STANDARD),
    ("1949-04-02T15:00", _SUMMER),
    ("1949-09-10T15:00", STANDARD),
    ("1950-05-06T15:00", _SUMMER),
    ("1950-09-09T15:00", STANDARD),
    ("1951-05-05T15:00", _SUMMER),
    ("1951-09-08T15:00", STANDARD),
)
_SINCE = np.array(
    [at if isinstance(at, int) else np.datetime64(at, "s").astype(np.int64) for at, _ in _CHANGES], np.int64
)
_OFFSETS = np.array([offset for _, offset in _CHANGES], np.int64)


_FIRST_MOMENTS = (_SINCE + STANDARD)[_OFFSETS == _SUMMER] + 3600  # of days on which it was never 0:00


def wall_clock(instants: Ints) -> Ints:
    """Return seconds since 1970 as a clock in Japan shows them, from seconds since 1970 in UTC."""
    shown = instants + STANDARD
    early = np.flatnonzero(instants < _SINCE[-1])
    if len(early):
        at = instants[early]
        shown[early] = at + _OFFSETS[np.searchsorted(_SINCE, at, side="right") - 1]
    return shown


def whole_days(shown: Ints) -> tuple[Ints, Bools]:
    """Return the days of times that a clock in Japan shows, and which of them are the beginning of their day.

    That is midnight, but 1:00 on the four days on which summer time began.
    """
    days, of_day = np.divmod(shown, 86_400)
    begins: Bools = of_day == 0
    if len(odd := np.flatnonzero(of_day == 3600)):
        begins[odd] = np.isin(shown[odd], _FIRST_MOMENTS)
    return days, begins
