"""Plots of figures, as the places of bars, columns and spans in an SVG; what they show is said in words beside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

_BAR, _COLUMN, _ROW = 400, 160, 34  # longest bar, highest column, height of a line; in units of the SVG


class Bar(NamedTuple):
    """A labelled bar: ``top`` of its line and ``length``."""

    label: str
    value: int
    top: int
    length: float


class Month(NamedTuple):
    """A column of a month: ``left`` side and ``height``."""

    label: str
    value: int
    left: int
    height: float


class Spread(NamedTuple):
    """How many days a step took: the middle half as a span, the median as a mark."""

    label: str
    median: float
    low: float
    high: float
    top: int
    left: float
    width: float
    mark: float


class Axis(NamedTuple):
    """Lines of a scale, each with what it says, and how high the plot is."""

    ticks: tuple[tuple[float, str], ...]
    height: int


def bars(values: Mapping[str, int]) -> tuple[Bar, ...]:
    """Return a bar for each label, in the order of the labels; the longest is as long as the plot."""
    longest = max(values.values(), default=0) or 1
    return tuple(
        Bar(label, value, i * _ROW, round(_BAR * value / longest, 1))
        for i, (label, value) in enumerate(values.items())
    )


def months(values: Sequence[int]) -> tuple[Month, ...]:
    """Return the columns of a fiscal year's months, from April on."""
    highest = max(values, default=0) or 1
    return tuple(
        Month(f"{(i + 3) % 12 + 1}月", value, i * 54, round(_COLUMN * value / highest, 1))
        for i, value in enumerate(values)
    )


def spreads(steps: Mapping[str, tuple[float, float, float]]) -> tuple[tuple[Spread, ...], Axis]:
    """Return the spans of steps, from (lower quartile, median, upper quartile) in days, and their scale."""
    longest = _round_up(max((high for _, _, high in steps.values()), default=0.0))
    drawn = tuple(
        Spread(
            label=label,
            median=median,
            low=low,
            high=high,
            top=i * _ROW,
            left=round(_BAR * low / longest, 1),
            width=round(max(_BAR * (high - low) / longest, 1.0), 1),
            mark=round(_BAR * median / longest, 1),
        )
        for i, (label, (low, median, high)) in enumerate(steps.items())
    )
    ticks = tuple((_BAR * part / 4, f"{longest * part / 4:g}日") for part in range(5))
    return drawn, Axis(ticks, len(drawn) * _ROW)


def _round_up(days: float) -> float:
    """Return the end of a scale of four parts: 4, 8, 20, 40, 80, 200, … days."""
    size = 1.0
    while True:
        for times in (4, 8, 20):
            if size * times >= days:
                return size * times
        size *= 10
