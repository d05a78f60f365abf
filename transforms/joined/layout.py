"""How the quasi-identifiers of joined tables make one tuple: an outer join, in which absence is a value."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tokumei.schemas.errors import RequirementError
from tokumei.transforms.counting.histogram import MAX_TUPLES, pack, radices
from tokumei.transforms.decisions.fitted import FittedTable
from tokumei.transforms.planning.plan import TablePlan

LEFT_OUT = -1  # in place of the tuple of a record that is dropped before tables are joined


@dataclass(frozen=True)
class JoinedLayout:
    """The joined tuple of some tables, packed table by table, in their order.

    Attributes:
        sizes: by table, the number of codes of each of its quasi-identifiers; the last code is that of who is
            not in the table. A table without quasi-identifiers says by one code of two who is in it.
    """

    sizes: Mapping[str, tuple[int, ...]]

    @cached_property
    def flat(self) -> tuple[int, ...]:
        """The number of codes of each column of the joined tuple."""
        return tuple(size for sizes in self.sizes.values() for size in sizes)

    def weight(self, table: str) -> int:
        """Return what the packed tuple of a table counts in the joined tuple."""
        names = list(self.sizes)
        return math.prod(math.prod(self.sizes[name]) for name in names[names.index(table) + 1 :])

    def absent(self, table: str) -> int:
        """Return the packed tuple of who is not in a table."""
        sizes = self.sizes[table]
        return int(pack([np.array([size - 1], np.int32) for size in sizes], sizes)[0])


def sizes_of(plan: TablePlan, fitted: FittedTable) -> tuple[int, ...]:
    """Return the number of codes of each quasi-identifier of a table; see `JoinedLayout`."""
    domains = [fitted.columns[name].domain or () for name in plan.quasi_identifiers]
    return tuple(len(domain) + 1 for domain in domains) or (2,)


def layout_of(tables: Mapping[str, TablePlan], fits: Mapping[str, FittedTable]) -> JoinedLayout:
    """Return how some joined tables make one tuple.

    Raises:
        RequirementError: more joined tuples are possible than can be told apart.
    """
    layout = JoinedLayout({name: sizes_of(table, fits[name]) for name, table in tables.items()})
    _, possible = radices(layout.flat)
    if possible > MAX_TUPLES:
        raise RequirementError(
            "requirement.joined_tuples",
            where=", ".join(f"tables.{name}" for name in tables),
            what=f"the tables are joined by their people, and their quasi-identifiers together have"
            f" {possible:.3g} possible combinations of values, more than can be counted exactly"
            f" ({MAX_TUPLES:.2g})",
            fix="coarsen columns with fixed methods first, use fewer quasi-identifiers, or take a table"
            " out of the join: joined: false with because: …",
        )
    return layout


def joined_groups(tables: Mapping[str, TablePlan]) -> Iterator[dict[str, TablePlan]]:
    """Yield the tables of each join in which something has to be decided.

    That is so where there are classes, or where records can be dropped, so that somebody may be left out.
    """
    for names in dict.fromkeys(table.together for table in tables.values() if table.together):
        group = {name: tables[name] for name in names}
        if any(t.quasi_identifiers or t.dropping or t.combined or t.table.totals for t in group.values()):
            yield group
