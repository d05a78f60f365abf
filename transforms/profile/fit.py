"""From the profile to decisions: checks that stop the run, then the fitted criteria 1 to 4."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby

from tokumei.schemas.errors import InputError, RequirementError
from tokumei.transforms.counting.headcount import Headcount
from tokumei.transforms.counting.person_values import PeopleValues
from tokumei.transforms.criteria.chain import Measured
from tokumei.transforms.decisions.fitted import Fits, FittedTable
from tokumei.transforms.detect.name_set import NameSet
from tokumei.transforms.engine.run_key import RunKey
from tokumei.transforms.formats.batches import ABSENT
from tokumei.transforms.formats.found_at import MAX_PLACES, found_at
from tokumei.transforms.formats.reasons import advice_for
from tokumei.transforms.formats.unread import advice
from tokumei.transforms.planning.delivered import refuse_other_numbers
from tokumei.transforms.planning.name_columns import carries_sentences
from tokumei.transforms.planning.plan import Plan, TablePlan
from tokumei.transforms.profile.decoding import refuse_wrong_encoding
from tokumei.transforms.profile.profile import Profile, TableProfile
from tokumei.transforms.profile.released_words import refuse_people_in_words
from tokumei.transforms.profile.repeats import first_repeats
from tokumei.transforms.profile.spellings import doubtful_spellings


def tables_to_count(tables: Mapping[str, TablePlan], profile: Profile) -> frozenset[str]:
    """Return the tables whose people must be counted one by one.

    These have several rows a person, or no proof of one, or codes that may be the same in another spelling.
    """
    doubtful = doubtful_spellings(tables, profile)
    return frozenset(
        name
        for name, plan in tables.items()
        if plan.table.person is not None
        and name in profile
        and (plan.counts_people or plan.numbering in doubtful or not profile[name].one_row_a_person())
    )


def check_keys(profile: Profile, people: Headcount, key: RunKey) -> None:
    """Refuse counts of people whom two keys hashed: each of them would count twice, and look less rare.

    An engine that loses the key together with a machine draws another, and may still have what was measured
    with the first.

    Raises:
        RequirementError: the profile or the head count was made with another key than this one.
    """
    keys = people.keys.union(*(table.keys for table in profile.values()))
    if keys - {key.fingerprint}:
        raise RequirementError(
            "verification.keys",
            where="pass 1",
            what="people were counted with different keys: the engine lost the first one",
            fix="run again",
        )


def fit(plan: Plan, profile: Profile, people: Mapping[str, int], key: RunKey) -> Fits:
    """Check the input as a whole, then decide.

    Args:
        plan: the run.
        profile: the merged profile.
        people: distinct people of the tables in `tables_to_count`.
        key: the key of the run.

    Raises:
        InputError: a wrong encoding, too many rejects, records without a person, several rows a person where
            one was declared, a table without any record, or with other numbers than the policy expects.
        RequirementError: somebody's name stands in what is released beside the cells.
    """
    _check_rejects(plan, profile)
    _check_numbers(plan, profile, people)
    fitted = {}
    names = NameSet.merged([found.names for found in profile.values() if found.names is not None])
    if names is not None:
        refuse_people_in_words(plan, names)
    for name, table in plan.tables.items():
        found = profile.get(name)
        if found is None or found.records == 0:
            raise InputError(
                "input.empty",
                where=f"tables.{name} ({table.table.source.path})",
                what="the input has no record"
                if found is None or not found.missing_person
                else f"none of the {found.missing_person:,} records has a person code",
                fix="check that the file is complete; an empty file is never released",
            )
        _check_people(table, found, people, key)
        _check_times(table, found)
        columns = {
            c: chain.fit(_widened(plan, profile, table, c), key)
            for c, chain in table.chains.items()
            if chain.steps or chain.needs_profile
        }
        count = people.get(name, found.records) if table.table.person is not None else None
        fitted[name] = FittedTable(
            columns=columns,
            rejected=found.rejected,
            seen={
                k: v for n, owner in plan.owners.items() if owner == name for k, v in profile[n].seen.items()
            },
            records=found.records,
            people=count,
            rejects=found.rejects,
            notes=_told_notes(found),
            unattributed=found.missing_person,
            proven=name not in people,
            blank=found.blank,
            least=found.least,
            names=names if carries_sentences(table.table) else None,
            theirs=_theirs(table, profile),
            counted=all(profile[n].tuples is not None for n, owner in plan.owners.items() if owner == name),
        )
    return fitted


def _check_numbers(plan: Plan, profile: Profile, people: Mapping[str, int]) -> None:
    """Compare what was read with what is expected of a delivery; a sample is none."""
    for name, table in plan.sources.items():
        if plan.sample is None and name in profile:
            where = f"tables.{name.replace('#', '.')}.source.expect"
            found = profile[name].records
            refuse_other_numbers(table.table.source.expect, where, found, people.get(name, found))


def _theirs(table: TablePlan, profile: Profile) -> PeopleValues | None:
    """Return what the tables that it is joined with delete of its people."""
    others = [profile[name].theirs for name in table.together if name != table.name and name in profile]
    return PeopleValues.merged([one for one in others if one is not None])


def _told_notes(found: TableProfile) -> dict[tuple[str, str], int]:
    """Return the notes worth telling: a key may be missing from some records, but hardly from all of them."""
    return {
        (column, note): n
        for (column, note), n in sorted(found.notes.items())
        if note != ABSENT or n >= found.records
    }


def _widened(plan: Plan, profile: Profile, table: TablePlan, column: str) -> Measured | None:
    """Return a column's measurements; the population's values join the domain, and decide nothing."""
    measured = profile[table.name].columns.get(column)
    population = plan.populations.get(table.name)
    if population is None or column not in table.quasi_identifiers or measured is None:
        return measured
    found = profile.get(population.name)
    if found is None or found.records == 0:
        raise InputError(
            "input.empty",
            where=f"tables.{table.name}.population ({population.table.source.path})",
            what="the population has no record",
            fix="check that the file is complete",
        )
    return table.chains[column].widen(measured, found.columns[column])


_ALLOW = "correct the file, or allow the records by rejects.limit in the policy"
_FIX = (
    "correct the file or the declared types, list texts that mean 'no value' in source.null_values"
    ' (null_values: ["", 不明]; it replaces the default, the empty text), or allow the records by'
    " rejects.limit in the policy"
)


def _check_rejects(plan: Plan, profile: Profile) -> None:
    for name, found in profile.items():
        refuse_wrong_encoding(plan.sources[name].table.source, found.decoding)
    total = sum(n for t in profile.values() for n in t.rejects.values())
    if total <= plan.policy.rejects.limit:
        return
    kinds = [
        f"{name}{f'.{column}' if column else ''}: {reason} ({n:,})"
        for name, t in profile.items()
        for (column, reason), n in sorted(t.rejects.items())
    ]
    reasons = [place for t in profile.values() for place in t.rejects]
    places = [(name, place) for name, t in profile.items() for place in t.places][:MAX_PLACES]
    by_table = groupby(places, key=lambda found: found[0])
    told = [found_at(plan.sources[name].table.source, [place for _, place in of]) for name, of in by_table]
    raise InputError(
        "input.rejects",
        where="; ".join(told) + (" …" if total > len(places) else ""),
        what=f"unreadable records: {total:,} (allowed: {plan.policy.rejects.limit:,}):"
        f" {'; '.join(kinds[:9])}",
        fix="; ".join(
            [
                *advice({reason for _, reason in reasons}),
                *advice_for(reason for _, reason in reasons),
                _FIX if any(c for c, _ in reasons) else _ALLOW,
            ]
        ),
    )


def _check_people(table: TablePlan, found: TableProfile, people: Mapping[str, int], key: RunKey) -> None:
    where = f"tables.{table.name}.{table.table.person}"
    if found.missing_person and table.table.person_missing is None:
        places = found_at(table.table.source, found.missing_places)
        raise InputError(
            "input.person_missing",
            where=f"{where}, {places}{' …' if found.missing_person > len(found.missing_places) else ''}",
            what=f"records that do not say whose they are: {found.missing_person:,}",
            fix="fill the person column; or say person_missing: drop on the table, and these records are left"
            " out, or person_missing: each_alone, and each is a person of its own without pseudonym",
        )
    count = people.get(table.name)
    if not table.counts_people and count is not None and count < found.records:
        repeats = first_repeats(table, found, key)
        more = " …" if found.records - count > len(repeats) else ""
        raise InputError(
            "input.several_rows",
            where=f"{where}, {found_at(table.table.source, repeats)}{more}" if repeats else where,
            what=f"declared one row a person, but {found.records:,} records belong to {count:,} people",
            fix="declare rows_per_person: several, or remove the repeated records",
        )


def _check_times(table: TablePlan, found: TableProfile) -> None:
    for name, missing in found.missing_times.items():
        raise InputError(
            "input.period_missing",
            where=f"tables.{table.name}.{name}",
            what="records that do not say when they were made, so that no pseudonym of a period fits them:"
            f" {missing:,}",
            fix="fill the column, or leave these records out of the file; per: table asks for no time",
        )
