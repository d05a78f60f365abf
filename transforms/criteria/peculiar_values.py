"""四号: peculiar descriptions (特異な記述等), coded, grouped, blanked or dropped with their record.

施行規則 34条4号 / 62条4号. Fixed bounds and lists say what is rare in society (116歳 → 「90歳以上」); tails,
rare categories and fences are decided from the whole file in the global combine, counting people.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Context
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from tokumei.schemas import treatments as t
from tokumei.transforms.counting.domain import bounded
from tokumei.transforms.counting.extremes import (
    VALUE,
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
from tokumei.transforms.counting.people import PEOPLE, RECORDS, PeoplePerKey, count_people, merge_people
from tokumei.transforms.criteria.base import (
    Applied,
    Criterion,
    Mask,
    Persons,
    Records,
    as_text,
    present,
    where,
)
from tokumei.transforms.engine.run_key import RunKey
from tokumei.transforms.hierarchies.steps import ANYWHERE, Between
from tokumei.transforms.values.text import number_text


def _numbers(values: pa.Array) -> npt.NDArray[np.float64]:
    numbers: npt.NDArray[np.float64] = values.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    return numbers


class TopCode(Criterion):
    """Values at or above a fixed bound become one label."""

    spec: t.TopCode

    def apply(self, decision: Any, values: pa.Array, key: RunKey) -> Applied:
        """Code the top; the other values become text."""
        mask = _numbers(values) >= self.spec.at
        return Applied(where(mask, self.spec.label, values), mask)

    def leaves(self, decision: Any) -> Between:
        """Return the bound."""
        return Between(below=self.spec.at)

    def explain(self, decision: Any) -> str:
        """Say so."""
        return f"{number_text(self.spec.at)}以上の値を「{self.spec.label}」にまとめた（トップコーディング）。"


class BottomCode(Criterion):
    """Values at or below a fixed bound become one label."""

    spec: t.BottomCode

    def apply(self, decision: Any, values: pa.Array, key: RunKey) -> Applied:
        """Code the bottom; the other values become text."""
        mask = _numbers(values) <= self.spec.at
        return Applied(where(mask, self.spec.label, values), mask)

    def leaves(self, decision: Any) -> Between:
        """Return the bound."""
        return Between(above=self.spec.at)

    def explain(self, decision: Any) -> str:
        """Say so."""
        return f"{number_text(self.spec.at)}以下の値を「{self.spec.label}」にまとめた（ボトムコーディング）。"


class RareValues(Criterion):
    """A maintained list of values that are rare in society."""

    spec: t.RareValues

    def apply(self, decision: Any, values: pa.Array, key: RunKey) -> Applied:
        """Blank, replace, or mark the record."""
        mask = pc.is_in(values, pa.array(self.spec.values, pa.string())).to_numpy(zero_copy_only=False)
        return _act(values, mask, self.spec.action, self.spec.by)

    def explain(self, decision: Any) -> str:
        """Say so, without the list."""
        return f"特異な値の一覧（{len(self.spec.values)}件）に当たる{_done(self.spec.action, self.spec.by)}"


class RareCategories(Criterion):
    """Categories that fewer than ``people`` people of the whole file share."""

    spec: t.RareCategories
    data_driven = True

    @property
    def people(self) -> int:
        """How many people make a category common."""
        return self.spec.people or self.context.k

    def profile(self, values: pa.Array, persons: Persons, records: Records) -> PeoplePerKey:
        """Count people per value."""
        frame = pl.DataFrame({VALUE: as_text(values)})
        if records is None:
            return count_people(frame, persons=persons, cap=self.people)
        weighted = frame.with_columns(pl.Series(RECORDS, records))
        return count_people(weighted, persons=None, cap=self.people, weights=RECORDS)

    def merge(self, parts: Sequence[PeoplePerKey]) -> PeoplePerKey:
        """Merge counts.

        Raises:
            InputError: the column has more distinct values than a worker holds: they are no categories.
        """
        merged = merge_people(parts)
        bounded(merged.counts[VALUE], self.where)
        return merged

    def fit(self, measured: PeoplePerKey) -> tuple[str, ...]:
        """Return the common values. A group of rare ones that is itself too small takes in one more."""
        people = measured.people().drop_nulls(VALUE)
        common = people.filter(pl.col(PEOPLE) >= self.people).sort(PEOPLE, VALUE)
        rare = people.filter(pl.col(PEOPLE) < self.people)
        kept = common[VALUE].to_list()
        if self.spec.action == "group" and rare.height:
            grouped = (
                rare[PEOPLE].sum()
                if measured.pairs is None
                else (measured.pairs.join(rare.select(VALUE), on=VALUE)["#person"].n_unique())
            )
            kept = kept[1:] if grouped < self.people else kept
        return tuple(sorted(kept))

    def apply(self, decision: tuple[str, ...], values: pa.Array, key: RunKey) -> Applied:
        """Group, blank, or mark the record of every value that is not common."""
        text = as_text(values)
        rare = ~pc.is_in(text, pa.array(decision, pa.string())).to_numpy(zero_copy_only=False)
        mask = rare & present(values)
        if self.spec.action == "group" and not decision:
            return _act(text, mask, "cell", "")  # nobody shares anything: a group of all would say nothing
        return _act(text, mask, self.spec.action, self.spec.label)

    def explain(self, decision: tuple[str, ...]) -> str:
        """Say so; only the number of common values is told."""
        action = "cell" if self.spec.action == "group" and not decision else self.spec.action
        return (
            f"ファイル全体で{self.people}人未満にしか現れない{_done(action, self.spec.label)}"
            f"（残した区分は{len(decision)}種類）"
        )


@dataclass(frozen=True)
class Bounds:
    """Where coding begins: at or above ``top``, at or below ``bottom``; ``blank`` when too few people.

    ``strict``: values beyond (not at) the bounds are meant. Where the tails meet (``top`` is at most
    ``bottom``), fewer than the wanted people may be left below ``top``, so that those values are blanked.
    """

    top: float | int | None = None
    bottom: float | int | None = None
    blank: bool = False
    strict: bool = False

    @property
    def meet(self) -> bool:
        """Whether the two tails cover every value."""
        return self.top is not None and self.bottom is not None and self.top <= self.bottom


class Tail(Criterion):
    """Beyond the largest (smallest) value that at least ``people`` people reach."""

    spec: t.Tail | t.Fence
    data_driven = True

    @property
    def people(self) -> int:
        """How many people a coded tail must hold."""
        return self.spec.people or self.context.k

    def profile(self, values: pa.Array, persons: Persons, records: Records) -> Any:
        """Keep the people with the most extreme values."""
        if records is not None:  # more of a value than a tail holds cannot matter
            values = values.take(
                pa.array(np.repeat(np.arange(len(values)), np.minimum(records, self.people)))
            )
        return find_extremes(pl.Series(values), persons, self.people)

    def merge(self, parts: Sequence[Any]) -> Any:
        """Merge extremes."""
        return merge_extremes(parts)

    def fit(self, measured: Any) -> Bounds:
        """Return the bounds that at least ``people`` people reach."""
        top, bottom = measured.reached_from_above(), measured.reached_from_below()
        if top is None or bottom is None:
            return Bounds(blank=True)
        return self._sides(top, bottom)

    def _sides(self, top: float | int | None, bottom: float | int | None) -> Bounds:
        return Bounds(
            top=top if self.spec.side in {"top", "both"} else None,
            bottom=bottom if self.spec.side in {"bottom", "both"} else None,
        )

    def apply(self, decision: Bounds, values: pa.Array, key: RunKey) -> Applied:
        """Code the tails; the other values become text."""
        if decision.blank:
            return Applied(pa.nulls(len(values), pa.string()), present(values))
        numbers = _numbers(values)
        high = np.zeros(len(values), bool) if decision.top is None else numbers >= decision.top
        low = np.zeros(len(values), bool) if decision.bottom is None else (numbers <= decision.bottom) & ~high
        text = as_text(values)
        if decision.top is not None:
            text = where(high, self.spec.top_label.format(number_text(decision.top)), text)
        if decision.bottom is not None:
            label = self.spec.bottom_label.format(number_text(decision.bottom))
            text = where(low, None if decision.meet else label, text)
        # The bound itself is shown by everyone beyond it, so only values beyond it really change.
        return Applied(text, high | low)

    def leaves(self, decision: Bounds | None) -> Between:
        """Return the bounds, where values beyond them are coded."""
        if decision is None or decision.strict:
            return ANYWHERE
        return Between(decision.bottom, decision.top)

    def explain(self, decision: Bounds) -> str:
        """Say so, with the bounds: at least ``people`` people reach each."""
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


class Fence(Tail):
    """Beyond robust fences: quartiles ± factor × IQR, or median ± factor × MAD.

    When coding, the fence is pulled in until at least ``people`` people lie at or beyond it. Where the spread
    is zero, because most records share one value, the fence is the bound of a `Tail`.
    """

    spec: t.Fence

    def profile(
        self, values: pa.Array, persons: Persons, records: Records
    ) -> tuple[Extremes, Bins | PeopleSample]:
        """Keep extremes, and the distribution over people."""
        extremes = super().profile(values, persons, records)
        if persons is None:
            held = present(values)
            return extremes, find_bins(_numbers(values)[held], None if records is None else records[held])
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
        if self.spec.action != "code":
            sides = self._sides(high, low)
            return Bounds(sides.top, sides.bottom, strict=True)
        if top is None or bottom is None:
            return Bounds(blank=True)
        anyone_below, anyone_above = extremes.beyond(low, high)
        return self._sides(
            min(high, top) if anyone_above else None, max(low, bottom) if anyone_below else None
        )

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
        numbers = _numbers(values)
        mask = np.zeros(len(values), bool)
        if decision.top is not None:
            mask |= numbers > decision.top
        if decision.bottom is not None:
            mask |= numbers < decision.bottom
        return _act(as_text(values), mask, self.spec.action, "")

    def explain(self, decision: Bounds) -> str:
        """Say so."""
        if self.spec.action == "code" or decision.blank:
            return super().explain(decision)
        rule = "四分位範囲" if self.spec.rule == "iqr" else "中央絶対偏差"
        return f"{rule}の{number_text(self.spec.factor)}倍を超えて外れた{_done(self.spec.action, '')}"


def _rounded(value: float, rounding: str) -> float:
    """Three significant digits, outward: a fence is a rule of thumb and should read like one."""
    return float(Context(prec=3, rounding=rounding).create_decimal_from_float(value))


def _act(values: pa.Array, mask: Mask, action: str, label: str) -> Applied:
    if action == "record":
        return Applied(values, np.zeros(len(values), bool), drop=mask)
    return Applied(where(mask, None if action == "cell" else label, values), mask)


def _done(action: str, label: str) -> str:
    if action == "record":
        return "値を持つ記録を、記録ごと削除した。"
    if action == "cell":
        return "値を空欄にした（セル削除）。"
    return f"値を「{label}」に置き換えた。"
