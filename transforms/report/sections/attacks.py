"""攻撃による評価: who could do what, how often it succeeded, and how often it would have anyway."""

from __future__ import annotations

from typing import NamedTuple

from tokumei.schemas.report import Report
from tokumei.schemas.report_attacks import AttackReport, SuccessRate
from tokumei.transforms.pages.environment import percent

NOTHING = "方針に攻撃の定めがなく、要配慮個人情報とした項目とグループのどちらかがないため、行っていない。"


_UNTREATED = {
    "linkage": "加工する前のファイルに対して、同じ攻撃をしたとき",
    "membership": "一般化する前のファイルに対して、同じ攻撃をしたとき",
    "habit_profile": "加工する前のファイルに対して、同じ攻撃をしたとき",
    "signature": "加工する前のファイルに対して、同じ攻撃をしたとき",
    "known_facts": "履歴の加工をする前のファイルに対して、同じ攻撃をしたとき",
}


class RateBar(NamedTuple):
    """One share on the scale from 0 to 100 %, in percent of its length.

    ``low`` and ``high`` are the ends of the interval; equal where everybody was counted.
    """

    caption: str
    said: str
    kind: str
    width: float
    low: float
    high: float


class AttackView(NamedTuple):
    """One attack; ``light`` is 達成 or 未達成 where the policy asks something of it, else empty."""

    attack: AttackReport
    bars: tuple[RateBar, ...]
    gained: str
    light: str
    limit: float | None


def view(report: Report) -> tuple[AttackView, ...]:
    """Return what the template prints: what the policy asks about first."""
    return tuple(map(_attack, report.attacks))


def _attack(attack: AttackReport) -> AttackView:
    bars = [
        _bar("この攻撃が当たった割合", "success", attack.success),
        _bar(attack.control_meaning, "control", attack.control),
    ]
    if attack.attack == "inference":
        bars.append(_bar("ファイル全体で最も多い値をいつも答えたとき", "chance", _fixed(attack.chance)))
    if attack.attack == "singling_out":
        bars.append(
            _bar("データを見ずに作った条件が、ちょうど一人を指す見込み", "chance", _fixed(attack.chance))
        )
    if attack.untreated is not None:
        bars.append(_bar(_UNTREATED[attack.attack], "chance", _fixed(attack.untreated)))
    light = ""
    if attack.at_most is not None:
        light = "上限以下" if attack.advantage.high <= attack.at_most else "上限超過"
    gained, most = percent(max(0.0, attack.advantage.rate)), percent(attack.advantage.high)
    if not attack.counted or gained != most:  # of what is counted the control may be drawn
        gained = f"{gained}（上限 {most}）"
    return AttackView(attack, tuple(bars), gained, light, attack.at_most)


def _fixed(share: float) -> SuccessRate:
    return SuccessRate(rate=share, low=share, high=share)


def _bar(caption: str, kind: str, share: SuccessRate) -> RateBar:
    said = percent(share.rate)
    if share.low < share.high:
        said = f"{said}（{percent(share.low)}〜{percent(share.high)}）"
    return RateBar(caption, said, kind, *(round(100 * x, 1) for x in (share.rate, share.low, share.high)))
