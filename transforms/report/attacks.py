"""What the report says of attacks, in the words of who answers for the release."""

from __future__ import annotations

from collections.abc import Sequence

from tokumei.schemas.attacks import (
    HabitProfile,
    Homogeneity,
    Inference,
    Intersection,
    KnownFacts,
    Linkage,
    Membership,
    Signature,
    SinglingOut,
)
from tokumei.schemas.report_attacks import AttackReport, SuccessRate, TargetsReport
from tokumei.transforms.attacks.classes import ClassAttack
from tokumei.transforms.attacks.joint import JointClasses
from tokumei.transforms.attacks.likeness import Recognized
from tokumei.transforms.attacks.scouting import Linked
from tokumei.transforms.attacks.singled import singling_columns
from tokumei.transforms.attacks.statistics import Estimate, wilson
from tokumei.transforms.attacks.verdict import Concluded, MeasuredAttack, Unique
from tokumei.transforms.pages.environment import day, number, percent
from tokumei.transforms.planning.plan import Plan, TablePlan

_TITLES = {
    "homogeneity": "同質性攻撃",
    "inference": "属性推定",
    "linkage": "照合",
    "singling_out": "一人だけを指す条件",
    "membership": "ファイルにいることの推定",
    "intersection": "前の公表との突合",
    "habit_profile": "行動の傾向による特定",
    "signature": "明細の突合",
    "known_facts": "履歴による特定",
    "downcoding": "加工方法からの逆算",
}
_NOBODY = "公表するデータを見ない者（誰にも行き当たらない）"
_CONTROLS = {
    "homogeneity": "値を人の間で無作為に入れ替えても、同じようになる分",
    "inference": "値を人の間で無作為に入れ替えても、同じように当たる分",
    "linkage": "別の人について知っていることで、その人のレコードを探したとき",
    "singling_out": _NOBODY,
    "membership": "母集団から無作為に選んだとき",
    "intersection": "前の公表だけを持つ者（k人より少なくは絞れない）",
    "habit_profile": "別の人の傾向によって、その人の履歴を探したとき",
    "signature": "別の人の明細によって、その人の履歴を探したとき",
    "known_facts": _NOBODY,
    "downcoding": "公表するデータを見ない者（何も逆算できない）",
}


def explain_attacks(plan: Plan, measured: Sequence[MeasuredAttack]) -> tuple[AttackReport, ...]:
    """Return one report an attack: those that the policy declares in its order, then the others."""
    return tuple(_explain(plan.tables[m.table], m) for m in measured)


def _explain(table: TablePlan, measured: MeasuredAttack) -> AttackReport:
    attack = measured.attack
    learns = attack.learns if isinstance(attack, Homogeneity | Inference) else None
    return AttackReport(
        attack=attack.attack,
        rarest=isinstance(attack, Linkage) and attack.people == "rarest",
        table=table.name,
        table_title=table.table.title or table.name,
        title=_TITLES[attack.attack],
        sentence=_sentence(table, measured),
        knows=tuple(_title(table, name) for name in _known(table, measured)),
        learns=None if learns is None else _title(table, learns),
        counted=measured.success.error == 0,
        people=measured.people,
        success=_rate(measured.success),
        control=_rate(measured.control),
        control_meaning=_CONTROLS[attack.attack],
        advantage=_rate(measured.advantage),
        chance=measured.chance,
        untreated=measured.untreated,
        targets=_targets(measured),
        declared=measured.declared,
        at_most=None if measured.declared is None else attack.at_most,
    )


def _known(table: TablePlan, measured: MeasuredAttack) -> tuple[str, ...]:
    """Return the columns that are known; none where facts are, which may be of several tables."""
    attack = measured.attack
    if isinstance(attack, Linkage | HabitProfile | Signature):
        return attack.knows
    if isinstance(attack, SinglingOut):
        return singling_columns(table, attack)
    return () if isinstance(attack, KnownFacts) else table.quasi_identifiers


def _title(table: TablePlan, name: str) -> str:
    return table.table.columns[name].title or name


def _rate(estimate: Estimate) -> SuccessRate:
    return SuccessRate(rate=estimate.share, low=estimate.low, high=estimate.high)


def _targets(measured: MeasuredAttack) -> TargetsReport | None:
    found, attack = measured.found, measured.attack
    if isinstance(found, Unique) and isinstance(attack, KnownFacts):
        # Each is held out in turn: who then fits alone is somebody else.
        named = round(found.known[attack.facts - 1].one_other * found.people)
        return TargetsReport(
            drawn=found.people, left_out=0, of_all=_rate(measured.success), absent=found.people, named=named
        )
    if not isinstance(found, Linked | Recognized):
        return None
    left_out = found.left_out if isinstance(found, Linked) else 0  # who has no lines cannot be drawn by them
    drawn = found.people + left_out
    return TargetsReport(
        drawn=drawn,
        left_out=left_out,
        of_all=_rate(wilson(found.found, drawn)),
        absent=found.absent,
        named=found.named,
    )


def _sentence(table: TablePlan, measured: MeasuredAttack) -> str:
    """Return who could do what, and how often it succeeded."""
    attack, found, share = measured.attack, measured.found, percent(measured.success.share)
    told, people = "", f"{number(measured.people)}人のうち{share}"
    if measured.success.error:
        people += f"（95%の信頼区間の上限は{percent(measured.success.high)}）"
    if isinstance(attack, Homogeneity | Inference) and isinstance(found, ClassAttack):
        told = _of_classes(attack, found, f"「{_title(table, attack.learns)}」", people)
    elif isinstance(attack, Linkage):
        known = "、".join(f"「{_title(table, name)}」" for name in attack.knows)
        rarest = "、その組合せが最も珍しい2%に入る人" if attack.people == "rarest" else "人"
        told = (
            f"{known}を知っている{rarest}について、それに最もよく合うレコードを本人のものとみる者は、"
            f"探した{people}について、正しいレコードに行き当たった。"
        )
    elif isinstance(attack, SinglingOut):
        told = (
            f"公表する値のうち{attack.columns}つまでを知る者は、公表する{people}について、"
            "その値の組合せをもつのがその人だけであると分かる。"
        )
    elif isinstance(attack, Membership):
        told = (
            "母集団の名簿を持ち、公表するデータのグループの人数と見比べる者が、公表する人数と同じだけの人を"
            f"「ファイルにいる」と名指しすると、{people}が当たる。"
        )
    elif isinstance(attack, Intersection) and isinstance(found, JointClasses):
        told = (
            f"前に公表したデータも持つ者は、両方に載る{people}を、k人より少ない人数に絞り込むことができた"
            f"（{number(found.alone)}人は、その人だけになる）。"
        )
        if attack.learns is not None:
            told += (
                f"また、{number(found.told)}人については、両方のグループにある"
                f"「{_title(table, attack.learns)}」の値が1つしかない。"
            )
    elif isinstance(attack, Signature):
        known = "、".join(f"「{_title(table, name)}」" for name in attack.knows)
        told = (
            f"ある人の明細の{known}をすべて知る者が、明細の最もよく一致する履歴を本人のものとみると、"
            f"探した{people}について、その人の仮ID をすべて正しく言い当てた。"
        )
    elif isinstance(attack, HabitProfile) and isinstance(found, Recognized):
        known = "、".join(f"「{_title(table, name)}」" for name in attack.knows)
        told = (
            f"{day(attack.since)}より前の{known}を知る者が、それ以後の履歴のうち最も似たものを本人のものとみると、"
            f"探した{people}について、正しい履歴に行き当たった（上位10件までに入ったのは{number(found.among_ten)}人）。"
        )
    elif isinstance(found, Concluded):
        told = (
            f"加工の方法を知る者は、より細かく公表されなかった理由を逆算し、公表する{people}について、"
            f"公表した区分より狭く値を絞り込むことができた（{number(found.to_one)}人は、1つの値まで）。"
        )
    elif isinstance(attack, KnownFacts):
        told = (
            f"ある人についての事実を{attack.facts}つ知る者は、無作為に選んだ{people}について、"
            "そのすべてに当てはまる人がほかにいないため、その人の履歴を見つけることができた。"
        )
    return told


def _of_classes(attack: Homogeneity | Inference, found: ClassAttack, learnt: str, people: str) -> str:
    classes = f"準識別子からその人のグループを見つけた者は、{people}の人について、"
    if isinstance(attack, Homogeneity):
        return f"{classes}グループの全員の{learnt}が同じであるため、その値を知ることができた。"
    return (
        f"{classes}グループで最も多い{learnt}を答えて当てた"
        f"（本人を除いて数えたグループから答えれば、{percent(found.held_out)}）。"
    )
