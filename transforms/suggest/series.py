"""Columns of one series, which one title settles: PAY_AMT1 to PAY_AMT6, Q1A to Q12A."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from tokumei.transforms.suggest.proposals import Keys
from tokumei.transforms.suggest.words import said_by

_NUMBERED = re.compile(r"(.*[^0-9])([0-9]{1,4})([^0-9]{0,8})")


class Series(NamedTuple):
    """Columns that are called the same but for a number, and treated in the same way.

    Attributes:
        names: in the order of the table; of these the first without a title is asked about.
    """

    names: tuple[str, ...]

    def titles(self, said: str) -> Mapping[str, str]:
        """Return the title of each column, of what was said of all."""
        return {name: f"{said}{_number(name)}" for name in self.names}


def series_of(fates: Mapping[str, Keys]) -> list[Series]:
    """Return the series among the columns of a table of which no title is told by the name.

    Args:
        fates: what becomes of each column.
    """
    found: dict[tuple[object, ...], list[str]] = {}
    for name, fate in fates.items():
        called = _NUMBERED.fullmatch(name)
        steps = fate.get("treat")
        if called is None or not steps or said_by(name).title is not None:
            continue
        methods = tuple((step["criterion"], step["method"]) for step in steps)
        found.setdefault((called[1], called[3], fate.get("type"), methods), []).append(name)
    return [Series(tuple(names)) for names in found.values() if len(names) > 1]


def _number(name: str) -> str:
    called = _NUMBERED.fullmatch(name)
    return "" if called is None else called[2]
