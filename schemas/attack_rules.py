"""Every declared attack can be made: on a table of the policy, about columns of it that are released."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from tokumei.schemas.attacks import (
    AnyAttack,
    AttackDeclaration,
    Downcoding,
    HabitProfile,
    KnownFacts,
    Membership,
    Signature,
)
from tokumei.schemas.histories import History
from tokumei.schemas.strict import broken
from tokumei.schemas.table import Table


def table_attacked(attack: AttackDeclaration, tables: Mapping[str, Table]) -> str:
    """Return the name of the table that an attack is made on; facts are of all tables, and named by one."""
    return attack.table or next(iter(tables))


def check_attacks(
    attacks: Sequence[AnyAttack], tables: Mapping[str, Table], histories: Sequence[History]
) -> None:
    """Check that each attack is about released columns of a table, in which they can be compared.

    Args:
        attacks: as declared under ``requirements.attacks``.
        tables: of the policy.
        histories: of the policy.

    Raises:
        PydanticCustomError: one is not.
    """
    for i, attack in enumerate(attacks):
        at = ("requirements", "attacks", i)
        if isinstance(attack, KnownFacts):
            if attack.history >= len(histories) or attack.table is not None:
                raise broken(
                    "attack.history",
                    "known_facts is about one of the policy's histories, and names no table",
                    "declare histories, give its place from 0, and leave table out",
                    (*at, "history"),
                )
            continue
        if attack.table not in tables and not (attack.table is None and len(tables) == 1):
            raise broken(
                "attack.table",
                "table names the table that is attacked, and there are several"
                if attack.table is None
                else "table names no table of this policy",
                f"one of {', '.join(tables)}",
                (*at, "table"),
            )
        for key, rule in _unfit(attack, tables[table_attacked(attack, tables)]):
            raise broken(
                "attack.column",
                rule,
                "name other columns, or remove the attack",
                (*at, key),
            )


def _unfit(attack: AnyAttack, table: Table) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the columns that an attack names, by key."""
    for key, names in attack.about.items():
        if len(set(names)) < len(names):
            yield key, "a column stands twice"
        for name in names:
            column = table.columns.get(name)
            if column is None or not column.released:
                yield key, "it names a column that the table does not release"
            elif column.link is not None:
                yield key, "it names a column of pseudonyms, of which nobody knows or learns anything"
            elif key == "time" and column.type not in {"date", "datetime"}:
                yield key, "it names a column that is none of days or times"
            elif key == "levels" and not column.quasi_identifier:
                yield key, "it names a column that is no quasi-identifier, and has no levels"
            elif key == "learns" and column.quasi_identifier:
                yield key, "it names a quasi-identifier, by which the class is found"
    if isinstance(attack, HabitProfile | Signature) and table.rows_per_person == "one":
        yield "attack", "the table has one row a person, and so no histories"
    if isinstance(attack, Membership) and table.population is None:
        yield "attack", "the table has no population, of which members could be told"
    if isinstance(attack, Downcoding) and not table.quasi_identifiers:
        yield "attack", "nothing is generalized: the table has no quasi-identifier"
    if "learns" in attack.about and not table.quasi_identifiers:
        yield "attack", "there are no classes to find: the table has no quasi-identifier"
