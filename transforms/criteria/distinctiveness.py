"""五号: whatever stands out against the other people in the same file (データベース内の差異等の性質).

施行規則 34条5号 / 62条5号. Fixed generalization (一般化) by bands, rounding or a hierarchy level, and
quasi-identifiers (準識別子) whose level is found by the search so that every class has at least k people.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tokumei.schemas import bands
from tokumei.schemas import treatments as t
from tokumei.transforms.criteria.base import Applied, Context, Criterion, D, Fixed, bits_of
from tokumei.transforms.engine.run_key import RunKey
from tokumei.transforms.hierarchies.bound import BoundHierarchy
from tokumei.transforms.hierarchies.steps import Between
from tokumei.transforms.values import bands as value_bands
from tokumei.transforms.values.cells import as_text, like, measures, present, rounded
from tokumei.transforms.values.text import number_text


class Bands(Fixed, treats=bands.Bands):
    """Numbers to labelled bands."""

    spec: bands.Bands

    def treat(self, values: pa.Array) -> pa.Array:
        """Return the label of each number's band."""
        return value_bands.bands(values, self.spec.edges, self.spec.labels)

    def labels(self, decision: None) -> tuple[str, ...]:
        """Return those of all bands."""
        return self.spec.labels

    def explain(self, decision: None) -> str:
        """Return the number of bands, the first and the last."""
        labels = self.spec.labels
        return f"数値を{len(labels)}区分（{labels[0]}～{labels[-1]}）に置き換えた（一般化）。"


class RoundTo(Fixed, treats=bands.RoundTo):
    """Numbers to multiples."""

    spec: bands.RoundTo

    def treat(self, values: pa.Array) -> pa.Array:
        """Return the nearest multiple of each number, in its type; halves go up."""
        return like(nearest(measures(values), self.spec.to), values)

    def explain(self, decision: None) -> str:
        """Return to what numbers were rounded."""
        return f"数値を{number_text(self.spec.to)}の倍数に四捨五入した（丸め）。"


def nearest(numbers: npt.NDArray[Any], to: float) -> npt.NDArray[Any]:
    """Return the multiple of ``to`` nearest to each number, the higher of two; of the type of the numbers.

    At the ends of int64 it is the nearest that there is.
    """
    if numbers.dtype != np.int64:
        return rounded(np.floor(numbers / to + 0.5) * to, max(0, -int(Decimal(str(to)).as_tuple().exponent)))
    step = int(to)
    below: npt.NDArray[np.int64] = numbers // step
    up = (2 * (numbers % step) >= step) & (below < np.iinfo(np.int64).max // step)
    return np.maximum(below + up, -(np.iinfo(np.int64).max // step)) * step


class _Hierarchical(Criterion[None, D]):
    """A method that uses a hierarchy, at one level or at any (0)."""

    spec: t.Recode | t.Generalize | t.Coarsen
    hierarchy: BoundHierarchy

    def __init__(
        self, spec: t.Recode | t.Generalize | t.Coarsen, context: Context, base: str = "", where: str = ""
    ) -> None:
        super().__init__(spec, context, base, where)
        level = spec.level if isinstance(spec, t.Recode) else 0
        self.hierarchy = BoundHierarchy(spec.hierarchy, base, where, level, context.content)

    @property
    def listed(self) -> int:
        """The lines of the hierarchy's file or table."""
        return len(self.hierarchy.rows or ())


class Recode(_Hierarchical[Between], treats=t.Recode):
    """Generalize to one fixed level."""

    spec: t.Recode

    def apply(self, decision: Between, values: pa.Array, key: RunKey) -> Applied:
        """Return the labels of the level; a value outside the hierarchy stops the run.

        The decision is where the methods before it leave numbers; the chain tells it.
        """
        treated, met = self.hierarchy.labels(as_text(values), decision)
        return Applied(treated, present(values) | present(treated), met=bits_of(met))

    def explain(self, decision: Between) -> str:
        """Return the level of the hierarchy."""
        rows, level = self.hierarchy.rows, self.spec.level
        remark = (rows is not None and rows.remark(level)) or "（一般化）"
        return f"階層の第{level}段階の区分に置き換えた{remark}。"


class Levelled(_Hierarchical[None]):
    """A column whose levels are chosen later, and not applied here: pass 1 finds its domain."""

    spec: t.Generalize | t.Coarsen

    def apply(self, decision: None, values: pa.Array, key: RunKey) -> Applied:
        """Return the value as text, the form in which it stands in the domain."""
        return Applied(as_text(values), np.zeros(len(values), bool))


class Generalize(Levelled, treats=t.Generalize):
    """A quasi-identifier: the recoding applies the level that the search chooses for it."""

    spec: t.Generalize

    def explain(self, decision: None) -> str:
        """Return how many people share a combination; the report puts the level found in its place."""
        return f"準識別子として、同じ組合せの人が{self.context.k}人以上になる段階まで一般化した。"


class Coarsen(Levelled, treats=t.Coarsen):
    """A column of facts: what is decided about histories applies its levels."""

    spec: t.Coarsen

    def explain(self, decision: None) -> str:
        """Return that the levels follow from the facts; the report tells them."""
        return (
            "知られ得る事実の組合せに当てはまる人が所定の人数以上になる段階まで一般化し、残りは空欄にした。"
        )
