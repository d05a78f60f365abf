"""Facts about people in the words officers read: their kinds, whose they are, and what is promised."""

from __future__ import annotations

from collections.abc import Sequence

from tokumei.schemas.histories import Fact
from tokumei.schemas.measures import ENDS
from tokumei.schemas.people import Numbering
from tokumei.schemas.pseudonym_periods import PERIOD_NAMES
from tokumei.schemas.treatments import PseudonymPeriod
from tokumei.transforms.histories.measures import Unicity
from tokumei.transforms.pages.environment import number, percent
from tokumei.transforms.planning.histories import HistoryPlan, period_of
from tokumei.transforms.planning.plan import Plan, TablePlan

_WINDOWS = {"day": "日", "week": "週", "month": "月", "quarter": "四半期", "year": "年"}


def title_of(table: TablePlan, column: str) -> str:
    """Return the title of a column."""
    return table.table.columns[column].title or column


def group_title(table: TablePlan, columns: Sequence[str]) -> str:
    """Return the title of columns that stand together: 商品×月."""
    return "×".join(title_of(table, name) for name in columns)


def level_title(table: TablePlan, columns: Sequence[str], titles: Sequence[str]) -> str:
    """Return what a level means for columns that stand together."""
    if len(columns) == 1:
        return titles[0]
    return "、".join(f"{title_of(table, name)}：{of}" for name, of in zip(columns, titles, strict=True))


def whose(plan: Plan, people: Numbering) -> str:
    """Return whose history it is."""
    if people.of == "link":
        return f"連結符号「{people.name}」の番号の本人"
    return f"「{plan.tables[people.name].table.title or people.name}」の本人"


def kind_title(plan: Plan, fact: Fact) -> str:
    """Return a kind of fact in full: its table, and that its columns are of one line."""
    table = plan.tables[fact.table]
    of = f"「{table.table.title or table.name}」の"
    if fact.measure is not None:
        return of + _measure_title(table, fact)
    whole = f"準識別子（{'・'.join(title_of(table, c) for c in table.quasi_identifiers)}）の組合せ"
    columns = f"「{group_title(table, fact.columns)}」"
    if not fact.columns:
        return of + whole
    same = "同じ行の" if len(fact.columns) > 1 else ""
    return f"{of}{same}{columns}{f'と{whole}' if fact.quasi_identifiers else ''}"


def _measure_title(table: TablePlan, fact: Fact) -> str:
    """Return what a person's lines come to, in a few words: 月ごとの「金額」の合計（4区分）."""
    per = _WINDOWS[fact.per or ""]
    if fact.measure in ENDS:
        return f"{'最初' if fact.measure == 'first' else '最後'}の行の{per}"
    of = title_of(table, fact.reads[0])
    told = {
        "sum": f"{of}の合計",
        "largest": f"{of}の最大",
        "distinct": f"{of}の種類の数",
        "receipts": f"{of}の種類の数",
        "lines": "行の数",
    }[fact.measure or ""]
    return f"{per}ごとの{told}（{len(fact.edges) + 1}区分）"


def _short_title(plan: Plan, fact: Fact) -> str:
    """Return a kind of fact in a word: 「商品×月」."""
    table = plan.tables[fact.table]
    if fact.measure is not None:
        return f"「{_measure_title(table, fact)}」"
    parts = [title_of(table, name) for name in fact.columns]
    if fact.quasi_identifiers:
        parts.append("・".join(title_of(table, name) for name in table.quasi_identifiers))
    return f"「{'×'.join(parts)}」"


def guarantee(plan: Plan, history: HistoryPlan) -> str:
    """Say what who knows as many facts as declared can tell; it may leave the house."""
    kinds = "".join(_short_title(plan, fact) for fact in history.history.facts)
    some = "1つ" if history.known == 1 else f"{history.known}つまで"
    if len(history.history.facts) > 1:
        facts = "の事実を" + ("どれか" if history.known == 1 else "どれでも合わせて")
    else:
        facts = "の事実を"
    all_of = "それ" if history.known == 1 else "それらのすべて"
    told = f"{kinds}{facts}{some}知る者にとって、{all_of}に当てはまる人は、0人か{history.k}人以上である。"
    watched = history.history.at_most
    if watched is not None:
        column = title_of(plan.tables[watched.table], watched.column)
        told += f"当てはまる人のうち「{column}」の同じ値を持つ人は、{percent(watched.share)}以下である。"
    return told + _within(plan, history)


def _within(plan: Plan, history: HistoryPlan) -> str:
    """Say that the promise holds within each period of the pseudonyms, where they change."""
    period = period_of(plan.policy.tables, history)
    if period is None:
        return ""
    told = f"仮IDは{PERIOD_NAMES[period]}に替わる。"
    if period == "table":
        return told
    return told + "これは一つの期間の中の事実を知る者についていうものであり、人数はその期間の中で数えている。"


def same_line(known: int) -> str:
    """Say who knows more than the facts: that they belong together."""
    return f"{known}つまでの事実が、同じ行（明細）や同じレシート（取引）のものであることまで知る者に対しても"


def in_periods(period: str | None) -> bool:
    """Return whether a person with pseudonyms of such a period is counted once in each."""
    return period not in {None, "table"}


def headline(history: HistoryPlan, before: Unicity, period: PseudonymPeriod | None) -> str:
    """Say how many people as many facts singled out before; of fewer facts where so many were not counted."""
    pairs = history.known > 1 and before.pairs is not None
    found = before.pairs if pairs and before.pairs is not None else before.facts
    counted = 2 if pairs else 1
    some = "" if counted == history.known else f"{counted}つ{'まで' if pairs else ''}知るだけで、"
    each, every = ("期間ごとに数えた延べ", "延べ") if in_periods(period) else ("", "")
    return (
        f"加工前は、{some}{each}{number(before.people)}人のうち{every}{number(found.people_of_few)}人が"
        f"{history.k}人未満に絞られた。"
    )
