"""The sections of report.html in their order.

A section is a line here, a template, and a module that prepares what the template prints; where that is the
report as it is, it has no module.
"""

from __future__ import annotations

from tokumei.schemas.report import Report
from tokumei.transforms.report.sections import (
    attacks,
    classes,
    criteria,
    earlier,
    exposure,
    histories,
    joined,
    pictures,
    recoding,
    redaction,
    rehearsal,
    rejects,
    risk,
    summary,
    totals,
    unneeded,
)
from tokumei.transforms.report.sections.base import Section, cards_of


def sections_of(report: Report) -> list[Section]:
    """Return the sections of a report's page: those that have something to say."""
    return [one for one in SECTIONS if one.shown(report) and not _empty(one, report)]


def _absent(report: Report) -> tuple[Section, ...]:
    """Return the sections that the page has not, since nothing of their kind was done."""
    return tuple(section for section in SECTIONS if _empty(section, report))


def _empty(section: Section, report: Report) -> bool:
    return bool(section.nothing) and not section.view(report)


SECTIONS = (
    Section("rehearsal", "予行", shown=rehearsal.is_rehearsal),
    Section("summary", "要約", summary.view),
    Section("items", "項目の一覧", cards_of),
    Section("criteria", "五つの基準", criteria.view, criteria.BELOW),
    Section("redaction", "自由記述の置換え", redaction.view, nothing=redaction.NOTHING),
    Section("totals", "本人ごとの合計", totals.view, nothing=totals.NOTHING),
    Section("recoding", "組合せの一般化", recoding.view),
    Section("classes", "加工後のグループの例", classes.view, nothing=classes.NOTHING),
    Section("joined", "表の結合", joined.view, nothing=joined.NOTHING),
    Section("histories", "履歴", histories.view, nothing=histories.NOTHING),
    Section("risk", "測定した値", risk.view),
    Section("exposure", "宣言のない危険", exposure.view),
    Section("attacks", "攻撃による評価", attacks.view, nothing=attacks.NOTHING),
    Section("earlier", "これまでの公表との比較", earlier.view, nothing=earlier.NOTHING),
    Section("pictures", "項目ごとの加工前と加工後", pictures.view),
    Section("unneeded", "不要な項目・そのままの項目", unneeded.view),
    Section("rejects", "読み取れなかったレコード", rejects.view),
    Section("leaks", "漏えい検査"),
    Section("secrets", "鍵の扱いと並び順"),
    Section("absent", "該当のない事項", _absent, shown=lambda report: bool(_absent(report))),
    Section("limits", "測定していないこと", risk.compared_with_population),
    Section("glossary", "用語"),
    Section("record", "記録"),
)
