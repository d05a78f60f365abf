"""Which law a day falls under (制度), and the article of that law for a step of the register's life.

Articles are named by today's number (個人情報の保護に関する法律, since 2023-04-01). From 2022-04-01 the same
articles stood two numbers lower; before, State organs followed 行政機関の保有する個人情報の保護に関する法律.
"""

from __future__ import annotations

import datetime as dt
from typing import Literal

PublicRegime = Literal["public_2017", "public_2022", "public"]
_SINCE_2022 = dt.date(2022, 4, 1)
_SINCE_TODAY = dt.date(2023, 4, 1)
_IN_2017 = {
    "60": "2条",
    "66": "6条",
    "75": "11条",
    "109": "44条の2",
    "110": "44条の3",
    "111": "44条の4",
    "112": "44条の5",
    "113": "44条の6",
    "114": "44条の7",
    "115": "44条の9",
    "116": "44条の10",
    "117": "44条の11",
    "118": "44条の12",
    "119": "44条の13",
    "120": "44条の14",
    "121": "44条の15",
    "127": "51条の2",
    "128": "51条の3",
    "169": "51条の2",
}
_SAME_SINCE_2022 = {"60", "66", "75"}


def regime_of(day: dt.date) -> PublicRegime:
    """Return the regime that a day falls under; a day before the first one falls under that of 2017."""
    if day < _SINCE_2022:
        return "public_2017"
    return "public_2022" if day < _SINCE_TODAY else "public"


def cited(article: str, regime: PublicRegime) -> str:
    """Return an article, named by today's number (``112``), as documents of a regime cite it (``法第112条``).

    What stands in no act of that regime (``44条の8`` today) is cited as it is named; no article, as none.
    """
    if article.isdigit():
        if regime == "public_2017":
            article = _IN_2017[article]
        elif regime == "public_2022" and article not in _SAME_SINCE_2022:
            article = f"{int(article) - 2}条"  # 127, 128 and 169 too, by inference
        else:
            article = f"{article}条"
    return f"法第{article}" if article else ""


def fiscal_year(day: dt.date) -> int:
    """Return the fiscal year (会計年度) of a day, which begins on 1 April."""
    return day.year if day.month >= 4 else day.year - 1
