"""Times, dates, months and years to coarser periods; a text that is none keeps to itself."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Sequence

from tokumei.schemas.hierarchies import DateHierarchy
from tokumei.transforms.hierarchies.steps import Between, Coarser

_YEAR = re.compile(r"\d{4}(-|\Z)")
_MONTH = re.compile(r"\d{4}-\d{2}")
_DAY = re.compile(r"(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])(?!\d)")
_HOUR = re.compile(rf"{_DAY.pattern} \d{{2}}:")
_TITLES = {
    "hour": "1時間",
    "day": "日",
    "week": "月の中の週（1・8・15・22日から）",
    "year_month": "年月",
    "quarter": "四半期",
    "year": "年",
    "decade": "10年ごと",
}


def _week(value: str) -> str:
    """Return the quarter of the month that a day lies in, so that weeks nest in months."""
    if not (found := _DAY.match(value)):
        return value
    year, month, day = map(int, found.groups())
    first = min((day - 1) // 7, 3) * 7 + 1
    last = first + 6 if first < 22 else monthrange(year, month)[1]
    return f"{value[:8]}{first:02}～{last:02}"


# The longer a period, the fewer first characters of a value tell it: so levels nest.
_LABELS: dict[str, Callable[[str], str]] = {
    "hour": lambda v: f"{v[:13]}時台" if _HOUR.match(v) else v,
    "day": lambda v: v[:10] if _DAY.match(v) else v,
    "week": _week,
    "year_month": lambda v: v[:7] if _MONTH.match(v) else v,
    "quarter": lambda v: f"{v[:4]}年第{(int(v[5:7]) + 2) // 3}四半期" if _MONTH.match(v) else v,
    "year": lambda v: v[:4] if _YEAR.match(v) else v,
    "decade": lambda v: f"{v[:3]}0年代" if _YEAR.match(v) else v,
}


def period_steps(spec: DateHierarchy, values: Sequence[str | None], between: Between) -> list[Coarser]:
    """Return one step a declared level."""
    return [(_TITLES[level], _LABELS[level]) for level in spec.levels]
