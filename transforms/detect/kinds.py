"""What a recognizer is, and the kinds that are known by how they look or by the word before them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import polars as pl


@dataclass(frozen=True)
class Kind:
    """A kind of personal content that a text holds, or does not: no check digit, hence no chance rate.

    Attributes:
        name, title: in messages, and in the report.
        pattern: how a shadow with it reads, for an engine that needs linear time. Where ``confirm`` is asked,
            its one group is what it is asked about.
        confirm: what the pattern cannot tell, of all that it found in a column at once.
    """

    name: str
    title: str
    pattern: str
    confirm: Callable[[Sequence[str]], Sequence[bool]] | None = None

    def holding(self, shadows: pl.Series) -> pl.Series:
        """Return which shadows hold one."""
        found = shadows.str.contains(self.pattern)
        if self.confirm is None or not found.any():
            return found
        rows = found.arg_true()
        parts = [(row, part) for row in rows for part in self._compiled.findall(shadows[row])]
        sure = {
            row for (row, _), held in zip(parts, self.confirm([p for _, p in parts]), strict=True) if held
        }
        return found.scatter(rows, [row in sure for row in rows])

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        return re.compile(self.pattern)
