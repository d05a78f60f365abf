"""What is promised of a release, as officers read it: what was blanked for it, and where it may not hold."""

from __future__ import annotations

from tokumei.schemas.promises import SETTLED
from tokumei.schemas.report import StepReport
from tokumei.transforms.criteria.promise import Promise
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.promises.recount import Bearers, too_few
from tokumei.transforms.recode.chosen import Account

COUNTED_ONLY = (
    "人数の下限は、それを定めた加工の区分についてだけ、公開するデータで数え直して確かめた。"
    "そのほかの値（そのままの項目の値、まとめていない数値など）が何人に共通するかは確かめていない。"
)


def settled_steps(plan: TablePlan, account: Account, name: str) -> tuple[StepReport, ...]:
    """Return what was blanked in one column so that every promise holds in the release."""
    settlement = account.settlement
    if settlement is None or not settlement.cells.get(name):
        return ()
    told, public, labels = [], [], settlement.rare.get(name, 0)
    if labels:
        least = account.promises[name].most
        becomes = "「*」" if name in settlement.generalized else "空欄"
        done = f"（{becomes}が{least}人に満たないときに合わせたものを含む）を{becomes}にした（セル削除）。"
        told.append(f"公開するデータで{least}人未満となった区分{labels}種類{done}")
        public.append(f"公開するデータで{least}人未満となった区分{done}")
    if (
        name in settlement.bound
        and name not in plan.quasi_identifiers
        and any(
            n and name in plan.table.combinations[i].columns for i, n in enumerate(settlement.combinations)
        )
    ):
        bound = "公開するデータで人数の下限を下回る組合せがなくなるように、セルを空欄にした（セル削除）。"
        told.append(bound)
        public.append(bound)
    steps = plan.chains[name].steps
    of_combinations = (c.criterion for c in plan.table.combinations if name in c.columns)
    criterion = next((s.number for s in steps[::-1] if s.people), None) or min(of_combinations)
    key = "cells_changed" if name in settlement.generalized else "cells_blanked"
    counts = {key: settlement.cells[name]}
    return (
        StepReport(
            criterion=criterion,
            method=SETTLED,
            sentence="".join(told),
            public_sentence="".join(public),
            counts=counts,
        ),
    )


def fewer_told(plan: TablePlan, account: Account, bearers: Bearers, name: str) -> tuple[int, str, str]:
    """Return how many labels of one column few people bear, where the policy lets them.

    Returns:
        The number of the method that makes the labels; a sentence about them, empty: nothing is to tell; and
        what of it may leave the house: that there may be such labels, not how many.
    """
    chain = plan.chains[name]
    accepted = chain.column.may_fall_below
    if name in plan.areas:
        at = next(i for i, step in enumerate(chain.steps) if step.spec.makes_areas)
        labels, people = too_few(Promise(plan.k, {}), bearers[name])
        few = f"公開するデータで{plan.k}人未満の人しかいない区分"
        return at, f"{few}は、{labels}種類（{people}人）である。", f"{few}がありうる。"
    if accepted is None or name not in plan.promised:
        return 0, "", ""
    at = max(i for i, step in enumerate(chain.steps) if step.people)
    promise = account.promises[name]
    labels, people = too_few(promise, bearers[name])
    least = promise.least
    bound = (
        f"{promise.most}人未満"
        if least == promise.most
        else f"下限（区分により{least}～{promise.most}人）未満"
    )
    few = f"公開するデータで{bound}の人しかいない区分"
    because = f"これを許した理由：{accepted.because}"
    return at, f"{few}は、{labels}種類（{people}人）である。{because}", f"{few}がありうる。{because}"
