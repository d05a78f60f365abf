"""本人の数 of a release in words: whose people were counted, how, and who is not among them."""

from __future__ import annotations

from collections.abc import Mapping

from tokumei.schemas.people import UNCOUNTED, PeopleBasis
from tokumei.transforms.decisions.fitted import FittedTable
from tokumei.transforms.pages.environment import number
from tokumei.transforms.planning.plan import Plan, TablePlan


def people_basis(plan: Plan) -> PeopleBasis:
    """Return what the people of the release were counted by."""
    return "records" if plan.tables[plan.people_tables[0]].table.person is None else "codes"


def explain_people(plan: Plan, people: Mapping[str, int], total: int) -> str:
    """Return whose people were counted, and that those of other tables are not among them.

    Args:
        plan: the run.
        people: released people by table, where they were counted one by one.
        total: people of the release.
    """
    counted = [plan.tables[name] for name in plan.people_tables]
    told = [_whose(plan, counted)]
    if len(counted) > 1:
        each = "、".join(f"{_title(t)}に{number(people.get(t.name, 0))}人" for t in counted)
        told.append(f"表ごとに数えると、{each}である。")
        if sum(people.get(t.name, 0) for t in counted) == total:
            told.append(
                "これらの表に共通する人はいない。番号の書き方が表の間で違っていないか、確かめること。"
            )
    others = [t for t in plan.tables.values() if t.name not in plan.people_tables]
    if coded := [t for t in others if t.table.person is not None]:
        told.append(
            f"{_titles(coded)}の本人は、別の番号によるので、この数に加えていない（同じ人がいるかは確かめていない）。"
        )
    if bare := [t for t in others if t.table.person is None]:
        told.append(f"{_titles(bare)}の記録は、本人を示す項目がないので、この数に入っていない。")
    return "".join(told)


def explain_count(table: TablePlan, fitted: FittedTable) -> str:
    """Return how the people of a table were counted."""
    if table.table.person is None:
        return "本人を示す項目がないため、1人1行であるという申告による。"
    if table.counts_people:
        told = "1人に複数の行がある。鍵付きハッシュにより異なる人を正確に数えた。"
    elif fitted.proven:
        told = "1人1行であることを、本人を示す項目が重複なく昇順に並ぶことにより確認した。"
    else:
        told = "1人1行であることを、鍵付きハッシュにより異なる人を正確に数えて確認した。"
    if table.codes == "folded":
        told += "番号は、全角・半角、前後の空白などの書き方の違いをそろえて比べた。"
    if not fitted.unattributed:
        return told
    records = f"番号のない記録が{number(fitted.unattributed)}件あり、"
    if table.table.person_missing == "drop":
        return f"{told}{records}除いた。"
    return f"{told}{records}1件ごとに別の1人として数えた。これらに仮IDはない。"


def unattributed_out(table: TablePlan, fitted: FittedTable) -> int:
    """Return the records that were left out because they have no person code."""
    return fitted.unattributed if table.table.person_missing == "drop" else 0


def _whose(plan: Plan, counted: list[TablePlan]) -> str:
    if people_basis(plan) == "records":
        return f"本人の数は、{_titles(counted)}の{UNCOUNTED}。"
    numbering = plan.policy.people
    whose = f"連結符号「{numbering.name}」の番号" if numbering.of == "link" else "本人を示す項目"
    told = f"本人の数は、{_titles(counted)}の、{whose}が異なる人の数である。"
    if any(t.table.person_missing == "each_alone" for t in counted):
        told += "番号のない記録は、1件ごとに別の1人として加えた。"
    return told


def _titles(tables: list[TablePlan]) -> str:
    return "".join(map(_title, tables))


def _title(table: TablePlan) -> str:
    return f"「{table.table.title or table.name}」"
