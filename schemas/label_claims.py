"""What a label says of the numbers it stands for: 「90歳以上」 is not true of values from 60 on."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

from tokumei.schemas.strict import broken

_UNITS = {"": 1, "千": 10**3, "万": 10**4, "百万": 10**6, "億": 10**8}
# A column may count in smaller units than its label: 1km以下 of metres, 1時間未満 of minutes, 5割以上
_MEASURES = {
    "%": ("0.01",),
    "割": ("0.1",),
    "km": ("1000",),
    "kg": ("1000",),
    "分": ("60",),
    "時間": ("60", "3600"),
    "日": ("24",),
    "週": ("7",),
    "年": ("12", "365"),
}
_CLAIM = re.compile(
    r"((?:(?<![0-9歳代円人])(?:[-\u2212△▲]|マイナス))?)([0-9][0-9,]*(?:\.[0-9]+)?)\s*(百万|千|万|億)?"
    r"(%|割|km|kg|分|時間|日|週|年)?[^0-9以超未]{0,6}?[23]?(代)?(以上|超|以下|未満)(?!以)"
)
_AREA = re.compile(r"(?<=[0-9])\s*([ckm]?m)[23](?![0-9])")  # ㎡: its 2 is no number of its own
_ASIDE = re.compile(r"\([^()]*\)")


def refuse_false_label(
    label: str, lower: float | None, upper: float | None, *, upper_included: bool = False, at: str = "label"
) -> None:
    """Check that a label is true of the numbers that it stands for; see `is_true_of`.

    Raises:
        PydanticCustomError: it is not.
    """
    if not is_true_of(label, lower, upper, upper_included=upper_included):
        raise broken(
            "treat.false_label",
            "the label says a bound (以上, 超, 以下, 未満) that does not hold for all its values",
            "correct the bound or the label: at: 90 goes with 90歳以上",
            [at],
        )


def is_true_of(label: str, lower: float | None, upper: float | None, *, upper_included: bool = False) -> bool:
    """Return whether what a label says by 以上, 超, 以下 or 未満 holds for every number of its range.

    A number with a unit (300万円) may be of the column's own unit or of single ones, whichever holds. Labels
    that say nothing of the kind are true of any range; numbers written in kanji are not read, nor what stands
    in brackets beside a claim. 0以上 is true of numbers without a bound below: none counts less.

    Args:
        label: the text.
        lower: the least number that it stands for; None for no bound.
        upper: the bound above; None for none.
        upper_included: whether the bound itself is among them.
    """
    text = _AREA.sub(r"\1", unicodedata.normalize("NFKC", label))
    bounds = (lower, upper)
    claims = _CLAIM.findall(_ASIDE.sub("", text)) or _CLAIM.findall(text)
    for sign, number, unit, measure, decade, word in claims:
        said = Decimal(number.replace(",", "")) * (-1 if sign else 1)
        scales = ("1", *_MEASURES.get(measure, ()))
        scaled = {said * n * Decimal(scale) for n in (1, _UNITS[unit]) for scale in scales}
        if not any(_holds(n, bool(decade), word, bounds, upper_included) for n in scaled):
            return False
    return True


def _holds(
    said: Decimal, decade: bool, word: str, bounds: tuple[float | None, float | None], included: bool
) -> bool:
    lower, upper = (None if bound is None else Decimal(str(bound)) for bound in bounds)
    if word == "以上":
        return said == 0 if lower is None else said <= lower
    if word == "超":
        return lower is not None and said < lower
    reach = said + 10 if decade else said  # 20歳代以下 is below 30
    if upper is None:
        return False
    if word == "未満":
        return reach > upper if included else reach >= upper
    return reach >= upper if included or decade else reach + 1 >= upper
