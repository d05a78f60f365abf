"""From a policy to the plan of each table: its criteria, built once on the launcher."""

from __future__ import annotations

from collections.abc import Mapping

from tokumei.schemas.combinations import people_sharing
from tokumei.schemas.joined import joined_tables
from tokumei.schemas.partitioning import naming_columns
from tokumei.schemas.people import PersonCodes, link_codes
from tokumei.schemas.policy import Policy
from tokumei.schemas.table import Table
from tokumei.transforms.criteria import Context
from tokumei.transforms.criteria.chain import Chain
from tokumei.transforms.planning.compared import held_against_others
from tokumei.transforms.planning.histories import known_columns
from tokumei.transforms.planning.name_columns import (
    carries_sentences,
    code_columns,
    may_name_somebody,
    name_columns,
    told_columns,
)
from tokumei.transforms.planning.names import refuse_codes_in_names, refuse_people_in_names
from tokumei.transforms.planning.plan import POPULATION, TablePlan


def plan_tables(policy: Policy, base: str) -> dict[str, TablePlan]:
    """Build the criteria of every table.

    Args:
        policy: a valid policy.
        base: the policy's folder; hierarchy files are relative to it.

    Raises:
        PolicyError: a hierarchy file cannot be used, or a code stands in the name of a column.
    """
    refuse_codes_in_names(policy.tables)
    refuse_people_in_names(policy.tables)
    k, day = policy.requirements.k, policy.reference_date
    codes = link_codes(policy.tables)
    joined = joined_tables(policy.tables)
    folded = frozenset(link for link, how in codes.items() if how == "folded")
    known, joined = known_columns(policy), joined_tables(policy.tables)
    sentences = any(carries_sentences(t) for t in policy.tables.values())
    gathered = sentences or any(may_name_somebody(t) for t in policy.tables.values())
    return {
        name: TablePlan(
            name=name,
            table=table,
            chains={
                c: Chain(
                    c,
                    column,
                    Context(k, day, table.rows_per_person == "several", folded=folded),
                    base,
                    f"tables.{name}.columns.{c}",
                    combined=people_sharing(table.combinations, c, k),
                    known=c in known.get(name, ()),
                )
                for c, column in table.columns.items()
            },
            requirements=policy.requirements,
            together=joined.get(table.person_link or "", ()) if table.joined else (),
            codes=_codes(table, codes),
            histories=policy.histories,
            named=name_columns(table) if gathered else (),
            coded=code_columns(table) if gathered else (),
            told=told_columns(table) if sentences else (),
            naming=naming_columns(policy.output, table),
            held_against=held_against_others(table) if table.joined and table.person_link in joined else (),
        )
        for name, table in policy.tables.items()
    }


def _codes(table: Table, of_link: Mapping[str, PersonCodes]) -> PersonCodes | None:
    if table.person is None or table.person_link is None:
        return table.columns[table.person].codes if table.person else None
    return of_link.get(table.person_link)


def plan_populations(tables: Mapping[str, TablePlan]) -> dict[str, TablePlan]:
    """Return, by table, how its population is read: the quasi-identifiers, by the table's own chains."""
    return {
        name: TablePlan(
            name=f"{name}{POPULATION}",
            table=Table(
                source=plan.table.population.source,
                rows_per_person="one",
                columns={c: plan.table.columns[c] for c in plan.types(*plan.quasi_identifiers)},
            ),
            chains={c: plan.chains[c] for c in plan.quasi_identifiers},
            requirements=plan.requirements,
        )
        for name, plan in tables.items()
        if plan.table.population is not None
    }
