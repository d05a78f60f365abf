"""組合せの一般化: the levels that were chosen, what other ways would lose, the models, and what was lost."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from tokumei.schemas.report import Report, TableReport
from tokumei.schemas.report_recoding import Recoding
from tokumei.transforms.pages.environment import percent

_METRICS: dict[str, tuple[str, str, Callable[[float], str]]] = {
    "loss": (
        "損失",
        "各ラベルが元の値の何割を含むかの、項目にわたる幾何平均（1を加えて平均し、1を引く。除いたレコードは全部）",
        percent,
    ),
    "precision": (
        "段階の損失",
        "一般化した段階の、最も粗い段階に対する割合の平均（除いたレコードは1）",
        percent,
    ),
    "entropy": (
        "非一様エントロピー",
        "ラベルから元の値を言い当てるのに足りない情報の量（ビット）",
        "{:,.0f}".format,
    ),
    "normalized_entropy": (
        "項目ごとに正規化したエントロピー",
        "非一様エントロピーの、その項目をすべて最も粗い段階にしたときの値に対する割合の平均",
        percent,
    ),
    "discernibility": (
        "識別度",
        "各レコードと区別のつかないレコードの数の合計（除いたレコードは全レコード数）",
        "{:,.0f}".format,
    ),
    "average_class_size": ("平均グループサイズ", "レコードの数 ÷ グループの数", "{:,.1f}".format),
}


class CostRow(NamedTuple):
    """One metric of what was lost; ``minimized`` where the search went by it."""

    caption: str
    meaning: str
    value: str
    minimized: bool
    show: Callable[[float], str]


class Generalized(NamedTuple):
    """A table; of one that was generalized, what was lost by each metric and by the one that was minimized.

    ``gap`` says how much less another combination of levels could cost at most.
    """

    table: TableReport
    costs: tuple[CostRow, ...] = ()
    minimized: CostRow | None = None
    gap: str = ""


def view(report: Report) -> tuple[Generalized, ...]:
    """Return every table, generalized or not."""
    return tuple(map(_table, report.tables))


def _table(table: TableReport) -> Generalized:
    if table.recoding is None:
        return Generalized(table)
    costs = _costs(table.recoding)
    minimized = next(cost for cost in costs if cost.minimized)
    return Generalized(table, costs, minimized, _gap(table.recoding))


def _gap(recoding: Recoding) -> str:
    """Say how much less another combination of levels could cost; never rounded down."""
    caption, _, show = _METRICS[recoding.metric]
    gap = (
        f"{math.ceil(recoding.gap * 1000) / 10:.1f}%"
        if show is percent
        else f"{math.ceil(recoding.gap * 10) / 10:,.1f}"
    )
    return f"{caption}の差は{gap}以下"


def _costs(recoding: Recoding) -> tuple[CostRow, ...]:
    return tuple(
        CostRow(caption, meaning, show(recoding.costs[name]), recoding.metric == name, show)
        for name, (caption, meaning, show) in _METRICS.items()
    )
