"""Bounds on what a person's lines come to, in the words officers read; numbers of people, never whose."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from tokumei.schemas.report import Bar, Picture, StepReport, TotalReport
from tokumei.schemas.totals import Total
from tokumei.transforms.decisions.fitted import FittedTable
from tokumei.transforms.pages.environment import number
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.totals.bound import EDGES, Ints
from tokumei.transforms.totals.lines import Placed, placed_totals
from tokumei.transforms.totals.recount import RecountedTotal
from tokumei.transforms.totals.removal import TotalRemoval
from tokumei.transforms.values.text import number_text

_METHOD = "totals"
_WINDOWS = {"day": "1日", "week": "1週", "month": "1か月", "quarter": "1四半期", "year": "1年"}
_PLACES = {"drop_window": "windows_dropped", "thin": "receipts_dropped", "drop_person": ""}


def explain_totals(
    plan: TablePlan, fitted: FittedTable, recounted: Mapping[int, RecountedTotal]
) -> tuple[TotalReport, ...]:
    """Return one report a declaration, in the order of the policy.

    Args:
        plan: the table.
        fitted: the decisions.
        recounted: the verified recount of what was written.
    """
    removal = fitted.removal(TotalRemoval)
    if removal is None:
        return ()
    nobody = np.zeros_like(removal.people[0])
    return tuple(
        TotalReport(
            title=_title(plan, placed.total),
            because=placed.total.because,
            step=_step(plan, placed, removal, i),
            before=_picture(removal.people[i], plan.k),
            after=_picture(recounted[i].people if i in recounted else nobody, plan.k),
        )
        for i, placed in enumerate(placed_totals(plan))
    )


def _title(plan: TablePlan, total: Total) -> str:
    """Return what is measured: 本人ごとの、1か月の「金額」の合計."""
    named = f"「{plan.table.columns[total.column].title or total.column}」の" if total.column else ""
    window = "" if total.per is None else f"{_WINDOWS[total.per]}の"
    measure = {
        "sum": f"{named}合計",
        "largest": f"{named}最大の値",
        "distinct": f"{named}異なる値の数",
        "lines": "記録の数",
        "receipts": "レシート（取引）の数",
        "largest_basket": "1枚のレシート（取引）の記録の数の最大",
    }[total.measure]
    return f"本人ごとの{window}{measure}"


def _step(plan: TablePlan, placed: Placed, removal: TotalRemoval, i: int) -> StepReport:
    total, above = placed.total, removal.above[i]
    bound = _bound_text(removal.bounds[i] / placed.scale)
    # What a bound that was found is tells of people who may not be in the release.
    if total.people is None:
        told = public = bound
    else:
        public = f"{number(total.people)}人以上が達している最大の値"
        told = f"{bound}（{public}）"
    what = {
        "drop_window": "その期間の記録の全部を除いた",
        "drop_person": "その人の記録の全部を除いた",
        "thin": "超えなくなるまで、レシート（取引）を無作為に選んで丸ごと除いた"
        if total.measure not in {"largest", "largest_basket"}
        else "それを超えるレシート（取引）を丸ごと除いた",
    }[total.above]
    signed = "返品などの負の値は、符号を除いて数えた。" if total.measure in {"sum", "largest"} else ""
    counts = {"people_bounded": above.people}
    if _PLACES[total.above]:
        counts[_PLACES[total.above]] = len(above.keys)
    counts["records_dropped"] = above.lines
    if total.measure == "sum":
        counts["amount_dropped"] = above.amount // placed.scale
    done = f"を超えるとき、{what}。{signed}公開するデータで数え直し、これを超える人がいないことを確かめた。"
    return StepReport(
        criterion=total.criterion,
        method=_METHOD,
        sentence=f"{_title(plan, total)}が{told}{done}理由：{total.because}",
        public_sentence=f"{_title(plan, total)}が{public}{done}",
        counts=counts,
    )


def _bound_text(bound: float) -> str:
    whole, point, rest = number_text(bound).partition(".")
    return f"{number(int(whole))}{point}{rest}"


def _picture(people: Ints, k: int) -> Picture:
    """Return people by bar; neighbours are put together until each bar has k people, or none is left."""
    bars = tuple(Bar(label=label, records=n) for label, n in _bars(people, k))
    return Picture(bars=bars, ordered=True, note=None if bars else "下限の人数に満たないため、図に示さない。")


def _bars(people: Ints, k: int) -> Iterator[tuple[str, int]]:
    starts = [0, *EDGES.tolist()]
    held = np.flatnonzero(people)
    if people.sum() < k:
        return
    first, n, rest = int(held[0]), 0, int(people.sum())
    for bar in held.tolist():
        n, rest = n + int(people[bar]), rest - int(people[bar])
        if n >= k and (rest >= k or rest == 0):
            upper = f"{number(starts[bar + 1])}未満" if rest else ""
            yield f"{number(starts[first])}以上{upper}", n
            first, n = bar + 1, 0
