"""Who is left out of one table is left out of all that a reader can join with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

from tokumei.transforms.counting.lookup import among
from tokumei.transforms.criteria.coded import kept_rows
from tokumei.transforms.criteria.treated import Treated
from tokumei.transforms.decisions.fitted import FittedTable
from tokumei.transforms.decisions.removal import Removing, Taken
from tokumei.transforms.engine.chunks import Chunk
from tokumei.transforms.joined.deal import People
from tokumei.transforms.planning.persons import persons_of
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.risk.sizes import ClassSizes


@dataclass(frozen=True, kw_only=True)
class GivenNode:
    """The levels of a table's quasi-identifiers as the search over all joined tables chose them.

    Attributes:
        levels: one a quasi-identifier.
        lattice_nodes, nodes_checked, gap: of that search; see `Choice`.
        shares: by protected column, the share of people with each value, among all whom criteria 1 to 4
            leave.
        classes_before, people_before: of the table alone, before any generalization and before anybody was
            left out: how many classes have how many people, and distinct people.
        reached_before: what the weakest of these classes reaches, by model of the table.
        average_before: their average risk.
    """

    levels: tuple[int, ...]
    lattice_nodes: int
    nodes_checked: int
    gap: float
    shares: Mapping[str, tuple[float, ...]]
    classes_before: ClassSizes
    people_before: int
    reached_before: tuple[float, ...]
    average_before: float | None


@dataclass(frozen=True, kw_only=True)
class JoinedAccount:
    """What the report says of tables that are joined; the same at each of them.

    Attributes:
        tables: their names.
        people: distinct people in any of them, whom criteria 1 to 4 leave in all that they were in.
        short: of these, left out because too few share their joined class.
        dropped: others, of whom criterion 4 left nothing in some table.
        smallest: people of the smallest joined class before any generalization; None where the tables have no
            quasi-identifiers.
        reached: what the weakest of these classes reaches, by model.
    """

    tables: tuple[str, ...]
    people: int
    short: int
    dropped: int
    smallest: int | None
    reached: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class JoinedRemoval:
    """What joining decides about one table; a `Removal`.

    Attributes:
        people: keyed hashes of those left out of all tables, ascending; 8 bytes each.
        records, persons: what this table loses with them: records, and people.
        given: None where the table has no quasi-identifier.
        account: of all joined tables.
    """

    cause: ClassVar[str] = "people left out of a joined table"

    people: People
    records: int
    persons: int
    given: GivenNode | None
    account: JoinedAccount

    def apply(
        self, plan: TablePlan, chunk: Chunk[Removing], treated: Mapping[str, Treated]
    ) -> tuple[dict[str, Treated], Taken]:
        """Drop all records of people who are left out, under criterion 5; see `Removal.apply`."""
        left = dict(treated)
        if self.records == 0:
            return left, Taken((), (0, 0))
        gone = among(self.people, persons_of(plan, chunk)[:, 0])
        gone &= kept_rows(chunk.batch.num_rows, treated)
        if gone.any():
            name, first = next(iter(treated.items()))
            left[name] = replace(first, drop=gone if first.drop is None else first.drop | gone)
        return left, Taken((), (0, int(gone.sum())))

    def expected(self, plan: TablePlan) -> Taken:
        """Return what the whole file must lose by the removal."""
        return Taken((), (0, self.records))


def given_of(fitted: FittedTable) -> GivenNode | None:
    """Return the levels that were chosen for a table over all that it is joined with; None for none."""
    removal = fitted.removal(JoinedRemoval)
    return None if removal is None else removal.given
