"""The tables of a declaration of facts as they are posed: groups of columns, their trees, and lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tokumei.transforms.counting.histogram import Codes, Ints, pack, unpack
from tokumei.transforms.counting.lookup import places_in
from tokumei.transforms.histories.lines import PackedLines, PeopleLines
from tokumei.transforms.histories.trees import Tree
from tokumei.transforms.planning.histories import TableFacts

PERIOD = "#period"


@dataclass(frozen=True, kw_only=True)
class PosedGroup:
    """A group of columns of one table.

    Attributes:
        columns: their names; sizes: how many values each has.
        null: of each, the place of null in its domain; -1 where it has none.
        leaves: the packed tuples of their values that occur, but for those of nulls alone, ascending.
        tree: where they are coarsened.
    """

    columns: tuple[str, ...]
    sizes: tuple[int, ...]
    null: tuple[int, ...]
    leaves: Ints
    tree: Tree | None

    def leaf_of(self, codes: Mapping[str, Codes]) -> npt.NDArray[np.int32]:
        """Return the leaf of each line; `NOT_FOUND`, which is blank, where all columns are null."""
        packed = pack([codes[name] for name in self.columns], self.sizes)
        return places_in(self.leaves, packed).astype(np.int32)


@dataclass(frozen=True, kw_only=True)
class PosedTable:
    """One table: how its lines are packed, and its groups."""

    name: str
    facts: TableFacts
    sizes: tuple[int, ...]
    classes: tuple[tuple[str | None, ...], ...]
    periods: bool  # whether people are other units in other periods
    null: int  # the place of null in the domain of the sensitive column; -1 where it has none
    groups: tuple[PosedGroup, ...]
    deletes: bool  # whether whole lines may be deleted
    stays: bool  # whether everybody keeps a line then, because the table is joined with others

    def codes_of(self, lines: Ints) -> dict[str, Codes]:
        """Return the codes of packed lines, by column and class."""
        beside = () if self.facts.beside is None else (self.facts.beside,)
        periods = (PERIOD,) if self.periods else ()
        names = (*self.facts.columns, *self.facts.classes, *periods, *beside)
        return dict(zip(names, unpack(lines, self.sizes), strict=True))

    def codes_without(self, lines: Ints) -> dict[str, Codes]:
        """Return the codes of packed lines without the sensitive value beside them."""
        return self.codes_of(lines if self.facts.beside is None else lines * max(self.sizes[-1], 1))

    def lines_of(self, people: PeopleLines) -> tuple[PackedLines, PackedLines]:
        """Return people's lines without the sensitive value beside them; and with it."""
        none = np.empty(0, np.int64)
        nobody = PackedLines(none.view(np.uint64), none, none if self.deletes else None)
        whole = people.tables.get(self.name, nobody)
        if self.facts.beside is None or not len(whole.lines):
            return whole, whole
        persons, reduced = whole.persons, whole.lines // max(self.sizes[-1], 1)
        first = np.ones(len(persons), bool)  # ascending by both, so equal ones are neighbours
        first[1:] = (persons[1:] != persons[:-1]) | (reduced[1:] != reduced[:-1])
        records = None if whole.records is None else np.add.reduceat(whole.records, np.flatnonzero(first))
        return PackedLines(persons[first], reduced[first], records), whole

    def size_of(self, column: str) -> int:
        """Return how many values a column of a group has."""
        return next(
            dict(zip(g.columns, g.sizes, strict=True))[column] for g in self.groups if column in g.columns
        )

    def null_of(self, column: str) -> int:
        """Return the place of null among them; -1 where there is none, or the column is not of this table."""
        found = (
            dict(zip(g.columns, g.null, strict=True))[column] for g in self.groups if column in g.columns
        )
        return next(found, -1)

    @property
    def line_sizes(self) -> tuple[int, ...]:
        """The sizes of lines without it."""
        return self.sizes if self.facts.beside is None else self.sizes[:-1]
