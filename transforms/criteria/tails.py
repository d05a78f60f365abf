"""四号・五号: the tails of numbers, coded, blanked or dropped with their record.

Where a tail begins is decided from the whole file in the global combine, counting people: no bound is told
that fewer than the wanted number of people reach.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Context
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from tokumei.schemas import peculiar_values as t
from tokumei.transforms.counting.extremes import (
    Bins,
    Extremes,
    PeopleSample,
    find_bins,
    find_extremes,
    merge_bins,
    merge_extremes,
    merge_samples,
    sample_people,
)
from tokumei.transforms.criteria.actions import act, done
from tokumei.transforms.criteria.base import Applied, Criterion, M, Persons, Records
from tokumei.transforms.engine.run_key import RunKey
from tokumei.transforms.hierarchies.steps import ANYWHERE, Between
from tokumei.transforms.values.cells import as_text, floats, present, where
from tokumei.transforms.values.text import number_text


@dataclass(frozen=True)
class Bounds:
    """Where coding begins: at or above ``top``, at or below ``bottom``; ``blank`` when too few people.

    Where the tails meet (``top`` is at most ``bottom``), fewer than the wanted people may be left below
    ``top``, so that those values are blanked. ``pulled``: a bound is that of a tail, because too few people
    lie beyond the fence.
    """

    top: float | int | None = None
    bottom: float | int | None = None
    blank: bool = False
    pulled: bool = False

    @property
    def meet(self) -> bool:
        """Whether the two tails cover every value."""
        return self.top is not None and self.bottom is not None and self.top <= self.bottom


class _Coding(Criterion[M, Bounds]):
    """Coding beyond bounds that at least ``people`` people reach."""

    spec: t.Tail | t.Fence

    @property
    def people(self) -> int:
        """How many people a coded tail must hold."""
        return self.spec.people or self.context.k

    def _extremes(self, values: pa.Array, persons: Persons, records: Records) -> Extremes:
        """Keep the people with the most extreme values; see `profile`."""
        if records is not None:  # more of a value than a tail holds cannot matter
            values = values.take(
                pa.array(np.repeat(np.arange(len(values)), np.minimum(records, self.people)))
            )
        return find_extremes(pl.Series(values), persons, self.people)

    def _sides(self, top: float | int | None, bottom: float | int | None) -> Bounds:
        return Bounds(
            top=top if self.spec.side in {"top", "both"} else None,
            bottom=bottom if self.spec.side in {"bottom", "both"} else None,
        )

    def apply(self, decision: Bounds, values: pa.Array, key: RunKey) -> Applied:
        """Code the tails; the other values become text."""
        if decision.blank:
            return Applied(pa.nulls(len(values), pa.string()), present(values))
        numbers = floats(values)
        high = np.zeros(len(values), bool) if decision.top is None else numbers >= decision.top
        low = np.zeros(len(values), bool) if decision.bottom is None else (numbers <= decision.bottom) & ~high
        text = as_text(values)
        if decision.top is not None:
            text = where(high, self._top_label(decision.top), text)
        if decision.bottom is not None:
            text = where(low, None if decision.meet else self._bottom_label(decision.bottom), text)
        # The bound itself is shown by everyone beyond it, so only values beyond it really change.
        return Applied(text, high | low)

    def _top_label(self, bound: float | int) -> str:
        return self.spec.top_label.format(number_text(bound))

    def _bottom_label(self, bound: float | int) -> str:
        return self.spec.bottom_label.format(number_text(bound))

    def labels(self, decision: Bounds) -> tuple[str, ...]:
        """Return the labels of the tails."""
        labels = [] if decision.top is None else [self._top_label(decision.top)]
        if decision.bottom is not None and not decision.meet:
            labels.append(self._bottom_label(decision.bottom))
        return tuple(labels)

    def leaves(self, decision: Bounds | None) -> Between:
        """Return the bounds, where values beyond them are coded."""
        return ANYWHERE if decision is None else Between(decision.bottom, decision.top)

    def explain(self, decision: Bounds) -> str:
        """Return the bounds, each of which at least ``people`` people reach; or why there are none."""
        if decision.blank:
            return f"値を持つ人が{self.people}人に満たないため、全て空欄にした。"
        if decision.meet and decision.top is not None:
            return (
                f"{number_text(decision.top)}以上の値を1つにまとめ、それより小さい値は空欄にした"
                f"（上下に分けると{self.people}人に満たないため）。"
            )
        parts = []
        if decision.top is not None:
            parts.append(f"{number_text(decision.top)}以上の値を1つに")
        if decision.bottom is not None:
            parts.append(f"{number_text(decision.bottom)}以下の値を1つに")
        if not parts:
            return "外れ値に当たる値はなかった。"
        return f"{'、'.join(parts)}まとめた（{self.people}人以上が達する最も極端な値を境とした）。"


class Tail(_Coding[Extremes], treats=t.Tail):
    """Beyond the largest (smallest) value that at least ``people`` people reach."""

    spec: t.Tail

    def profile(self, values: pa.Array, persons: Persons, records: Records) -> Extremes:
        """Keep the people with the most extreme values."""
        return self._extremes(values, persons, records)

    def merge(self, parts: Sequence[Extremes]) -> Extremes:
        """Merge extremes."""
        return merge_extremes(parts)

    def fit(self, measured: Extremes) -> Bounds:
        """Return the bounds that at least ``people`` people reach."""
        top, bottom = measured.reached_from_above(), measured.reached_from_below()
        if top is None or bottom is None:
            return Bounds(blank=True)
        return self._sides(top, bottom)


class Fence(_Coding[tuple[Extremes, Bins | PeopleSample]], treats=t.Fence):
    """Beyond robust fences: quartiles ± factor × IQR, or median ± factor × MAD.

    Labels and blanks point at nobody: the fence is pulled in until at least ``people`` people lie at or
    beyond it. Dropped records leave nothing that points at anyone: there it stands where it is. Where the
    spread is zero, because most records share one value, the fence is the bound of a `Tail`.
    """

    spec: t.Fence

    def profile(
        self, values: pa.Array, persons: Persons, records: Records
    ) -> tuple[Extremes, Bins | PeopleSample]:
        """Keep extremes, and the distribution over people."""
        extremes = self._extremes(values, persons, records)
        if persons is None:
            held = present(values)
            return extremes, find_bins(floats(values)[held], None if records is None else records[held])
        return extremes, sample_people(pl.Series(values), persons)

    def merge(self, parts: Sequence[tuple[Extremes, Any]]) -> tuple[Extremes, Bins | PeopleSample]:
        """Merge both."""
        spreads = [spread for _, spread in parts]
        merge: Any = merge_bins if isinstance(spreads[0], Bins) else merge_samples
        return merge_extremes([e for e, _ in parts]), merge(spreads)

    def fit(self, measured: tuple[Extremes, Bins | PeopleSample]) -> Bounds:
        """Return the bounds; each person counts once, with their smallest and their largest value."""
        extremes, spread = measured
        top, bottom = extremes.reached_from_above(), extremes.reached_from_below()
        if isinstance(spread, Bins):
            below = above = self._fences(spread)
        else:
            below, above = self._fences(spread.bottoms()), self._fences(spread.tops())
        low, high = (below or (bottom, top))[0], (above or (bottom, top))[1]
        if low is None or high is None:
            return Bounds(blank=True)
        if self.spec.action == "record":
            return self._sides(np.nextafter(high, np.inf).item(), np.nextafter(low, -np.inf).item())
        if top is None or bottom is None:
            return Bounds(blank=True)
        anyone_below, anyone_above = extremes.beyond(low, high)
        if self.spec.action == "cell":  # what lies on the fence stays
            low, high = np.nextafter(low, -np.inf).item(), np.nextafter(high, np.inf).item()
        sides = self._sides(
            min(high, top) if anyone_above else None, max(low, bottom) if anyone_below else None
        )
        pulled = sides.top == top != high or sides.bottom == bottom != low
        return replace(sides, pulled=pulled)

    def _fences(self, bins: Bins) -> tuple[float, float] | None:
        if self.spec.rule == "iqr":
            first, third = bins.quantile(0.25), bins.quantile(0.75)
            spread = None if first is None or third is None else third - first
        else:
            first = third = bins.quantile(0.5)
            spread = bins.median_deviation()
        if first is None or third is None or not spread:
            return None
        # 1.4826: MAD to standard deviation of a normal distribution
        reach = self.spec.factor * spread * (1 if self.spec.rule == "iqr" else 1.4826)
        return _rounded(first - reach, ROUND_FLOOR), _rounded(third + reach, ROUND_CEILING)

    def apply(self, decision: Bounds, values: pa.Array, key: RunKey) -> Applied:
        """Code, blank, or mark the record."""
        if self.spec.action == "code" or decision.blank:
            return super().apply(decision, values, key)
        numbers = floats(values)
        mask = np.zeros(len(values), bool)
        if decision.top is not None:
            mask |= numbers >= decision.top
        if decision.bottom is not None:
            mask |= numbers <= decision.bottom
        return act(as_text(values), mask, self.spec.action, "")

    def explain(self, decision: Bounds) -> str:
        """Return by which rule values lie outside, and what is done; where they are coded, the bounds."""
        if self.spec.action == "code" or decision.blank:
            return super().explain(decision)
        rule = "四分位範囲" if self.spec.rule == "iqr" else "中央絶対偏差"
        told = f"{rule}の{number_text(self.spec.factor)}倍を超えて外れた{done(self.spec.action, '')}"
        if decision.pulled:
            told += (
                f"その人が{self.people}人に満たない側では、{self.people}人以上が達する値までを空欄にした。"
            )
        return told

    def leaves(self, decision: Bounds | None) -> Between:
        """Return the bounds, where values beyond them are coded."""
        return super().leaves(decision) if self.spec.action == "code" else ANYWHERE


def _rounded(value: float, rounding: str) -> float:
    """Three significant digits, outward: a fence is a rule of thumb and should read like one."""
    return float(Context(prec=3, rounding=rounding).create_decimal_from_float(value))
