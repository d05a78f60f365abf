"""Whose people a release counts (本人の数): a link, or a table whose people no link tells apart.

Codes of one link are one numbering of people, over all tables. A person column that is deleted has no link,
so its codes number the people of its own table. A table without person column has records only; they stand
for people where no table of the policy has codes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from tokumei.schemas.column import Column
from tokumei.schemas.formats import listed
from tokumei.schemas.perturbations import ShiftDates
from tokumei.schemas.strict import broken
from tokumei.schemas.table import Table
from tokumei.schemas.treatments import Coarsen, TruncateTime

PersonCodes = Literal["exact", "folded"]
PeopleBasis = Literal["codes", "records"]  # by what people were counted
# Where no table has people's codes; the number of people is then the declaration of whoever wrote the policy.
UNCOUNTED = "記録の数と同じであり、本人の番号による計数はしていない"


class Numbering(NamedTuple):
    """One numbering of people: the name of the link, or of the table that it belongs to."""

    of: Literal["link", "table"]
    name: str

    def __str__(self) -> str:
        return f"{self.of} {self.name}"


def numbering_of(name: str, table: Table) -> Numbering:
    """Return the numbering of a table's people."""
    link = table.person_link
    return Numbering("table", name) if link is None else Numbering("link", link)


def tables_by_numbering(tables: Mapping[str, Table]) -> dict[Numbering, tuple[str, ...]]:
    """Return the tables of each numbering, in the order of the policy."""
    found: dict[Numbering, tuple[str, ...]] = {}
    for name, table in tables.items():
        numbering = numbering_of(name, table)
        found[numbering] = (*found.get(numbering, ()), name)
    return found


def people_named(tables: Mapping[str, Table], named: str, at: tuple[str | int, ...]) -> Numbering:
    """Return the numbering of people that a policy names: a link, or a table without one.

    Args:
        tables: of the policy.
        named: its name; a link of that name comes first.
        at: where it is named.

    Raises:
        PydanticCustomError: there is none of that name.
    """
    found = tables_by_numbering(tables)
    wanted = [n for of in ("link", "table") if (n := Numbering(of, named)) in found]
    if not wanted:
        raise broken(
            "policy.people",
            f"people can be counted by {listed(map(str, found), 'or')}; {at[-1]} names none of them",
            f"for example people: {next(iter(found)).name}",
            at,
        )
    return wanted[0]


def people_counted(tables: Mapping[str, Table], named: str | None) -> Numbering:
    """Return the numbering whose people are those of the release.

    Args:
        tables: of the policy.
        named: ``file.people``: a link, or a table without one.

    Raises:
        PydanticCustomError: it names none, or it is needed and missing.
    """
    if named is not None:
        return people_named(tables, named, ("file", "people"))
    found = tables_by_numbering(tables)
    links = [numbering for numbering in found if numbering.of == "link"]
    coded = [numbering for numbering, names in found.items() if tables[names[0]].person is not None]
    candidates = links or coded or list(found)
    if len(candidates) > 1:
        raise broken(
            "policy.people",
            f"the tables number their people in different ways: {listed(map(str, candidates), 'and')};"
            " a code of one is not a person of the other, so the policy must say whose number is that of the"
            " people (本人の数)",
            f"add people: under file, for example people: {candidates[0].name}; or give person columns"
            " that hold the same codes a pseudonym of the same link",
            ("file", "people"),
        )
    return candidates[0]


def link_codes(tables: Mapping[str, Table]) -> dict[str, PersonCodes]:
    """Return how the codes of each link are compared, where a column of it says so.

    Raises:
        PydanticCustomError: two columns of a link say otherwise.
    """
    found: dict[str, PersonCodes] = {}
    for table_name, table in tables.items():
        for name, column in table.columns.items():
            if column.link is None or column.codes is None:
                continue
            if found.setdefault(column.link, column.codes) != column.codes:
                raise broken(
                    "policy.link_codes",
                    "another column of this link compares its codes otherwise, so they could not be joined",
                    "say the same codes in all columns of the link, or in one alone",
                    ("tables", table_name, "columns", name, "codes"),
                )
    return found


def refuse_mixed_shifts(tables: Mapping[str, Table]) -> None:
    """Refuse dates of one numbering's people that would move by different numbers of days, or stay.

    Raises:
        PydanticCustomError: two columns that move dates name different numbers; or the days of another are
            released where they stood, and tell by how many days the others moved.
    """
    found: dict[Numbering, int] = {}
    columns = [
        (numbering_of(table_name, table), column, ("tables", table_name, "columns", name))
        for table_name, table in tables.items()
        for name, column in table.columns.items()
    ]
    for numbering, column, at in columns:
        last = column.treat[-1] if column.treat else None
        if isinstance(last, ShiftDates) and found.setdefault(numbering, last.days) != last.days:
            raise broken(
                "policy.shift_days",
                "other dates of these people move by other numbers of days, so the gaps would not stay",
                "say the same days in all columns of the people's link",
                (*at, "treat", len(column.treat) - 1, "days"),
            )
    for numbering, column, at in columns:
        if numbering in found and _tells_days(column):
            raise broken(
                "policy.shift_beside",
                "other dates of these people move, and this one stays where it was: who compares them knows"
                " by how many days each person's dates moved",
                f"move it too, with shift_dates and days: {found[numbering]}; or leave its month or year, or"
                " delete it",
                at,
            )


def _tells_days(column: Column) -> bool:
    """Whether the days of a column are released as they were; classes share those of quasi-identifiers."""
    return (
        column.released
        and column.type in {"date", "datetime"}
        and all(
            isinstance(step, Coarsen) or (isinstance(step, TruncateTime) and step.unit != "month")
            for step in column.treat
        )
    )
