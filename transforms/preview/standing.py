"""Items that one table deletes and another releases under another name, as far as first records show it.

Tables of one link are joined by their readers. A value that is deleted in one of them is not gone if the same
person has it in another (design: the guarantee is over the release, not over a table).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from tokumei.schemas.errors import RequirementError
from tokumei.schemas.splits import TableFile
from tokumei.transforms.engine.chunks import NOTHING_LEFT_OUT
from tokumei.transforms.engine.run_key import RunKey
from tokumei.transforms.planning.inputs import files_together
from tokumei.transforms.planning.persons import persons_of
from tokumei.transforms.planning.plan import Plan, TablePlan
from tokumei.transforms.preview.sample import Looked, first_chunks
from tokumei.transforms.values.cells import as_text

# So many people, with so many different values, of whom nearly all have the same value in both: no chance.
_PEOPLE, _VALUES, _SAME = 20, 10, 0.9
_WHO, _VALUE = "who", "value"


def refuse_standing(plan: Plan, files: Sequence[TableFile], key: RunKey, most: int) -> None:
    """Look for deleted items among the released columns of the tables that they can be joined with.

    Args:
        plan: the run.
        files: those that were planned.
        key: of the run that is tried.
        most: records of a file, at most.

    Raises:
        RequirementError: nearly all people who stand in both have the value of a deleted column there too.
    """
    for names in dict.fromkeys(table.together for table in plan.tables.values() if table.together):
        tables = {name: plan.tables[name] for name in names}
        deleted = {n: _values_of(t, files, key, most, [*_deleted(t)]) for n, t in tables.items()}
        released = {n: _values_of(t, files, key, most, [*_carrying(t)]) for n, t in tables.items()}
        for name, columns in deleted.items():
            for other, carrying in released.items():
                if other != name:
                    _compare(name, columns, other, carrying)


def _deleted(table: TablePlan) -> Iterator[str]:
    return (n for n, c in table.table.columns.items() if not c.released and n != table.table.person)


def _carrying(table: TablePlan) -> Iterator[str]:
    """Columns in which values of the source are released, one by one; the joined classes count the others."""
    columns = table.table.columns.items()
    return (n for n, c in columns if (c.carries_values or c.keep) and not c.quasi_identifier)


def _values_of(
    table: TablePlan, files: Sequence[TableFile], key: RunKey, most: int, names: Sequence[str]
) -> Mapping[str, pl.DataFrame]:
    """Return, by column, the distinct (person, value) of its first records."""
    types = table.types(table.table.person, *names)
    found = {name: [pl.DataFrame(schema={_WHO: pl.UInt64, _VALUE: pl.String})] for name in names}
    own = [found for found in files if found.table == table.name and names]
    for together in files_together(own, {table.name: table}):
        for chunk in first_chunks(table, together, types, key, NOTHING_LEFT_OUT, most=most, looked=Looked()):
            who = pl.Series(_WHO, persons_of(table, chunk)[:, 0])
            for name in names:
                texts = pl.Series(_VALUE, as_text(chunk.batch.column(name))).cast(pl.String).str.strip_chars()
                found[name].append(pl.DataFrame([who, texts]).drop_nulls().unique())
    return {name: pl.concat(parts).unique() for name, parts in found.items()}


def _compare(
    name: str, deleted: Mapping[str, pl.DataFrame], other: str, released: Mapping[str, pl.DataFrame]
) -> None:
    for column, values in deleted.items():
        for carrier, there in released.items():
            people = values.join(there.select(_WHO).unique(), on=_WHO, how="semi")
            if people[_WHO].n_unique() < _PEOPLE or people[_VALUE].n_unique() < _VALUES:
                continue
            same = people.join(there, on=[_WHO, _VALUE], how="semi")
            if same.height >= _SAME * people.height:
                raise RequirementError(
                    "verification.joined_deleted",
                    where=f"tables.{name}.columns.{column}",
                    what=f"the item is deleted here, and {same.height:,} of {people.height:,} people in the"
                    f" first records have the same value in tables.{other}, column {carrier}: a reader joins"
                    " the two by their pseudonyms",
                    fix=f"treat tables.{other}.columns.{carrier} too, for example with delete or generalize;"
                    " or take a table out of the join: joined: false with because: …",
                )
