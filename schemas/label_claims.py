"""What a label says of the numbers it stands for: 「90歳以上」 is not true of values from 60 on."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

from tokumei.schemas.strict import broken

_UNITS = {"": 1, "千": 10**3, "万": 10**4, "百万": 10**6, "億": 10**8}
# A number, its unit (万円, 歳, m2) and what is said of it; digits of a unit are no number.
_CLAIM = re.compile(
    r"(?<![A-Za-z0-9.,])([0-9][0-9,]*(?:\.[0-9]+)?)\s*(百万|千|万|億)?(?:[^0-9以超未]{0,6}?[23]?)"
    r"(代)?(以上|超|以下|未満)"
)


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
    that say nothing of the kind are true of any range; numbers written in kanji are not read.

    Args:
        label: the text.
        lower: the least number that it stands for; None for no bound.
        upper: the bound above; None for none.
        upper_included: whether the bound itself is among them.
    """
    text = unicodedata.normalize("NFKC", label)
    bounds = (lower, upper)
    for number, unit, decade, word in _CLAIM.findall(text):
        said = Decimal(number.replace(",", ""))
        scaled = {said, said * _UNITS[unit]}
        if not any(_holds(n, bool(decade), word, bounds, upper_included) for n in scaled):
            return False
    return True


def _holds(
    said: Decimal, decade: bool, word: str, bounds: tuple[float | None, float | None], included: bool
) -> bool:
    lower, upper = (None if bound is None else Decimal(str(bound)) for bound in bounds)
    if word == "以上":
        return lower is not None and said <= lower
    if word == "超":
        return lower is not None and said < lower
    reach = said + 10 if decade else said  # 20歳代以下 is below 30
    if upper is None:
        return False
    if word == "未満":
        return reach > upper if included else reach >= upper
    return reach >= upper if included or decade else reach + 1 >= upper
