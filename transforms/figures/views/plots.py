"""Plots of figures, as lengths in percent and places in an SVG; the numbers stand beside them as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

_COLUMN, _STEP = 140, 33  # highest column of a month, and from one to the next, in units of the SVG


class PlotBar(NamedTuple):
    """A labelled bar, as long in percent as it is of the longest."""

    label: str
    value: int
    length: float


class Month(NamedTuple):
    """A column of a month: its left side and its height."""

    label: str
    value: int
    left: int
    height: float


class DaysSpan(NamedTuple):
    """How many days a step took: the middle half as a span, the median as a mark; in percent of the scale."""

    label: str
    median: float
    left: float
    width: float
    mark: float


def bars(values: Mapping[str, int]) -> tuple[PlotBar, ...]:
    """Return a bar for each label, in the order of the labels."""
    longest = max(values.values(), default=0) or 1
    return tuple(PlotBar(label, value, round(100 * value / longest, 1)) for label, value in values.items())


def months(values: Sequence[int]) -> tuple[Month, ...]:
    """Return the columns of a fiscal year's months, from April on."""
    highest = max(values, default=0) or 1
    return tuple(
        Month(f"{(i + 3) % 12 + 1}", value, i * _STEP, round(_COLUMN * value / highest, 1))
        for i, value in enumerate(values)
    )


def spreads(steps: Mapping[str, tuple[float, float, float]]) -> tuple[DaysSpan, ...]:
    """Return the spans of steps, from (lower quartile, median, upper quartile) in days, on one scale."""
    longest = max((high for _, _, high in steps.values()), default=0.0) or 1.0
    return tuple(
        DaysSpan(
            label=label,
            median=median,
            left=round(100 * low / longest, 1),
            width=round(100 * (high - low) / longest, 1),
            mark=round(100 * median / longest, 1),
        )
        for label, (low, median, high) in steps.items()
    )
