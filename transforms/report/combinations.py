"""The removal of rare combinations, in the words officers read; never a value."""

from __future__ import annotations

from tokumei.schemas.combinations import Combination
from tokumei.schemas.report import CombinationReport, StepReport
from tokumei.transforms.combinations.count import people_of
from tokumei.transforms.combinations.recount import rare_left
from tokumei.transforms.combinations.removal import CombinationRemoval, Removed
from tokumei.transforms.counting.people import PeoplePerKey
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.recode.chosen import Account

METHOD = "combinations"
LIMIT = (
    "特異な記述の組合せは、方針で定めた項目の、定めた項目数までの組合せについて、公開するデータで数え直して確かめた。"
    "それより多い項目の組合せと、ほかの項目との組合せは確かめていない。"
)


def explain_removal(
    plan: TablePlan, account: Account, recounted: PeoplePerKey | None
) -> tuple[CombinationReport, ...]:
    """Return one report a declaration, in the order of the policy.

    Args:
        plan: the table.
        account: the decisions.
        recounted: the verified recount of what was written.
    """
    removal = account.fitted.removal(CombinationRemoval)
    if removal is None or recounted is None:
        return ()
    return tuple(
        CombinationReport(
            columns=combination.columns,
            titles=_titles(plan, combination),
            people=people_of(plan, combination),
            because=combination.because,
            step=_whole(
                plan,
                combination,
                removed,
                rarer := rare_left(plan, combination, recounted),
                0 if account.settlement is None else account.settlement.combinations[i],
            ),
            contributions=removed.contributions,
            highest_dis=removed.highest_dis,
            rarer_after=rarer,
        )
        for i, (combination, removed) in enumerate(zip(plan.table.combinations, removal.removed, strict=True))
    )


def column_steps(plan: TablePlan, removal: CombinationRemoval | None, name: str) -> tuple[StepReport, ...]:
    """Return what the declarations that blank cells did to one column."""
    if removal is None:
        return ()
    return tuple(
        StepReport(
            criterion=combination.criterion,
            method=METHOD,
            sentence=f"{'・'.join(_titles(plan, combination))}のうち{_rare(plan, combination)}"
            "がなくなるように、この項目のセルを空欄にした（セル削除）。",
            counts={"cells_blanked": removed.cells[combination.columns.index(name)]},
        )
        for combination, removed in zip(plan.table.combinations, removal.removed, strict=True)
        if combination.action == "cell" and name in combination.columns
    )


def _whole(
    plan: TablePlan, combination: Combination, removed: Removed, rarer: int, settled: int
) -> StepReport:
    done = (
        "一部のセルを空欄にし（セル削除）"
        if combination.action == "cell"
        else "レコードを除き（レコード削除）"
    )
    sentence = f"{_rare(plan, combination)}について、{done}、残っていないことを数え直して確かめた。"
    if settled:
        sentence += (
            f"準識別子の加工（五号）の後に再びこの人数より少なくなった{settled:,}通りについて、"
            "準識別子でない項目のセルを空欄にした。"
        )
    if combination.may_fall_below is not None:
        sentence += (
            f"準識別子の加工（五号）の後では、{rarer:,}通りの組合せがこの人数より少なくなっている。"
            f"これを許した理由：{combination.may_fall_below.because}。"
        )
    if any(removed.contributions):
        shares = zip(_titles(plan, combination), removed.contributions, strict=True)
        told = "、".join(f"{title} {share:.0%}" for title, share in sorted(shares, key=lambda s: -s[1]))
        sentence += f"加工の前に一人だけを指した組合せへの各項目の寄与（SUDA）は、{told}であった。"
    if removed.highest_dis:
        sentence += (
            "最も目立つレコードについて、一致した人が本人である割合の推定（DIS-SUDA）は、加工の前で"
            f"{removed.highest_dis:.1%}であった。"
        )
    sentence += f"理由：{combination.because}"
    found = {f"combinations_{size}": n for size, n in enumerate(removed.combinations, 1)}
    blanks = combination.action == "cell"
    taken = {"cells_blanked": sum(removed.cells)} if blanks else {"records_dropped": removed.records}
    return StepReport(
        criterion=combination.criterion,
        method=METHOD,
        sentence=sentence,
        counts=found | taken,
    )


def _rare(plan: TablePlan, combination: Combination) -> str:
    people = people_of(plan, combination)
    return f"{combination.size}項目以下の値の組合せで同じ人が{people}人未満のもの"


def _titles(plan: TablePlan, combination: Combination) -> tuple[str, ...]:
    return tuple(plan.table.columns[name].title or name for name in combination.columns)
