"""測定した値: the sizes of the groups and the risks that follow from them, before and after."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from tokumei.schemas.report import Report, TableReport
from tokumei.schemas.report_risk import PopulationUniqueness, Risk, SizeBar
from tokumei.transforms.pages.environment import number, percent
from tokumei.transforms.risk.population import SMALL_FRACTION

_SMALL = f"{10 * SMALL_FRACTION:g}割"
_ESTIMATORS = {
    "Pitman": f"ファイルの人数が母集団の{_SMALL}以下のときに採用する",
    "Zayatz": f"母集団の{_SMALL}を超え、SNBの方法による推定より小さいときに採用する。"
    "ほかの方法が当てはまらないときにも採用する",
    "SNB": f"母集団の{_SMALL}を超え、Zayatzの方法による推定より大きくないときに採用する",
}


class SizeEnd(NamedTuple):
    """The classes of one size range, before or after; ``width`` in percent of the largest share."""

    classes: int
    people: str
    width: float


class SizeRow(NamedTuple):
    """One class-size range."""

    label: str
    below_k: bool
    before: SizeEnd
    after: SizeEnd


class RiskRow(NamedTuple):
    """One measure, before and after."""

    caption: str
    meaning: str
    before: str
    after: str


class BeforeAfter(NamedTuple):
    """What was measured of a table, and the k that it is compared with."""

    before: Risk
    after: Risk
    k: int


class Risks(NamedTuple):
    """A table; of one whose groups were measured, their sizes and risks.

    ``capped`` where people of a group were counted up to k only.
    """

    table: TableReport
    sizes: tuple[SizeRow, ...] = ()
    rows: tuple[RiskRow, ...] = ()
    capped: bool = False


class RiskView(NamedTuple):
    """Every table, and whether any was compared with a population table."""

    tables: tuple[Risks, ...]
    journalist: bool


def view(report: Report) -> RiskView:
    """Return what the template prints."""
    return RiskView(tuple(map(_table, report.tables)), compared_with_population(report))


def compared_with_population(report: Report) -> bool:
    """Return whether any table's risk was measured against a population table."""
    return any(table.risk_after and table.risk_after.journalist for table in report.tables)


def measured(table: TableReport) -> BeforeAfter | None:
    """Return what was measured of a table; None where no column is a quasi-identifier."""
    if table.risk_before is None or table.risk_after is None or table.recoding is None:
        return None
    return BeforeAfter(table.risk_before, table.risk_after, table.recoding.k)


def smallest_class(risk: Risk, k: int) -> str:
    """Return the people of the smallest group in words."""
    if not risk.classes:
        return "―"
    if risk.wildcard is not None:
        return (
            f"{number(risk.wildcard.smallest)}人（値の欠けた人を別に数えると{number(risk.smallest_class)}人）"
        )
    return f"{number(risk.smallest_class)}人{_or_more(risk, k, '以上')}"


def _table(table: TableReport) -> Risks:
    found = measured(table)
    if found is None:
        return Risks(table)
    before, after, k = found
    return Risks(table, _sizes(before, after), _risks(before, after, k), before.capped or after.capped)


def _sizes(before: Risk, after: Risk) -> tuple[SizeRow, ...]:
    old, new = ({size.label: size for size in risk.sizes} for risk in (before, after))
    longest = max((_share(size, risk) for risk in (before, after) for size in risk.sizes), default=0.0) or 1.0

    def end(size: SizeBar | None, risk: Risk) -> SizeEnd:
        if size is None:
            return SizeEnd(0, "0人", 0.0)
        # Where one person may be in several classes, larger ones were counted up to k people only.
        people = "―" if risk.capped and not size.below_k else f"{'延べ' * risk.capped}{number(size.people)}人"
        return SizeEnd(size.classes, people, round(100 * _share(size, risk) / longest, 1))

    return tuple(
        SizeRow(label, size.below_k, end(old.get(label), before), end(new.get(label), after))
        for label, size in (old | new).items()
    )


def _share(size: SizeBar, risk: Risk) -> float:
    part, whole = (size.classes, risk.classes) if risk.capped else (size.people, risk.people)
    return part / whole if whole else 0.0


def _or_more(risk: Risk, k: int, words: str) -> str:
    """Return ``words`` where the smallest class was counted as "k or more" only."""
    return words if risk.capped and risk.smallest_class >= k else ""


def _risks(before: Risk, after: Risk, k: int) -> tuple[RiskRow, ...]:
    def row(caption: str, meaning: str, show: Callable[[Risk], str]) -> RiskRow:
        return RiskRow(caption, meaning, show(before), show(after))

    def of_people(risk: Risk, n: int) -> str:
        if risk.capped or not risk.people:
            return f"{'延べ' * risk.capped}{number(n)}人"
        return f"{number(n)}人（{percent(n / risk.people)}）"

    def highest(risk: Risk) -> str:
        return f"{percent(risk.highest_risk)}{_or_more(risk, k, '以下')}" if risk.classes else "―"

    missing = "。値の欠けた項目は、その値がないという一つの値とみる" if after.wildcard else ""
    return (
        row("本人の数", "測定の対象となった人", lambda r: f"{number(r.people)}人"),
        row("レコードの数", "測定の対象となったレコード", lambda r: f"{number(r.records)}件"),
        row("グループの数", "準識別子の値がすべて同じ人の集まり（等価クラス）", lambda r: number(r.classes)),
        row(
            "1人だけのグループにいる人",
            "同じ組合せの人がこのファイルにほかにいない人（標本一意）",
            lambda r: of_people(r, r.unique_people),
        ),
        row(
            f"{k}人未満のグループにいる人",
            f"下限のk人に満たないグループの人。当てられる割合が 1/{k} を超える",
            lambda r: of_people(r, r.people_below_k),
        ),
        row("最も小さいグループ", f"最も人数の少ない組合せ{missing}", lambda r: smallest_class(r, k)),
        row(
            "最大リスク（検察官リスク）",
            "ファイルに載っていると知っている人を探したとき、最も当てられやすい人が当てられる割合。"
            f"1 ÷ 最も小さいグループの人数{missing}",
            highest,
        ),
        row(
            "最小リスク",
            "同じ攻撃で、最も当てられにくい人が当てられる割合。1 ÷ 最も大きいグループの人数",
            lambda r: "測定できない" if r.lowest_risk is None else percent(r.lowest_risk),
        ),
        row(
            "平均リスク（マーケターリスク）",
            "全員を探したとき、平均して当てられる割合。"
            "「1 ÷ その人のいる最も小さいグループの人数」の、全員についての平均",
            lambda r: "測定できない" if r.average_risk is None else percent(r.average_risk),
        ),
        *_wildcards(before, after),
        *_journalists(before, after),
        *_uniqueness(before, after),
    )


def _wildcards(before: Risk, after: Risk) -> Iterator[RiskRow]:
    """Yield the risk from who takes a missing value for any value, where the policy asks for that reading."""
    old, new = before.wildcard, after.wildcard
    if old is None or new is None:
        return
    reading = "（値の欠けた項目を、どの値とも合うとみる者）"
    yield RiskRow(
        f"最大リスク{reading}", "k の条件を確かめた読み方による", percent(old.highest), percent(new.highest)
    )
    yield RiskRow(f"平均リスク{reading}", "同じ読み方による", percent(old.average), percent(new.average))


def _journalists(before: Risk, after: Risk) -> Iterator[RiskRow]:
    """Yield the risk against a population table, where the policy names one."""
    if before.journalist is None and after.journalist is None:
        return

    def show(risk: Risk, name: str) -> str:
        return "測定できない" if risk.journalist is None else percent(getattr(risk.journalist, name))

    for name, caption, meaning in (
        (
            "highest",
            "最大リスク（ジャーナリストリスク）",
            "ファイルに載っているかどうか分からない人を母集団の中から探したとき、最も当てられやすい人が当てられる割合。"
            "1 ÷ 母集団で最も小さいグループの人数",
        ),
        ("average", "平均リスク（ジャーナリストリスク）", "同じ場合の、平均して当てられる割合"),
    ):
        yield RiskRow(caption, meaning, show(before, name), show(after, name))


def _uniqueness(before: Risk, after: Risk) -> Iterator[RiskRow]:
    """Yield the estimates for the population, where the policy declares one and people were counted."""
    old, new = before.population_uniqueness, after.population_uniqueness
    if old is None or new is None:
        return

    def chosen(found: PopulationUniqueness) -> str:
        people = round(found.uniqueness * found.population)
        if found.estimator is None:
            return f"{percent(found.uniqueness)}（{number(people)}人）"
        # Two digits: an estimate must not look counted.
        return f"{percent(found.uniqueness)}（約{number(round(people, 2 - len(str(people))))}人）"

    def by(found: PopulationUniqueness, name: str) -> str:
        value: float | None = getattr(found, name.lower())
        shown = "当てはまらない" if value is None else percent(value)
        return f"{shown}（採用）" if found.estimator == name.lower() else shown

    yield RiskRow(
        "母集団でも1人だけの人（推定）",
        f"このファイルを、{number(old.population)}人の母集団から無作為に選んだものとみなしたとき、"
        "母集団の人のうち、同じ組合せの人がほかにいない人の割合（母集団一意）",
        chosen(old),
        chosen(new),
    )
    for name, used in _ESTIMATORS.items():
        yield RiskRow(f"　{name}の方法による推定", used, by(old, name), by(new, name))
