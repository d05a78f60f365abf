"""Tables of one run that a reader can join: their people have pseudonyms of the same link.

What a release promises of classes then holds for the quasi-identifiers of all of them together, and who is
left out of one is left out of all. ``joined: false`` takes a table out, with a reason. Tables that other
codes join (a household's, a receipt's) are not counted together, and need that reason.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import combinations_with_replacement

from tokumei.schemas.formats import listed
from tokumei.schemas.people import tables_by_numbering
from tokumei.schemas.privacy_models import OF_POPULATION, Requirements
from tokumei.schemas.strict import broken
from tokumei.schemas.table import Table

_APART = "or take a table out of the join: joined: false with because: …"


def joined_tables(tables: Mapping[str, Table]) -> dict[str, tuple[str, ...]]:
    """Return, by link, the tables whose people are joined by it, in the order of the policy; two or more."""
    found = {
        link: tuple(name for name in names if tables[name].joined) for link, names in _linked(tables).items()
    }
    return {link: names for link, names in found.items() if len(names) > 1}


def _linked(tables: Mapping[str, Table]) -> dict[str, tuple[str, ...]]:
    """Return, by link, the tables that a reader can join; pseudonyms per table join none."""
    return {
        numbering.name: names
        for numbering, names in tables_by_numbering(tables).items()
        if numbering.of == "link" and all(tables[name].person_period != "table" for name in names)
    }


def _met(tables: Mapping[str, Table]) -> Iterator[tuple[str, str, str]]:
    """Yield link and two tables that a reader can join by codes which are not those of the people of both.

    A table is joined with itself where other columns hold codes of its people (紹介者, 世帯主).
    """
    links = {
        name: [c.pseudonym.link for c in table.columns.values() if c.pseudonym and c.pseudonym.per != "table"]
        for name, table in tables.items()
    }
    for one, other in combinations_with_replacement(tables, 2):
        for link in sorted({*links[one]} & {*links[other]}):
            of_people = tables[one].person_link == tables[other].person_link == link
            again = max(links[one].count(link), links[other].count(link)) > 1
            if (of_people and again) or (not of_people and one != other):
                yield link, one, other


def check_joined(tables: Mapping[str, Table], requirements: Requirements, told: Collection[str] = ()) -> None:
    """Check what the policy says of tables that can be joined.

    Args:
        tables: of the policy.
        requirements: of the release.
        told: the tables in which facts stand.

    Raises:
        PydanticCustomError: ``joined: false`` at a table that no other can be joined with; a requirement that
            is not defined for joined classes; classes of tables whose pseudonyms change with the period,
            which a reader joins within each alone; classes or facts of tables that other codes join; or an
            item deleted in one table that stands in another.
    """
    shared = {name for names in _linked(tables).values() if len(names) > 1 for name in names}
    shared |= {name for _, *names in _met(tables) for name in names}
    for name, table in tables.items():
        if not table.joined and name not in shared:
            raise broken(
                "table.joined",
                "joined: false has no effect here: no other table has pseudonyms of a link of this one",
                "remove joined and because",
                ("tables", name, "joined"),
            )
    for names in joined_tables(tables).values():
        if any(tables[name].quasi_identifiers for name in names):
            _classes_joined(names, tables, requirements)
        _refuse_standing(tables, names)
    for link, *pair in _met(tables):
        if all(tables[name].joined for name in pair):
            _other_codes(link, pair, tables, told)
            _refuse_standing(tables, pair)


def _other_codes(link: str, pair: Sequence[str], tables: Mapping[str, Table], told: Collection[str]) -> None:
    """Refuse classes and facts of two tables that other codes join: nobody counts them together."""
    classes = [name for name in pair if tables[name].quasi_identifiers]
    one, other = (tables[name] for name in pair)
    if one.person_link is not None and one.person_link == other.person_link != link:
        # All records of a person stand beside all others already; receipts tell which belong together.
        counted = len(classes) < 2 or "one" in {one.rows_per_person, other.rows_per_person}
    else:
        counted = not classes and not {*pair} & {*told}
    if counted:
        return
    together = listed((f"tables.{name}" for name in dict.fromkeys(pair)), "and")
    raise broken(
        "policy.joined_codes",
        f"a reader can join records of {together} by pseudonyms of link {link} that are not those of the"
        " people of both: classes and facts are not counted over such a join, and fewer than k people could"
        " share them",
        f"delete these codes in one column, or give them another link there; {_APART}",
        ("tables", pair[1], "joined"),
    )


def _refuse_standing(tables: Mapping[str, Table], names: Sequence[str]) -> None:
    for at, other in _standing(tables, names):
        raise broken(
            "policy.joined_deleted",
            f"the item is deleted here and stands in tables.{other}, which a reader joins with this table",
            f"treat it in tables.{other} too, for example with delete or generalize; rename the column there"
            f" if it is another item; {_APART}",
            at,
        )


def _classes_joined(names: Sequence[str], tables: Mapping[str, Table], requirements: Requirements) -> None:
    together = listed((f"tables.{name}" for name in names), "and")
    period = tables[names[0]].person_period  # the same in all tables of a link
    if period is not None:
        raise broken(
            "policy.joined_period",
            f"a reader can join {together} within each {period} alone, and joined classes are counted over"
            " all lines of a person: fewer than k people could share what stands side by side within one",
            f"remove per from the pseudonyms of the person; {_APART}",
            ("tables", names[0], "joined"),
        )
    if requirements.recoding != "full_domain":
        raise broken(
            "policy.joined_recoding",
            f"a reader can join {together} by their pseudonyms, and classes over several tables are formed by"
            f" recoding: full_domain alone, not by {requirements.recoding}",
            f"use recoding: full_domain; {_APART}",
            ("requirements", "recoding"),
        )
    if not requirements.deterministic_cut:
        raise broken(
            "policy.joined_cut",
            f"a reader can join {together} by their pseudonyms, and levels of joined tables are chosen for"
            " all of them at once, by a deterministic cut",
            f"remove deterministic_cut; {_APART}",
            ("requirements", "deterministic_cut"),
        )
    if requirements.nulls == "wildcard":
        raise broken(
            "policy.joined_nulls",
            f"a reader can join {together} by their pseudonyms, and nulls: wildcard knows no classes over"
            " several tables",
            f"use nulls: value; {_APART}",
            ("requirements", "nulls"),
        )
    if any(model.needs_population for model in requirements.models):
        raise broken(
            "policy.joined_population",
            f"a reader can join {together} by their pseudonyms, and {OF_POPULATION} compare one table"
            " with its population",
            f"remove the model; {_APART}",
            ("requirements", "models"),
        )


def _standing(tables: Mapping[str, Table], names: Sequence[str]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Find columns that one table deletes or drops, and another releases with the values of the source.

    A quasi-identifier is no such column: the joined classes count it. Nor is one whose methods leave only
    what many people share, or pseudonyms.
    """
    for name in names:
        for column, declared in tables[name].columns.items():
            if declared.released:
                continue
            for other in names:
                there = tables[other].columns.get(column)
                if there and (there.carries_values or there.keep) and not there.quasi_identifier:
                    yield ("tables", name, "columns", column), other
