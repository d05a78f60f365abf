"""Numbers to half-open intervals, exact at any size: 「20以上25未満」."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from fractions import Fraction

from tokumei.schemas.hierarchies import IntervalHierarchy
from tokumei.transforms.hierarchies.steps import Between, Coarser
from tokumei.transforms.values.text import number_text

_NUMBER = re.compile(r"-?\d{1,400}(\.\d{1,400})?([eE][+-]?\d{1,3})?\Z")
# Anything else, for example a label for rare values, keeps to itself; so does a text like 1e999999999, which
# no number of a file can be and exact arithmetic would not end with.
_BAND = re.compile(r"(-?\d{1,400})以上(-?\d{1,400})未満\Z")  # as the labels of intervals are written


def interval_steps(spec: IntervalHierarchy, values: Sequence[str | None], between: Between) -> list[Coarser]:
    """Return one step a width."""
    return [(f"{width}ごとの区間", _interval(width, spec.origin, between)) for width in spec.widths]


def _interval(width: int, origin: int, between: Between) -> Callable[[str], str]:
    def label(value: str) -> str:
        if _NUMBER.match(value):
            number = int(value) if value.lstrip("-").isdigit() else Fraction(value)  # exact at any size
        elif (band := _BAND.match(value)) and within(*map(int, band.groups())):
            number = int(band[1])  # or it would bear the label of numbers that part from it further up
        else:
            return value  # a top or bottom code keeps to itself
        low = (number - origin) // width * width + origin
        high = low + width
        start, end = f"{low}以上", f"{high}未満"
        # Numbers lie between; what lies beyond is the label of a code, where it is written like an interval.
        if between.above is not None and low <= between.above < high:
            if number <= between.above:
                return f"{start}{number_text(between.above)}以下"
            start = f"{number_text(between.above)}超"
        if between.below is not None and low < between.below < high:
            if number >= between.below:
                return f"{number_text(between.below)}以上{end}"
            end = f"{number_text(between.below)}未満"
        return start + end

    def within(low: int, end: int) -> bool:
        return low < end and (low - origin) // width == (end - 1 - origin) // width

    return label
