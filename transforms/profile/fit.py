"""From the profile to decisions: checks that stop the run, then the fitted criteria 1 to 4."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tokumei.schemas.errors import InputError, RequirementError
from tokumei.transforms.counting.headcount import Headcount
from tokumei.transforms.criteria.chain import Measured
from tokumei.transforms.decisions.fitted import Fits, FittedTable
from tokumei.transforms.engine.run_key import RunKey
from tokumei.transforms.formats.reasons import advice_for
from tokumei.transforms.planning.plan import Plan, TablePlan
from tokumei.transforms.profile.profile import MAX_PLACES, Profile, RejectPlace, TableProfile


def tables_to_count(tables: Mapping[str, TablePlan], profile: Profile) -> frozenset[str]:
    """Return the tables whose people must be counted one by one: several rows a person, or no proof."""
    return frozenset(
        name
        for name, plan in tables.items()
        if plan.table.person is not None
        and name in profile
        and (plan.counts_people or not profile[name].one_row_a_person())
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
        InputError: too many rejects, records without a person, several rows a person where one was
            declared, or a table without any record.
    """
    _check_rejects(plan, profile)
    fitted = {}
    for name, table in plan.tables.items():
        found = profile.get(name)
        if found is None or found.records == 0:
            raise InputError(
                "input.empty",
                where=f"tables.{name} ({table.table.source.path})",
                what="the input has no record",
                fix="check that the file is complete; an empty file is never released",
            )
        _check_people(table, found, people)
        columns = {
            c: chain.fit(_widened(plan, profile, table, c), key)
            for c, chain in table.chains.items()
            if chain.steps or chain.needs_profile
        }
        count = people.get(name, found.records) if table.table.person is not None else None
        fitted[name] = FittedTable(
            columns=columns,
            rejected=found.rejected,
            records=found.records,
            people=count,
            rejects=found.rejects,
            proven=name not in people,
            blank=found.blank,
            counted=all(profile[n].tuples is not None for n, owner in plan.owners.items() if owner == name),
        )
    return fitted


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
    total = sum(n for t in profile.values() for n in t.rejects.values())
    if total <= plan.policy.rejects.limit:
        return
    kinds = [
        f"{name}{f'.{column}' if column else ''}: {reason} ({n:,})"
        for name, t in profile.items()
        for (column, reason), n in sorted(t.rejects.items())
    ]
    reasons = [place for t in profile.values() for place in t.rejects]
    places = [place for t in profile.values() for place in t.places][:MAX_PLACES]
    raise InputError(
        "input.rejects",
        where=_told(places) + (" …" if total > len(places) else ""),
        what=f"{total:,} unreadable records (allowed: {plan.policy.rejects.limit:,}): {'; '.join(kinds[:9])}",
        fix="; ".join(
            [*advice_for(reason for _, reason in reasons), _FIX if any(c for c, _ in reasons) else _ALLOW]
        ),
    )


def _told(places: Sequence[RejectPlace]) -> str:
    """Write places, each file and each split named once."""
    text, last = "", ("", "")
    for uri, split, record in places:
        if (uri, split) == last:
            text += f", {record}"
        else:
            text += (
                ("; " if text else "") + (f"{uri} " if uri != last[0] else "") + f"{split} record {record}"
            )
        last = uri, split
    return text


def _check_people(table: TablePlan, found: TableProfile, people: Mapping[str, int]) -> None:
    where = f"tables.{table.name}.{table.table.person}"
    if found.missing_person:
        raise InputError(
            "input.person_missing",
            where=where,
            what=f"{found.missing_person:,} records do not say whose they are",
            fix="fill the person column; without it people cannot be counted",
        )
    count = people.get(table.name)
    if not table.counts_people and count is not None and count < found.records:
        raise InputError(
            "input.several_rows",
            where=where,
            what=f"declared one row a person, but {found.records:,} records belong to {count:,} people",
            fix="declare rows_per_person: several, or remove the repeated records",
        )
