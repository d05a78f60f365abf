"""What nobody declared, in the words officers read: one line a finding, and what can be done."""

from __future__ import annotations

from collections.abc import Mapping

from tokumei.schemas.exposure import CountedHow, ExposureKind
from tokumei.schemas.report_exposure import ExposureReport, Exposures, ScopeReport
from tokumei.transforms.exposure.judge import Finding
from tokumei.transforms.exposure.scope import exposure_scope
from tokumei.transforms.exposure.verdict import accepted, is_refused
from tokumei.transforms.planning.plan import Plan, TablePlan
from tokumei.transforms.release.exposed import exposures
from tokumei.transforms.release.written import Written

_SENTENCES: dict[ExposureKind, str] = {
    "links": "{names}の値で、{whom}が{k}人未満に絞られる{alone}。この値は、ほかのデータや次回の公開分と"
    "つなぎ合わせる符号として働く。",
    "labels": "{names}の{of_labels:,.0f}種類の値のうち{labels:,.0f}種類は、{k}人未満の人しか持たない。"
    "{whom}が当たる{alone}。",
    "blanks": "{names}が空欄の人は{people:,}人しかいない。空欄であること自体が、その人を指す。",
    "sets": "{names}を合わせると、{whom}が{k}人未満に絞られる{alone}。{more}",
    "restored": "「{first}」の値から「{last}」の値が分かる（一つの値に対し平均{values:.1f}通り）。"
    "「{first}」は準識別子でないため、「{last}」を粗くした効果が失われる。",
    "pseudonyms": "{names}の仮IDは{labels:,.0f}種類しかなく、一つを多くの人が持つ。人数の多い順から、"
    "元の値を推し量れる。",
    "homogeneous": "準識別子が同じグループのうち{about}{classes:,.0f}個では、「{last}」が全員同じである。"
    "{whom}は、グループが分かれば「{last}」も分かる。",
    "perturbed": "{names}は、値のずれが小さい（中央値で、値の散らばりの{step:.2%}）。元の値を知る者は、"
    "{recognized:.0%}の値について、最も近い元の値をたどれば誰の値か分かる。",
    "persons": "本人として数えた{whom}は、{names}が他の人と全て同じである。本人を示す項目が、人ではなく"
    "受診や取引の番号である疑いがある。",
}
_TOLD = (
    "「{last}」を粗くしても、「{first}」の値から、元の値の見当がつく（分からなかったことの{told:.0%}が分かる）。"
    "「{first}」は準識別子でないため、「{last}」を粗くした効果が失われる。"
)
_ABOUT: dict[CountedHow, str] = {"exactly": "", "about": "およそ", "at_least": "少なくとも"}
_ADVICE: dict[ExposureKind, str] = {
    "links": "不要なら削除する。要るなら、丸めるか、準識別子とする（五号）。",
    "labels": "少数の区分をまとめる（四号）か、準識別子とする（五号）。",
    "blanks": "空欄ではなくまとめの区分にする（action: group）か、まとめる人数を増やす。",
    "sets": "これらの項目を準識別子とする（五号）か、組合せ（combinations）を宣言する。",
    "restored": "手掛かりとなる項目を削除するか、同じ粗さにそろえる。",
    "pseudonyms": "仮IDは符号のためのもの。区分の項目は、一般化するか、そのまま公開してよいかを検討する。",
    "homogeneous": "機微な項目に条件を付ける（protect: l-多様性など）。",
    "perturbed": "値の散らばりに見合う大きさ（scale、within）にする。",
    "persons": "本人の番号の項目を person に指定し、rows_per_person: several とする。",
}


def explain_exposures(plan: Plan, written: Written, people: Mapping[str, int]) -> Exposures:
    """Return what is told of all tables.

    Args:
        plan: the run.
        written: what was written.
        people: released people by table, where they were counted one by one.
    """
    found = [
        _told(table, finding)
        for name, table in plan.tables.items()
        for finding in exposures(table, written[name], people.get(name, written[name].tally.records_out))
    ]
    return Exposures(findings=tuple(found), scope=tuple(_scope(table) for table in plan.tables.values()))


def _scope(table: TablePlan) -> ScopeReport:
    scope = exposure_scope(table)
    return ScopeReport(
        table=table.name,
        title=table.table.title or table.name,
        columns=tuple(_title(table, name) for name in scope.watched),
        sets=len(scope.sets),
        of_sets=scope.of_sets,
    )


def _title(table: TablePlan, name: str) -> str:
    return table.table.columns[name].title or name


def _told(table: TablePlan, finding: Finding) -> ExposureReport:
    titles = tuple(_title(table, name) for name in finding.columns)
    return ExposureReport(
        table=table.name,
        kind=finding.kind,
        columns=finding.columns,
        titles=titles,
        people=finding.people,
        of_people=finding.of,
        alone=finding.alone,
        counted=finding.counted,
        refused=is_refused(table, finding),
        because=accepted(table, finding),
        sentence=_sentence(table, finding, titles),
        advice=_ADVICE[finding.kind],
    )


def _sentence(table: TablePlan, finding: Finding, titles: tuple[str, ...]) -> str:
    about, figures = _ABOUT[finding.counted], finding.figures
    more = int(figures.get("sets", 1)) - 1
    sentence = _TOLD if "told" in figures else _SENTENCES[finding.kind]
    return sentence.format(
        k=table.k,
        names="".join(f"「{title}」" for title in titles),
        first=titles[0],
        last=titles[-1],
        whom=f"{finding.of:,}人のうち{about}{finding.people:,}人",
        alone=f"（うち{about}{finding.alone:,}人は、同じ値の人がほかにいない）" if finding.alone else "",
        people=finding.people,
        about=about,
        more=f"このほか{more:,}通りの項目の組でも、{table.k}人未満に絞られる人がいる。" if more else "",
        **figures,
    )
