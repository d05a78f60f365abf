"""組合せの一般化: the levels that were chosen, what other ways would lose, the models, and what was lost."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from tokumei.schemas.report import Report, TableReport
from tokumei.schemas.report_recoding import Recoding
from tokumei.transforms.pages.environment import large, percent

_METRICS: dict[str, tuple[str, str, Callable[[float], str]]] = {
    "loss": (
        "損失",
        "加工後の値が、元の値の全体の何割に当たるか。項目にわたる幾何平均（1を加えて平均し、1を引く）で、"
        "除いたレコードは全部とする",
        percent,
    ),
    "precision": (
        "段階の損失",
        "一般化した段階の、最も粗い段階に対する割合の平均（除いたレコードは1）",
        percent,
    ),
    "entropy": (
        "非一様エントロピー",
        "加工後の値から元の値を言い当てるのに足りない情報の量（単位はビット）の合計",
        large,
    ),
    "normalized_entropy": (
        "項目ごとに正規化したエントロピー",
        "非一様エントロピーの、その項目をすべて最も粗い段階にしたときの値に対する割合の平均",
        percent,
    ),
    "discernibility": (
        "見分けのつかないレコードの数（識別度）",
        "各レコードと見分けのつかないレコードの数の合計（除いたレコードは全レコード数）",
        large,
    ),
    "average_class_size": ("平均グループサイズ", "レコードの数 ÷ グループの数", "{:,.1f}".format),
}
_SUMS = {"entropy": "ビット", "discernibility": "件"}  # over records, with the unit of one


class CostRow(NamedTuple):
    """One metric of what was lost; ``minimized`` where the search went by it.

    ``exact`` has all digits of a value of which few are shown, and ``each`` what comes to one record; both
    are empty for shares and means.
    """

    caption: str
    meaning: str
    value: str
    exact: str
    each: str
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
    costs = _costs(table.recoding, table.records_out + table.records_suppressed)
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


def _costs(recoding: Recoding, records: int) -> tuple[CostRow, ...]:
    return tuple(
        CostRow(caption, meaning, show(cost), *_summed(name, cost, records), recoding.metric == name, show)
        for name, (caption, meaning, show) in _METRICS.items()
        for cost in (recoding.costs[name],)
    )


def _summed(name: str, cost: float, records: int) -> tuple[str, str]:
    """Return a sum over records with all its digits, and its mean; nothing of what is no sum."""
    if name not in _SUMS:
        return "", ""
    return f"{cost:,.0f}", f"1件当たり{cost / records:,.1f}{_SUMS[name]}" if records else ""
