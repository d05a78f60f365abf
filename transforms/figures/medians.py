"""Medians and quartiles of whole days, exactly, from how many cases took how many days."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Days(NamedTuple):
    """How long a step took: in how many cases, and the quartiles of their days."""

    cases: int
    low: float
    median: float
    high: float


def quartiles(counted: Mapping[int, int]) -> Days:
    """Return the quartiles of days; ``counted`` is cases by days, one case at least.

    A quartile is the value at its place among the days in order; between two, the mean of both.
    """
    cases = sum(counted.values())
    return Days(cases, *(_at(counted, cases, quarter) for quarter in (1, 2, 3)))


def _at(counted: Mapping[int, int], cases: int, quarter: int) -> float:
    whole, rest = divmod(quarter * cases, 4)
    low, high = (whole - 1, whole) if rest == 0 else (whole, whole)
    found = []
    for place in (max(low, 0), min(high, cases - 1)):
        seen = 0
        for days in sorted(counted):
            seen += counted[days]
            if seen > place:
                found.append(days)
                break
    return sum(found) / 2
