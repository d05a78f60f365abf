"""What the report says of histories: whom facts single out, what protection took, what it leaves open."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from tokumei.schemas import report_histories as r
from tokumei.schemas.histories import coarsened
from tokumei.schemas.report import StepReport
from tokumei.transforms.histories.measures import RareFacts, Unicity
from tokumei.transforms.histories.recount import CountedFacts, shortfall
from tokumei.transforms.histories.solve import GroupAccount, HistoryAccount
from tokumei.transforms.histories.undeclared import rare_values
from tokumei.transforms.pages.environment import number
from tokumei.transforms.planning.histories import HistoryPlan, period_of
from tokumei.transforms.planning.plan import Plan, TablePlan
from tokumei.transforms.release.written import Written
from tokumei.transforms.report.knowledge import (
    group_title,
    guarantee,
    headline,
    kind_title,
    level_title,
    same_line,
    title_of,
    whose,
)

_METHOD = "histories"
GroupsTold = Sequence[tuple[HistoryAccount, GroupAccount]]
"""The groups of columns of one table, each with the declaration that treated it."""


def explain_histories(
    plan: Plan, accounts: Sequence[HistoryAccount], written: Written, facts: CountedFacts
) -> tuple[r.HistoryReport, ...]:
    """Return one report a declaration, in the order of the policy.

    Args:
        plan: the run.
        accounts: what was decided about each declaration.
        written: what was written.
        facts: the verified recount of the facts in it.
    """
    return tuple(_explain(plan, account, written, facts, i) for i, account in enumerate(accounts))


def _explain(
    plan: Plan, account: HistoryAccount, written: Written, facts: CountedFacts, place: int
) -> r.HistoryReport:
    history, before, total = account.plan, account.before, account.total
    after = replace(account.after, people=facts.people_told(place))  # labels may go after facts are decided
    watched, promise = history.history.at_most, guarantee(plan, history)
    return r.HistoryReport(
        people=str(history.people),
        whose=whose(plan, history.people),
        period=period_of(plan.policy.tables, history),
        known=history.known,
        k=history.k,
        because=history.history.because,
        headline=promise + headline(history, before, period_of(plan.policy.tables, history)),
        guarantee=promise,
        people_before=before.people,
        people_after=after.people,
        facts=tuple(
            _knowledge(f"{kind_title(plan, fact)}を1つ", before, after, old, new)
            for fact, old, new in zip(history.history.facts, before.kinds, after.kinds, strict=True)
        ),
        sets=_sets(history.known, before, after),
        whole=r.Knowledge(
            title="その人のすべての事実と、ほかに事実がないこと（履歴の全体）",
            people_before=before.compared,
            before=r.SingledOut(few=before.few, alone=before.unique),
            people_after=after.compared,
            after=r.SingledOut(few=after.few, alone=after.unique),
        ),
        sampled=_sampled(before, after),
        at_most=None
        if watched is None
        else r.ShareReport(
            title=title_of(plan.tables[watched.table], watched.column),
            share=watched.share,
            reached=shortfall(history.history, history.k, facts.histories.get(place)).share,
        ),
        cells=total.occurrences,
        deleted=sum(group.deleted for group in account.groups),
        cells_blanked=sum(
            written[group.table].tally.hidden.get(name, 0)
            for group in account.groups
            for name in group.columns
        ),
        blanked_later=_blanked_later(plan, history, written),
        lines=total.lines,
        lines_lost=total.lines_lost,
        people_lost=before.people - after.people,
        loss=total.loss,
        groups=tuple(_group(plan.tables[group.table], group) for group in account.groups),
        windows=tuple(_windows(plan, account)),
        deleted_lines=tuple(_deleted_lines(plan, account)),
        undeclared=tuple(_undeclared(plan, sorted(history.read), written, history.k)),
    )


def _blanked_later(plan: Plan, history: HistoryPlan, written: Written) -> int:
    """Return how many cells that tell a fact were blanked for promises, after facts were decided."""
    cells = set[tuple[str, str]]()
    for fact in history.history.facts:
        classes = plan.tables[fact.table].quasi_identifiers if fact.quasi_identifiers else ()
        cells |= {(fact.table, name) for name in (*fact.columns, *fact.reads, *classes)}
    return sum(written[table].tally.settled.get(name, 0) for table, name in cells)


def _sets(known: int, before: Unicity, after: Unicity) -> tuple[r.Knowledge, ...]:
    one = _knowledge("どの種類でもよい事実を1つ", before, after, before.facts, after.facts)
    two = _knowledge("どの種類でもよい事実を2つまで", before, after, before.pairs, after.pairs)
    if known < 3:
        return one, two
    # Threes are not measured; that those of the release single out nobody is what was verified.
    three = _knowledge("どの種類でもよい事実を3つまで", before, after, None, None)
    return one, two, three.model_copy(update={"after": r.SingledOut(few=0, alone=0)})


def _knowledge(
    title: str, before: Unicity, after: Unicity, old: RareFacts | None, new: RareFacts | None
) -> r.Knowledge:
    return r.Knowledge(
        title=title,
        people_before=before.people,
        before=_singled(old),
        people_after=after.people,
        after=_singled(new),
    )


def _singled(found: RareFacts | None) -> r.SingledOut | None:
    return None if found is None else r.SingledOut(few=found.people_of_few, alone=found.people_of_one)


def _sampled(before: Unicity, after: Unicity) -> r.SampledFacts:
    return r.SampledFacts(
        people_before=before.sample,
        before=tuple(round(drawn.few * before.sample) for drawn in before.known),
        people_after=after.sample,
        after=tuple(round(drawn.few * after.sample) for drawn in after.known),
    )


def _group(table: TablePlan, group: GroupAccount) -> r.GroupReport:
    return r.GroupReport(
        table=group.table,
        columns=group.columns,
        title=group_title(table, group.columns),
        levels=tuple(
            r.LevelUse(title=level_title(table, group.columns, titles), cells=cells)
            for titles, cells in zip(group.levels, group.released, strict=True)
        ),
        deleted=group.deleted,
        with_lines=group.with_lines,
    )


def _windows(plan: Plan, account: HistoryAccount) -> Iterator[r.WindowsReport]:
    for name, lost in account.windows.items():
        yield r.WindowsReport(
            table=name,
            title=plan.tables[name].table.title or name,
            windows=lost.windows,
            of_windows=lost.of_windows,
            lines=lost.lines,
            of_lines=lost.of_lines,
            people=lost.people,
        )


def _deleted_lines(plan: Plan, account: HistoryAccount) -> Iterator[r.LinesReport]:
    for name, lost in account.lines.items():
        yield r.LinesReport(
            table=name,
            title=plan.tables[name].table.title or name,
            lines=lost.lines,
            of_lines=lost.of_lines,
            people=lost.people,
            stayed=lost.stayed,
        )


def _undeclared(plan: Plan, tables: Iterable[str], written: Written, k: int) -> list[r.UndeclaredColumn]:
    return [
        r.UndeclaredColumn(
            table=name,
            column=column,
            title=f"「{plan.tables[name].table.title or name}」の「{title_of(plan.tables[name], column)}」",
            after=None if counted is None else _singled(rare_values(counted, k)),
        )
        for name in tables
        for column, counted in written[name].recount.values.items()
    ]


def groups_told(accounts: Sequence[HistoryAccount], table: str) -> GroupsTold:
    """Return the groups of one table."""
    return tuple((a, group) for a in accounts for group in a.groups if group.table == table)


def coarsened_sentence(told: GroupsTold, table: TablePlan, name: str) -> tuple[str, str] | None:
    """Say how far a column was coarsened for facts, or None: with counts, and as it may leave the house."""
    if coarsened(table.table.columns[name]) is None:
        return None
    sentences, public = [], []
    for account, group in told:
        if name not in group.columns:
            continue
        beside = "・".join(title_of(table, other) for other in group.columns if other != name)
        together = f"（{beside}と合わせて）" if beside else ""
        why = f"{_why(account)}、値ごとに段階を選んで一般化した{together}。"
        used = _used(group, group.columns.index(name))
        each = "、".join(f"{title} {number(n)}" for title, n in used.items())
        sentences.append(f"{why}各段階の件数（同じ人の同じ明細は1件とする）：{each}。")
        if group.deleted:
            sentences.append(f"それでも足りない{number(group.deleted)}件は空欄にした。")
        if group.with_lines:
            sentences.append(f"それでも足りない{number(group.with_lines)}件は行ごと削除した。")
        public.append(f"{why}段階：{'、'.join(used)}。")
        public.append("一部の値は空欄にした。" * bool(group.deleted))
        public.append("一部の行は削除した。" * bool(group.with_lines))
    return "".join(sentences), "".join(public)


def _used(group: GroupAccount, column: int) -> dict[str, int]:
    """Return the levels of one column that are released, and how many cells at each."""
    used: dict[str, int] = {}
    for titles, cells in zip(group.levels, group.released, strict=True):
        if cells:
            used[titles[column]] = used.get(titles[column], 0) + cells
    return used


def hidden_steps(told: GroupsTold, table: TablePlan, name: str, cells: int) -> tuple[StepReport, ...]:
    """Return what was blanked in a column that has no levels to choose from."""
    accounts = [account for account, group in told if name in group.columns]
    if not cells or not accounts or coarsened(table.table.columns[name]) is not None:
        return ()
    sentence = f"{_why(accounts[0])}、一部のセルを空欄にした（セル削除）。"
    return (StepReport(criterion=5, method=_METHOD, sentence=sentence, counts={"cells_blanked": cells}),)


def _why(account: HistoryAccount) -> str:
    known = account.plan.known
    few = "事実を1つ" if known == 1 else f"事実を{known}つまで"
    return f"本人について{few}知る者にとって、当てはまる人が0人か{account.plan.k}人以上になるように"


def history_limits(plan: Plan) -> list[str]:
    """Return what is not measured, or not protected, of the histories in a release."""
    declared = {fact.table for history in plan.histories for fact in history.history.facts}
    limits = [_limit(plan, history) for history in plan.histories]
    without = [t for t in plan.tables.values() if t.counts_people and t.name not in declared]
    if without:
        of = "".join(f"「{t.table.title or t.name}」" for t in without) if len(plan.tables) > 1 else ""
        limits.append(
            f"{f'{of}では、' if of else ''}同じ人の複数の記録の組合せ（履歴）による特徴は測っていない。"
        )
    return limits


def _limit(plan: Plan, history: HistoryPlan) -> str:
    known = history.known
    sets = "1つずつ" if known == 1 else f"{known}つまでの組合せ"
    together = "" if known == 1 else f"{same_line(known)}、守るための加工をしておらず、測っていない。"
    return (
        f"履歴（{whose(plan, history.people)}）について確かめたのは、方針で挙げた種類の事実の{sets}である。"
        f"{known + 1}つ以上の事実を知る者と、挙げていない項目を知る者に対しては、守るための加工をしていない。"
        f"{together}測ることのできた人数は、内部用の報告書の「履歴」に示した。"
    )
