"""The sections of report.html in their order.

A section is a line in `SECTIONS`, a template, and a module that prepares what the template prints; where that
is the report as it is, it has no module.
"""

from __future__ import annotations

from tokumei.transforms.report.sections.base import Section, cards_of
from tokumei.transforms.report.sections.criteria import BELOW, criteria
from tokumei.transforms.report.sections.pictures import pictures
from tokumei.transforms.report.sections.recoding import generalized
from tokumei.transforms.report.sections.rejects import rejects
from tokumei.transforms.report.sections.risk import compared_with_population, risk
from tokumei.transforms.report.sections.summary import summary
from tokumei.transforms.report.sections.unneeded import unneeded

SECTIONS = (
    Section("summary", "要約", summary),
    Section("items", "項目の一覧", cards_of),
    Section("criteria", "五つの基準", criteria, BELOW),
    Section("recoding", "組合せの一般化", generalized),
    Section("risk", "測定した値", risk),
    Section("pictures", "項目ごとの加工前と加工後", pictures),
    Section("unneeded", "不要な項目・そのままの項目", unneeded),
    Section("rejects", "読み取れなかったレコード", rejects),
    Section("leaks", "漏えい検査"),
    Section("secrets", "鍵の扱いと並び順"),
    Section("limits", "測定していないこと", compared_with_population),
    Section("glossary", "用語"),
    Section("record", "記録"),
)
