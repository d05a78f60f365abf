"""What a run counts of histories: the facts about people, by table, worked out from the policy alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tokumei.schemas.histories import Fact, History, coarsened, groups_of, history_people
from tokumei.schemas.measures import measured_columns
from tokumei.schemas.people import Numbering
from tokumei.schemas.policy import Policy
from tokumei.schemas.table import Table
from tokumei.schemas.treatments import PseudonymPeriod

ColumnGroups = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, kw_only=True)
class FactPlan:
    """One declared kind of fact.

    Attributes:
        table: where it stands.
        groups: the group that each of its columns belongs to (numbers in `TableFacts.groups`), each once.
        prefixes: of each of these groups, how many of its columns the fact names.
        classes: the quasi-identifiers that it looks at, whose labels nothing blanks.
        pinned: its other columns that nothing blanks, because measures are made of them.
    """

    table: str
    groups: tuple[int, ...]
    prefixes: tuple[int, ...]
    classes: tuple[str, ...]
    pinned: tuple[str, ...]


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
    """One declaration: whose history, which facts, how many.

    Attributes:
        tables: what facts look at in single lines, by table.
        windows: by table with measures, the places of these among the facts.
        facts: in their order; of measures, the table alone.
    """

    people: Numbering
    history: History
    k: int
    tables: Mapping[str, TableFacts]
    windows: Mapping[str, tuple[int, ...]]
    facts: tuple[FactPlan, ...]

    @property
    def read(self) -> frozenset[str]:
        """The tables that facts stand in."""
        return frozenset({*self.tables, *self.windows})

    @property
    def measured(self) -> frozenset[int]:
        """The places of all measures."""
        return frozenset(i for places in self.windows.values() for i in places)

    @property
    def deleting(self) -> frozenset[str]:
        """The tables of which whole lines may be deleted."""
        return frozenset(fact.table for fact in self.history.facts if fact.action == "record")

    def measures(self, table: str) -> tuple[Fact, ...]:
        """Return the measures of a table, in the order of ``windows``."""
        return tuple(self.history.facts[i] for i in self.windows.get(table, ()))

    @property
    def known(self) -> int:
        """How many facts are known at once (m)."""
        return self.history.known


def period_of(tables: Mapping[str, Table], history: HistoryPlan) -> PseudonymPeriod | None:
    """Return the period of the pseudonyms of a declaration's people, which is one for all tables."""
    return next((tables[name].person_period for name in sorted(history.read)), None)


def plan_histories(policy: Policy) -> tuple[HistoryPlan, ...]:
    """Return what is counted for each declaration of a valid policy."""
    return tuple(
        _plan_history(history, policy.tables, policy.people, policy.requirements.k)
        for history in policy.histories
    )


def plan_windows(policy: Policy) -> tuple[HistoryPlan, ...]:
    """Return, of each declaration with measures, these and the classes: what leaving out lines can mend."""
    found = []
    for history in policy.histories:
        if any(fact.measure for fact in history.facts):
            facts = tuple(f for f in history.facts if f.measure or _only_class(f, policy.tables[f.table]))
            only = history.model_copy(update={"facts": facts})
            found.append(_plan_history(only, policy.tables, policy.people, policy.requirements.k))
    return tuple(found)


def _only_class(fact: Fact, table: Table) -> bool:
    return {*table.quasi_identifiers}.issuperset(fact.columns)


def known_columns(policy: Policy) -> dict[str, frozenset[str]]:
    """Return, by table, the columns that facts are told by, but for quasi-identifiers."""
    found: dict[str, frozenset[str]] = {}
    for plan in plan_histories(policy):
        for name, table in plan.tables.items():
            beside = () if table.beside is None else (table.beside,)
            found[name] = found.get(name, frozenset()) | {*table.columns, *beside}
    return found


def _plan_history(history: History, tables: Mapping[str, Table], default: Numbering, k: int) -> HistoryPlan:
    named = dict.fromkeys(fact.table for fact in history.facts if fact.measure is None)
    if history.at_most is not None:
        named[history.at_most.table] = None
    planned = {name: _table_facts(name, tables[name], history) for name in named}
    return HistoryPlan(
        people=history_people(history, tables, default),
        history=history,
        k=history.k or k,
        tables=planned,
        windows={
            name: tuple(i for i, f in enumerate(history.facts) if f.measure and f.table == name)
            for name in dict.fromkeys(f.table for f in history.facts if f.measure)
        },
        facts=tuple(_fact(fact, history, tables[fact.table], planned) for fact in history.facts),
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


def _fact(fact: Fact, history: History, table: Table, planned: Mapping[str, TableFacts]) -> FactPlan:
    groups = () if fact.measure else planned[fact.table].groups
    held = measured_columns(history.facts, fact.table)
    prefixes = {
        i: sum(column in fact.columns for column in group)
        for i, group in enumerate(groups)
        if any(column in fact.columns for column in group) and not held.issuperset(group)
    }
    classes = _classes(fact.columns, fact.quasi_identifiers, table)
    return FactPlan(
        table=fact.table,
        groups=tuple(prefixes),
        prefixes=tuple(prefixes.values()),
        classes=classes,
        pinned=tuple(c for c in fact.columns if c in held and c not in classes),
    )
