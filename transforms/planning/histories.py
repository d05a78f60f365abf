"""What a run counts of histories: the facts about people, by table, worked out from the policy alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tokumei.schemas.histories import History, coarsened, groups_of, history_people
from tokumei.schemas.people import Numbering
from tokumei.schemas.policy import Policy
from tokumei.schemas.table import Table

ColumnGroups = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, kw_only=True)
class FactPlan:
    """One declared kind of fact.

    Attributes:
        table: where it stands.
        groups: the group that each of its columns belongs to (numbers in `TableFacts.groups`), each once.
        prefixes: of each of these groups, how many of its columns the fact names.
        classes: the quasi-identifiers that it looks at, whose labels nothing blanks.
    """

    table: str
    groups: tuple[int, ...]
    prefixes: tuple[int, ...]
    classes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class TableFacts:
    """What facts look at in one table.

    Attributes:
        groups: columns that are coarsened, and blanked, together; those without coarsening are alone.
        classes: quasi-identifiers that facts look at.
        sensitive: the column whose values `at_most` watches, where it is of this table.
    """

    groups: ColumnGroups
    classes: tuple[str, ...]
    sensitive: str | None

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of all groups, in their order."""
        return tuple(name for group in self.groups for name in group)

    @property
    def beside(self) -> str | None:
        """The sensitive column, where it is in no group."""
        return None if self.sensitive in self.columns else self.sensitive


@dataclass(frozen=True, kw_only=True)
class HistoryPlan:
    """One declaration: whose history, which facts, how many."""

    people: Numbering
    history: History
    k: int
    tables: Mapping[str, TableFacts]
    facts: tuple[FactPlan, ...]

    @property
    def known(self) -> int:
        """How many facts are known at once (m)."""
        return self.history.known


def plan_histories(policy: Policy) -> tuple[HistoryPlan, ...]:
    """Return what is counted for each declaration of a valid policy."""
    return tuple(
        _plan_history(history, policy.tables, policy.people, policy.requirements.k)
        for history in policy.histories
    )


def known_columns(policy: Policy) -> dict[str, frozenset[str]]:
    """Return, by table, the columns that facts are told by, but for quasi-identifiers."""
    found: dict[str, frozenset[str]] = {}
    for plan in plan_histories(policy):
        for name, table in plan.tables.items():
            beside = () if table.beside is None else (table.beside,)
            found[name] = found.get(name, frozenset()) | {*table.columns, *beside}
    return found


def _plan_history(history: History, tables: Mapping[str, Table], default: Numbering, k: int) -> HistoryPlan:
    named = dict.fromkeys(fact.table for fact in history.facts)
    if history.at_most is not None:
        named[history.at_most.table] = None
    planned = {name: _table_facts(name, tables[name], history) for name in named}
    return HistoryPlan(
        people=history_people(history, tables, default),
        history=history,
        k=history.k or k,
        tables=planned,
        facts=tuple(
            _fact(fact.table, fact.columns, fact.quasi_identifiers, tables[fact.table], planned[fact.table])
            for fact in history.facts
        ),
    )


def _table_facts(name: str, table: Table, history: History) -> TableFacts:
    facts = [fact for fact in history.facts if fact.table == name]
    sequences = [tuple(c for c in fact.columns if coarsened(table.columns[c]) is not None) for fact in facts]
    plain = dict.fromkeys(
        c
        for fact in facts
        for c in fact.columns
        if coarsened(table.columns[c]) is None and table.columns[c].quasi_identifier is None
    )
    classes = {c for fact in facts for c in _classes(fact.columns, fact.quasi_identifiers, table)}
    watched = history.at_most.column if history.at_most and history.at_most.table == name else None
    return TableFacts(
        groups=(*groups_of([s for s in sequences if s]), *((c,) for c in plain)),
        classes=tuple(c for c in table.quasi_identifiers if c in classes),
        sensitive=watched,
    )


def _classes(columns: tuple[str, ...], whole: bool, table: Table) -> tuple[str, ...]:
    return tuple(c for c in table.quasi_identifiers if whole or c in columns)


def _fact(name: str, columns: tuple[str, ...], whole: bool, table: Table, facts: TableFacts) -> FactPlan:
    prefixes = {
        i: sum(column in columns for column in group)
        for i, group in enumerate(facts.groups)
        if any(column in columns for column in group)
    }
    return FactPlan(
        table=name,
        groups=tuple(prefixes),
        prefixes=tuple(prefixes.values()),
        classes=_classes(columns, whole, table),
    )
