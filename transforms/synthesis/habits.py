"""What people do again and again: habits that follow from a person's number alone, and how busy days are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tokumei.transforms.synthesis.digits import Ints

YEAR_DAYS = 366  # of 2024, the year of every history
_MONTHS = np.repeat(np.arange(1, 13), (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31))
_BUSY_MONTHS = np.array([1.05, 0.85, 1.0, 0.95, 1.0, 0.95, 1.1, 1.1, 0.9, 0.95, 1.0, 1.5])
_WEEKEND = np.where(np.arange(YEAR_DAYS) % 7 >= 5, 1.4, 1.0)  # 1 January 2024 was a Monday
_BUSY = np.cumsum(_BUSY_MONTHS[_MONTHS - 1] * _WEEKEND)

# The finalizer of SplitMix64 (Steele, Lea, Flood 2014).
_ADD = np.uint64(0x9E3779B97F4A7C15)
_MIX = ((np.uint64(30), np.uint64(0xBF58476D1CE4E5B9)), (np.uint64(27), np.uint64(0x94D049BB133111EB)))
_TOP = np.uint64(48)


def habit(number: Ints, seed: int) -> NDArray[np.uint16]:
    """Return a slot for `Weighted.at` that the same number always gets: whoever it is of does the same again.

    Args:
        number: of a person and of one of the person's habits; 0 or more.
        seed: seed of the run.
    """
    mixed = number.astype(np.uint64) * _ADD + np.uint64(seed)
    for shift, factor in _MIX:
        mixed ^= mixed >> shift
        mixed *= factor
    return (mixed >> _TOP).astype(np.uint16)


def days_of_rows(numbers: Ints, total: int) -> Ints:
    """Return the day of the year, from 0, of rows in the order of time: more of them on busy days.

    Args:
        numbers: row numbers in the whole file, from 0.
        total: rows of the whole file.
    """
    days: Ints = np.searchsorted(_BUSY, (numbers + 0.5) * (_BUSY[-1] / total), side="right")
    return days


def months_of_days(days: Ints) -> Ints:
    """Return the months, from 1, of days of the year."""
    return _MONTHS[days]
