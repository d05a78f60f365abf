"""What facts may be about: released values that people can share; and every coarsening serves a fact."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence

from tokumei.schemas.formats import listed
from tokumei.schemas.histories import AtMost, Fact, History, coarsened, groups_of, history_people
from tokumei.schemas.measures import check_measures, measured_columns
from tokumei.schemas.people import Numbering, numbering_of
from tokumei.schemas.strict import broken
from tokumei.schemas.table import Table
from tokumei.schemas.treatments import Coarsen, Pseudonym


def check_histories(
    histories: Sequence[History], tables: Mapping[str, Table], default: Numbering, k: int
) -> None:
    """Check that facts are about released values that people can share, and that each coarsening serves one.

    Args:
        histories: as declared.
        tables: of the policy.
        default: the people of the release.
        k: requirements.k.

    Raises:
        PydanticCustomError: they are not.
    """
    numberings = [
        history_people(history, tables, default, ("histories", i)) for i, history in enumerate(histories)
    ]
    if len(set(numberings)) < len(numberings):
        raise broken(
            "history.people_twice",
            "the facts about one numbering of people stand in two declarations, so that nobody would count"
            " them together",
            "put all facts into one, or give each its own people:",
            ("histories",),
        )
    served = set[tuple[str, str]]()
    for i, (history, numbering) in enumerate(zip(histories, numberings, strict=True)):
        at = ("histories", i)
        for j, fact in enumerate(history.facts):
            _check_fact(fact, tables, numbering, history.k or k, (*at, "facts", j))
            if fact in (other.model_copy(update={"action": fact.action}) for other in history.facts[:j]):
                raise broken("fact.twice", "this fact stands there twice", "remove one", (*at, "facts", j))
            served |= {(fact.table, name) for name in fact.columns}
        if history.at_most is not None:
            _check_sensitive(history.at_most, tables, numbering, (*at, "at_most"))
            _check_unknown(history.at_most, history.facts, (*at, "at_most"))
        for table, sequences in _sequences(history, tables).items():
            _check_nested(sequences, (*at, "facts"), table)
        for table in dict.fromkeys(fact.table for fact in history.facts):
            check_measures(history.facts, table, tables[table], (*at, "facts"))
            _check_blankable(history.facts, table, tables[table], (*at, "facts"))
            _check_deletable(history.facts, table, tables[table], (*at, "facts"))
    for table, name, _ in _coarsenings(tables):
        if (table, name) not in served:
            raise broken(
                "history.unserved",
                "coarsen lets the facts under histories choose the level, and none of them names this column",
                "add a fact that names it, or use recode with a level, or generalize",
                ("tables", table, "columns", name),
            )


def _coarsenings(tables: Mapping[str, Table]) -> Iterator[tuple[str, str, Coarsen]]:
    for table, declared in tables.items():
        for name, column in declared.columns.items():
            if (coarsening := coarsened(column)) is not None:
                yield table, name, coarsening


def _check_fact(
    fact: Fact, tables: Mapping[str, Table], people: Numbering, k: int, at: tuple[str | int, ...]
) -> None:
    table = tables.get(fact.table)
    theirs = [n for n, t in tables.items() if t.person and numbering_of(n, t) == people]
    if table is None or fact.table not in theirs:
        raise broken(
            "fact.table",
            "no table has this name"
            if table is None
            else f"facts are about the people of {people}, and this is no table of them",
            f"name one of {listed(theirs, 'or')}, or say whose history it is by people:",
            (*at, "table"),
        )
    if fact.quasi_identifiers and not table.quasi_identifiers:
        raise broken(
            "fact.no_class",
            "the table has no quasi-identifier, so nobody has a class there",
            "name columns, or remove quasi_identifiers",
            (*at, "quasi_identifiers"),
        )
    for j, name in enumerate(fact.columns):
        _check_column(name, table, k, (*at, "columns", j))


def _check_blankable(facts: Sequence[Fact], name: str, table: Table, at: tuple[str | int, ...]) -> None:
    """Refuse facts of which nothing could be blanked, because measures are made of all their columns."""
    held = measured_columns(facts, name) - {*table.quasi_identifiers}
    for i, fact in enumerate(facts):
        if fact.table == name and fact.columns and held.issuperset(fact.columns):
            raise broken(
                "fact.measured",
                "measures are made of these columns, so nothing is blanked there, and this fact could not be"
                " mended",
                "name another column beside them, or remove the fact or the measures",
                (*at, i, "columns"),
            )


def _check_deletable(facts: Sequence[Fact], name: str, table: Table, at: tuple[str | int, ...]) -> None:
    """Refuse to delete lines on which more depends than facts: people, classes, combinations, measures."""
    measured = bool(measured_columns(facts, name))
    for i, fact in enumerate(facts):
        if fact.table != name or fact.action == "cell":
            continue
        if table.rows_per_person == "one":
            raise broken(
                "fact.only_record",
                "with one row a person a deleted line is a person left out",
                "write action: cell; or leave people with rare combinations out by combinations with"
                " action: record",
                (*at, i, "action"),
            )
        if table.quasi_identifiers or table.combinations:
            raise broken(
                "fact.record_classes",
                "classes and combinations of this table are counted before lines are deleted, and would"
                " shrink below that",
                "put the quasi-identifiers into a table of people, and columns of combinations into facts; or"
                " write action: cell",
                (*at, i, "action"),
            )
        if measured:
            raise broken(
                "fact.record_measures",
                "measures of this table are made of all lines, and would be others without some of them",
                "write action: cell; or remove the measures",
                (*at, i, "action"),
            )


def _check_column(name: str, table: Table, k: int, at: tuple[str | int, ...]) -> None:
    column = table.columns.get(name)
    if column is None or not column.released:
        near = difflib.get_close_matches(name, table.released, n=1) if column is None else []
        raise broken(
            "fact.column",
            "this column is not declared"
            if column is None
            else "this column is deleted, so nobody can know it",
            f"{f'did you mean {near[0]}? ' if near else ''}name a released column",
            at,
        )
    last = column.treat[-1] if column.treat else None
    if isinstance(last, Pseudonym):
        raise broken(
            "fact.pseudonym", "a pseudonym points at one person by design", "remove it from the fact", at
        )
    if last is not None and last.per_record:
        raise broken(
            "fact.perturbed",
            "this column is moved record by record, so what is released is not what would be counted",
            "remove it from the fact, or round or band it instead",
            at,
        )
    if column.protect and column.quasi_identifier is None:
        raise broken(
            "fact.protected",
            "cells of this column may be blanked for facts after classes were chosen, and its models"
            " (protect) hold for what stood there",
            "name it in facts or say protect, not both; at_most bounds the share of its values among those"
            " who have some facts",
            at,
        )
    if column.quasi_identifier is None and any(name in c.columns for c in table.combinations):
        raise broken(
            "fact.combined",
            "cells of this column may be blanked for combinations after facts were counted",
            "name it in facts or in combinations, not in both",
            at,
        )
    if coarsened(column) is not None and column.sharing(k) > k:
        raise broken(
            "fact.promise",
            f"a method of the column promises {column.sharing(k)} people, and its facts only {k}",
            "ask for as many people in both",
            at,
        )


def _check_sensitive(
    declared: AtMost, tables: Mapping[str, Table], people: Numbering, at: tuple[str | int, ...]
) -> None:
    table = tables.get(declared.table)
    column = None if table is None else table.columns.get(declared.column)
    if (
        table is None
        or column is None
        or not (column.released and column.sensitive)
        or column.quasi_identifier is not None
        or numbering_of(declared.table, table) != people
    ):
        raise broken(
            "history.at_most",
            "at_most is about a released column with sensitive: true, no quasi-identifier, of a table of"
            " these people",
            "correct table and column, or add sensitive: true to the column",
            at,
        )


def _check_unknown(declared: AtMost, facts: Sequence[Fact], at: tuple[str | int, ...]) -> None:
    """Refuse a share of a value that is itself a fact: all who have that fact hold the value."""
    told = any(fact.table == declared.table and declared.column in fact.columns for fact in facts)
    if told and declared.share < 1:
        raise broken(
            "history.at_most_known",
            "a fact names the column of at_most: all people who have that fact hold its value, so that the"
            " whole column would be blanked",
            "remove the column from the facts, or remove at_most",
            at,
        )


def _sequences(history: History, tables: Mapping[str, Table]) -> dict[str, list[tuple[str, ...]]]:
    """Return, by table, the coarsened columns of each fact, in its order."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for fact in history.facts:
        columns = tables[fact.table].columns
        sequence = tuple(n for n in fact.columns if coarsened(columns[n]) is not None)
        if sequence:
            found.setdefault(fact.table, []).append(sequence)
    return found


def _check_nested(sequences: Sequence[tuple[str, ...]], at: tuple[str | int, ...], table: str) -> None:
    groups = groups_of(sequences)
    names = [name for group in groups for name in group]
    if len(names) != len(set(names)):
        raise broken(
            "history.nested",
            f"facts of table {table} coarsen the same columns in different company, so that a level of one"
            " would depend on two others",
            "let each coarsened column follow the same columns in all facts, as [item] and [item, sold_on];"
            " coarsen one of the others by a fixed method (truncate_time, recode)",
            at,
        )
