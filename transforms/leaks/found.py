"""What a search counted in one released column; adds up over batches and never holds a value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple


class Found(NamedTuple):
    """Counts of one search.

    Attributes:
        compared: cells, or distinct numbers, that could match.
        chance: of these, matches of a kind that also happens by chance.
        sure: matches that do not.
    """

    compared: int
    chance: int
    sure: int

    def __add__(self, other: Found) -> Found:  # type: ignore[override]
        """Add up counts of the same search."""
        return Found(*(a + b for a, b in zip(self, other, strict=True)))


class Search(NamedTuple):
    """One search: what was looked for, and in which released column.

    Attributes:
        kind: ``own`` (the record's own value of a source column), ``other`` (another record's) or
            ``number`` (of a format).
        column: the released column.
        of: the source column, or the name of the format.
    """

    kind: str
    column: str
    of: str


Leaks = Mapping[Search, Found]


def add_leaks(parts: Iterable[Leaks]) -> dict[Search, Found]:
    """Add up what was found in any batches."""
    total: dict[Search, Found] = {}
    for part in parts:
        for search, found in part.items():
            total[search] = total[search] + found if search in total else found
    return total
