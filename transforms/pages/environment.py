"""The jinja2 environments of the documents: whatever a template prints is escaped without being asked.

Column titles and labels come from policies and data and may hold anything, markup included.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from tokumei.schemas.japan_time import JST

if TYPE_CHECKING:
    from jinja2 import Environment

_LARGE = {10**12: "兆", 10**8: "億", 10**4: "万"}
_MARKDOWN = re.compile(r"([\\`*_\[\]{}#|~!&$])")


@cache
def html() -> Environment:
    """Return the environment of the pages; everything is HTML-escaped."""
    return _environment(autoescape=True)


@cache
def markdown() -> Environment:
    """Return the environment of notices; everything is escaped for Markdown and kept on one line."""
    return _environment(autoescape=False, finalize=_as_plain_markdown)


def _environment(autoescape: bool, finalize: Callable[[object], object] | None = None) -> Environment:
    # Imported where a page is made: a job reads records long before, and other commands make none.
    from jinja2 import Environment, PackageLoader, StrictUndefined

    from tokumei.transforms.pages.compiled import Compiled

    environment = Environment(
        loader=PackageLoader("tokumei.transforms.pages"),
        autoescape=autoescape,  # noqa: S701  (off for Markdown only, which `finalize` escapes)
        finalize=finalize,
        undefined=StrictUndefined,
        optimized=False,  # a template is rendered once a process: that takes longer than it gains
        bytecode_cache=Compiled(Path(__file__)),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(num=number, pct=percent, numeral=numeral, day=day, moment=moment, days=days)
    return environment


def _as_plain_markdown(value: object) -> object:
    escaped = _MARKDOWN.sub(r"\\\1", " ".join(str(value).split()))
    return escaped.replace("<", "&lt;").replace(">", "&gt;")


def number(value: int) -> str:
    """Write a number with separators: 21,971."""
    return f"{value:,}"


def large(value: float) -> str:
    """Write a number from 10万 on in four digits and 万, 億 or 兆: 約3,010万."""
    size = next((s for s in _LARGE if value >= max(s, 10**5)), 1)
    digits = max(0, 3 - math.floor(math.log10(value / size))) if value else 0
    return f"約{value / size:,.{digits}f}{_LARGE[size]}" if size > 1 else f"{value:,.0f}"


def percent(share: float) -> str:
    """Write a share as a percentage that is never rounded to a false 0 or 100."""
    if 0 < share < 0.001:
        return "0.1%未満"
    if 0.999 < share < 1:
        return "99.9%超"
    return f"{share:.1%}"


def numeral(number: int) -> str:
    """Write the number of a criterion as the rule does: 一 to 五."""
    return "一二三四五"[number - 1]


def day(value: dt.date) -> str:
    """Write a day: 2026年4月1日."""
    return f"{value.year}年{value.month}月{value.day}日"


def days(number: float) -> str:
    """Write a number of days: 12日, 12.5日."""
    return f"{number:,g}日"


def moment(stamp: str) -> str:
    """Write an ISO 8601 moment with offset as Japanese wall-clock time."""
    local = dt.datetime.fromisoformat(stamp).astimezone(JST)
    return f"{day(local)} {local.hour}時{local.minute:02d}分"
