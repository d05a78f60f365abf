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
        equal: of the chance matches, numbers that are the record's whole cell.
        expected: how many there would be by chance: of ``equal``, if the columns had nothing to do with one
            another; of ``chance``, if check digits were dealt at random.
    """

    compared: int
    chance: int
    sure: int
    equal: int = 0
    expected: float = 0.0

    def __add__(self, other: Found) -> Found:  # type: ignore[override]
        """Add up counts of the same search."""
        return Found(
            self.compared + other.compared,
            self.chance + other.chance,
            self.sure + other.sure,
            self.equal + other.equal,
            self.expected + other.expected,
        )


class LeakSearch(NamedTuple):
    """One search: what was looked for, and in which released column.

    Attributes:
        kind: ``own`` (the record's own value of a source column), ``form`` (the same in another form),
            ``part`` (a part or short form of it, as whole cells), ``called`` (one of their names, addressed)
            and ``last`` (the last four digits of their number) inside texts, ``other`` (another record's),
            ``theirs`` (of the same person in another table; ``of`` is empty), ``name`` and ``likely`` (of
            anybody in the files, inside a sentence, and probably so; ``of`` is empty), ``code`` (the code of
            anybody in the files; ``of`` is empty), ``address`` and ``born`` (their addresses, their birth
            dates), ``person`` and ``home`` (full names and addresses of anybody; ``of`` is empty), ``number``
            (of a format), or ``source`` (a column whose source values are of a format). Of columns by their
            names: ``kept`` (values released as they were), ``named`` (values that look as the name says,
            where a reason says that they are something else).
        column: the released column.
        of: the source column, the name of the format, or what the column's name says.
        beside: the columns that make it together with ``column``.
    """

    kind: str
    column: str
    of: str
    beside: tuple[str, ...] = ()


Leaks = Mapping[LeakSearch, Found]


def add_leaks(parts: Iterable[Leaks]) -> dict[LeakSearch, Found]:
    """Add up what was found in any batches."""
    total: dict[LeakSearch, Found] = {}
    for part in parts:
        for search, found in part.items():
            total[search] = total[search] + found if search in total else found
    return total
