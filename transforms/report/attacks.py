"""What the report says of attacks, in the words of who answers for the release."""

from __future__ import annotations

from collections.abc import Sequence

from tokumei.schemas.attacks import Homogeneity, Linkage
from tokumei.schemas.report_attacks import AttackReport, SuccessRate, TargetsReport
from tokumei.transforms.attacks.scouting import Linked
from tokumei.transforms.attacks.statistics import Estimate, wilson
from tokumei.transforms.attacks.verdict import MeasuredAttack
from tokumei.transforms.pages.environment import number, percent
from tokumei.transforms.planning.plan import Plan, TablePlan

_TITLES = {
    "homogeneity": "同質性攻撃",
    "inference": "属性推定",
    "linkage": "照合（最もよく合うレコードを本人のものとみる）",
}
_CONTROLS = {
    "homogeneity": "値が人の間で入れ替わっていたとしても、同じ割合になる分",
    "inference": "その人を除いたグループから同じように推定したとき（その人がファイルにいなくても当たる分）",
    "linkage": "別の人について知っていることで、その人のレコードを探したとき",
}


def explain_attacks(plan: Plan, measured: Sequence[MeasuredAttack]) -> tuple[AttackReport, ...]:
    """Return one report an attack: those that the policy declares in its order, then the others."""
    return tuple(_explain(plan.tables[m.table], m) for m in measured)


def _explain(table: TablePlan, measured: MeasuredAttack) -> AttackReport:
    attack, found = measured.attack, measured.found
    known = attack.knows if isinstance(attack, Linkage) else table.quasi_identifiers
    learns = None if isinstance(attack, Linkage) else _title(table, attack.learns)
    return AttackReport(
        attack=attack.attack,
        rarest=isinstance(attack, Linkage) and attack.people == "rarest",
        table=table.name,
        table_title=table.table.title or table.name,
        title=_TITLES[attack.attack],
        sentence=_sentence(table, measured),
        knows=tuple(_title(table, name) for name in known),
        learns=learns,
        counted=not isinstance(found, Linked),
        people=measured.people,
        success=_rate(measured.success),
        control=_rate(measured.control),
        control_meaning=_CONTROLS[attack.attack],
        advantage=_rate(measured.advantage),
        chance=measured.chance,
        targets=_targets(found) if isinstance(found, Linked) else None,
        declared=measured.declared,
        at_most=None if measured.declared is None else attack.at_most,
    )


def _title(table: TablePlan, name: str) -> str:
    return table.table.columns[name].title or name


def _rate(estimate: Estimate) -> SuccessRate:
    return SuccessRate(rate=estimate.rate, low=estimate.low, high=estimate.high)


def _targets(found: Linked) -> TargetsReport:
    drawn = found.targets + found.left_out
    return TargetsReport(
        drawn=drawn,
        left_out=found.left_out,
        of_all=_rate(wilson(found.found, drawn)),
        untreated=found.unreleased / max(1, found.targets),
        absent=found.absent,
        named=found.named,
    )


def _sentence(table: TablePlan, measured: MeasuredAttack) -> str:
    """Return who could do what, and how often it succeeded."""
    attack, found = measured.attack, measured.found
    if isinstance(attack, Linkage) and isinstance(found, Linked):
        known = "、".join(f"「{_title(table, name)}」" for name in attack.knows)
        whom = f"{known}を知っている人" + (
            "（その組合せが最も珍しい2%の人）" if attack.people == "rarest" else ""
        )
        return (
            f"{whom}のレコードを探す者は、探した{number(found.targets)}人のうち{percent(measured.success.rate)}"
            f"（95%の信頼区間の上限は{percent(measured.success.high)}）について、正しいレコードに行き当たった。"
        )
    classes = "準識別子からその人のグループを見つけた者は、"
    people = f"{number(measured.people)}人のうち{percent(measured.success.rate)}の人について、"
    learnt = "" if isinstance(attack, Linkage) else f"「{_title(table, attack.learns)}」"
    if isinstance(attack, Homogeneity):
        return f"{classes}{people}グループの全員の{learnt}が同じであるため、その値を知ることができた。"
    return f"{classes}グループで最も多い{learnt}を答えれば、{people}当たった。"
