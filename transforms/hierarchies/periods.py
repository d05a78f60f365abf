"""Dates, months and years to coarser periods; a text that is none keeps to itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from tokumei.schemas.hierarchies import DateHierarchy
from tokumei.transforms.hierarchies.steps import Between, Step

_YEAR = re.compile(r"\d{4}(-|\Z)")
_MONTH = re.compile(r"\d{4}-\d{2}")
_TITLES = {"year_month": "年月", "quarter": "四半期", "year": "年", "decade": "10年ごと"}
_LABELS: dict[str, Callable[[str], str]] = {
    "year_month": lambda v: v[:7] if _MONTH.match(v) else v,
    "quarter": lambda v: f"{v[:4]}年第{(int(v[5:7]) + 2) // 3}四半期" if _MONTH.match(v) else v,
    "year": lambda v: v[:4] if _YEAR.match(v) else v,
    "decade": lambda v: f"{v[:3]}0年代" if _YEAR.match(v) else v,
}


def period_steps(spec: DateHierarchy, values: Sequence[str | None], between: Between) -> list[Step]:
    """Return one step a declared level."""
    return [(_TITLES[level], _LABELS[level]) for level in spec.levels]
