"""五つの基準: what was done under each number of the rule (施行規則34条・62条), in its order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from tokumei.schemas.report import Report, StepReport, TableReport
from tokumei.transforms.pages.environment import numeral
from tokumei.transforms.report.sections.base import cards_of

# What each number asks for, in our words.
_PARAPHRASES = (
    (
        "特定の個人を識別することができる記述等",
        "氏名、住所、生年月日のように、それだけで、又は組み合わせることで特定の個人を識別することができる記述等の全部又は一部を削除する。"
        "規則性のない方法で、他の記述等に置き換えることを含む。",
    ),
    (
        "個人識別符号",
        "個人番号、旅券番号、運転免許証の番号など、法令が定める個人識別符号の全部を削除する。",
    ),
    (
        "情報を相互に連結する符号",
        "会員番号や管理番号のように、現に取り扱っている情報どうしを結び付けている符号を削除する。"
        "結び付けることのできない符号（仮ID）への置換えを含む。",
    ),
    (
        "特異な記述等",
        "社会一般から見てめずらしく、個人の識別につながり得る記述等を削除する。他の記述等への置換えを含む。",
    ),
    (
        "データベースの性質を踏まえた措置",
        "このファイルの中での他の人との差異など、データベースの性質を考えて適切な措置をとる。",
    ),
)
BELOW = tuple((f"c{n}", f"{numeral(n)}号　{title}") for n, (title, _) in enumerate(_PARAPHRASES, 1))
COUNTS = {
    "cells_changed": "値が変わったセル",
    "cells_blanked": "空欄にしたセル",
    "records_dropped": "除いたレコード",
    "listed_unmet": "一覧にあるが一度も現れなかった値",
    "combinations_1": "1項目で少数の値",
    "combinations_2": "2項目の組合せ",
    "combinations_3": "3項目の組合せ",
    "people_bounded": "記録を除いた人",
    "windows_dropped": "除いた期間（人と期間の組）",
    "receipts_dropped": "除いたレシート",
    "amount_dropped": "除いたレコードの合計（符号を除く）",
}
UNITS = {"people_bounded": "人", "amount_dropped": ""}


class Line(NamedTuple):
    """One step, as its criterion lists it: of one column, or (``anchor`` empty) of several."""

    table: TableReport
    anchor: str
    title: str
    step: StepReport
    counts: tuple[tuple[str, int, str], ...]


class CriterionLines(NamedTuple):
    """One number of the rule with the steps that serve it."""

    anchor: str
    number: int
    title: str
    text: str
    lines: tuple[Line, ...]


def view(report: Report) -> tuple[CriterionLines, ...]:
    """Return the five criteria."""
    lines = tuple(_lines(report))
    return tuple(
        CriterionLines(f"c{n}", n, title, text, tuple(line for line in lines if line.step.criterion == n))
        for n, (title, text) in enumerate(_PARAPHRASES, 1)
    )


def _lines(report: Report) -> Iterator[Line]:
    for table, cards in cards_of(report):
        for card in cards:
            for step in card.column.steps:
                yield Line(table, card.anchor, card.column.title, step, tuple(_counts(step)))
    for table in report.tables:
        for c in table.combinations:
            yield Line(table, "", f"{'・'.join(c.titles)}の組合せ", c.step, tuple(_counts(c.step)))
        for total in table.totals:
            yield Line(table, "", total.title, total.step, tuple(_counts(total.step)))


def _counts(step: StepReport) -> Iterator[tuple[str, int, str]]:
    for key, n in step.counts.items():
        unit = "通り" if key.startswith("combinations") else UNITS.get(key, "件")
        yield COUNTS.get(key, key), n, unit
