"""report.html, for the officer who answers for the release.

Bars are plain HTML and SVG, without a plotting library, so that text stays text (searchable, read aloud,
wrapped, escaped by the one template engine) and the page opens anywhere, without network, script or font.

The page states what was done and measured. It never concludes from it that the law is satisfied: neither
the law, 施行規則 34条・62条 nor the guideline sets any number.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

from tokumei.schemas.laws import LAWS
from tokumei.schemas.register import SMALL_FILE
from tokumei.schemas.report import (
    ColumnReport,
    PopulationUniqueness,
    Recoding,
    RejectCount,
    Report,
    Risk,
    SizeBar,
    StepReport,
    TableReport,
)
from tokumei.transforms.pages import html, number, percent
from tokumei.transforms.report.bars import Side, side_by_side
from tokumei.transforms.risk.population import SMALL_FRACTION

COUNTS = {
    "cells_changed": "値が変わったセル",
    "cells_blanked": "空欄にしたセル",
    "records_dropped": "除いたレコード",
    "combinations_1": "1項目で少数の値",
    "combinations_2": "2項目の組合せ",
    "combinations_3": "3項目の組合せ",
}
_SMALL = f"{10 * SMALL_FRACTION:g}割"
_ESTIMATORS = {
    "Pitman": f"ファイルの人数が母集団の{_SMALL}以下のときに採用する",
    "Zayatz": f"母集団の{_SMALL}を超え、SNBの方法による推定より小さいときに採用する。"
    "ほかの方法が当てはまらないときにも採用する",
    "SNB": f"母集団の{_SMALL}を超え、Zayatzの方法による推定より大きくないときに採用する",
}
REASONS = {
    "undecodable": "文字として読めない",
    "ragged": "項目の数が合わない",
    "json": "JSONとして読めない",
    "type": "宣言した型の値でない",
    "integer": "整数として読めない",
    "number": "数値として読めない",
    "date": "日付として読めない",
    "month": "年月として読めない",
    "datetime": "日時として読めない",
    "boolean": "真偽値として読めない",
}


class Card(NamedTuple):
    """A column with its pictures; ``fate`` says in a word what became of it."""

    anchor: str
    column: ColumnReport
    fate: str
    before: Side
    after: Side
    scales_differ: bool


class Work(NamedTuple):
    """One step, as a criterion's section lists it: of one column, or (``anchor`` empty) of several."""

    table: TableReport
    anchor: str
    title: str
    step: StepReport
    counts: tuple[tuple[str, int, str], ...]


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


class CostRow(NamedTuple):
    """One metric of what was lost; ``minimized`` where the search went by it."""

    caption: str
    meaning: str
    value: str
    minimized: bool
    show: Callable[[float], str]


class Chapter(NamedTuple):
    """What the page shows of one table."""

    table: TableReport
    cards: tuple[Card, ...]
    costs: tuple[CostRow, ...]
    gap: str
    sizes: tuple[SizeRow, ...]
    risks: tuple[RiskRow, ...]
    smallest: RiskRow | None
    capped: bool


def render_report(report: Report) -> str:
    """Return report.html: one self-contained page in Japanese, with the criteria in the order of the rule."""
    chapters = tuple(_chapter(i, table) for i, table in enumerate(report.tables, 1))
    columns = [card.column for chapter in chapters for card in chapter.cards]
    return (
        html()
        .get_template("report.html.j2")
        .render(
            report=report,
            small_file=SMALL_FILE,
            law=LAWS[report.regime],
            chapters=chapters,
            several=len(chapters) > 1,
            journalist=any(t.risk_after and t.risk_after.journalist for t in report.tables),
            rejects=tuple(_rejects(report)),
            works={n: _works(chapters, n) for n in range(1, 6)},
            columns=len(columns),
            released=sum(c.released for c in columns),
            fates={
                fate: sum(_fate(c) == fate for c in columns)
                for fate in ("加工", "削除", "不要のため削除", "そのまま")
            },
        )
    )


def _chapter(index: int, table: TableReport) -> Chapter:
    cards = tuple(_card(f"t{index}c{i}", column) for i, column in enumerate(table.columns, 1))
    before, after, recoding = table.risk_before, table.risk_after, table.recoding
    if before is None or after is None or recoding is None:
        return Chapter(table, cards, (), "", (), (), None, False)
    smallest = RiskRow(
        "最も小さいグループ",
        "最も人数の少ない組合せ",
        _smallest(before, recoding.k),
        _smallest(after, recoding.k),
    )
    risks = _risks(before, after, recoding.k, smallest)
    capped = before.capped or after.capped
    return Chapter(
        table, cards, _costs(recoding), _gap(recoding), _sizes(before, after), risks, smallest, capped
    )


_METRICS: dict[str, tuple[str, str, Callable[[float], str]]] = {
    "loss": (
        "損失",
        "各ラベルが元の値の何割を含むかを、項目にわたって平均した値（除いたレコードは全部）",
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
    "discernibility": (
        "識別度",
        "各レコードと区別のつかないレコードの数の合計（除いたレコードは全レコード数）",
        "{:,.0f}".format,
    ),
    "average_class_size": ("平均グループサイズ", "レコードの数 ÷ グループの数", "{:,.1f}".format),
}


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


def _rejects(report: Report) -> Iterator[RejectCount]:
    """Yield the rejects in words for officers; a record bad as a whole has no column."""
    titles = {table.name: (table.title, {c.name: c.title for c in table.columns}) for table in report.tables}
    for reject in report.rejects:
        table, columns = titles[reject.table]
        reason = REASONS.get(reject.reason, reject.reason)
        column = columns.get(reject.column, "レコード全体")
        yield reject.model_copy(update={"table": table, "column": column, "reason": reason})


def _fate(column: ColumnReport) -> str:
    if not column.released:
        return "不要のため削除" if column.because else "削除"
    return "加工" if column.steps else "そのまま"


def _card(anchor: str, column: ColumnReport) -> Card:
    return Card(anchor, column, _fate(column), *side_by_side(column.before, column.after))


def _works(chapters: tuple[Chapter, ...], criterion: int) -> tuple[Work, ...]:
    columns = (
        Work(chapter.table, card.anchor, card.column.title, step, tuple(_counts(step)))
        for chapter in chapters
        for card in chapter.cards
        for step in card.column.steps
    )
    combinations = (
        Work(chapter.table, "", f"{'・'.join(c.titles)}の組合せ", c.step, tuple(_counts(c.step)))
        for chapter in chapters
        for c in chapter.table.combinations
    )
    return tuple(work for work in (*columns, *combinations) if work.step.criterion == criterion)


def _counts(step: StepReport) -> Iterator[tuple[str, int, str]]:
    for key, n in step.counts.items():
        unit = "通り" if key.startswith("combinations") else "件"
        yield COUNTS.get(key, key), n, unit


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


def _smallest(risk: Risk, k: int) -> str:
    return f"{number(risk.smallest_class)}人{_or_more(risk, k, '以上')}" if risk.classes else "―"


def _or_more(risk: Risk, k: int, words: str) -> str:
    """Return ``words`` where the smallest class was counted as "k or more" only."""
    return words if risk.capped and risk.smallest_class >= k else ""


def _risks(before: Risk, after: Risk, k: int, smallest: RiskRow) -> tuple[RiskRow, ...]:
    def row(caption: str, meaning: str, show: Callable[[Risk], str]) -> RiskRow:
        return RiskRow(caption, meaning, show(before), show(after))

    def of_people(risk: Risk, n: int) -> str:
        if risk.capped or not risk.people:
            return f"{'延べ' * risk.capped}{number(n)}人"
        return f"{number(n)}人（{percent(n / risk.people)}）"

    def highest(risk: Risk) -> str:
        return f"{percent(risk.highest_risk)}{_or_more(risk, k, '以下')}" if risk.classes else "―"

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
            f"下限の k 人に満たないグループの人。当てられる割合が 1/{k} を超える",
            lambda r: of_people(r, r.people_below_k),
        ),
        smallest,
        row(
            "最大リスク（検察官リスク）",
            "ファイルに載っていると知っている人を探したとき、最も当てられやすい人が当てられる割合。"
            "1 ÷ 最も小さいグループの人数",
            highest,
        ),
        row(
            "平均リスク（マーケターリスク）",
            "全員を探したとき、平均して当てられる割合。グループの数 ÷ 本人の数",
            lambda r: percent(r.average_risk),
        ),
        *_journalists(before, after),
        *_uniqueness(before, after),
    )


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
