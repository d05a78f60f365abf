"""The job `tokumei check`: the policy against itself, and against headers and first records of its files."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from tokumei.pipelines.cli import run_as_program
from tokumei.pipelines.launcher.settings import add_settings, settings_of
from tokumei.schemas.errors import PolicyError

if TYPE_CHECKING:
    from tokumei.schemas.column import Column
    from tokumei.schemas.treatments import PseudonymPeriod
    from tokumei.transforms.planning.histories import HistoryPlan
    from tokumei.transforms.planning.plan import TablePlan
    from tokumei.transforms.preview.look import Seen

SAMPLE = 10_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the job's arguments."""
    parser.add_argument("policy", metavar="POLICY.yaml", help="path or gs:// URI")
    parser.add_argument(
        "--sample",
        type=int,
        default=SAMPLE,
        metavar="N",
        help=f"records of each file to try, from its start (default: {SAMPLE:,}; 0: only headers)",
    )
    add_settings(parser)


def _loses_its_name(column: Column) -> bool:
    """Whether criterion 1 or 3 leaves something else (生年月日 → 年齢), and nobody has named it."""
    return column.released_as is None and any(method.criterion in {1, 3} for method in column.treat)


def run(args: argparse.Namespace) -> int:
    """Check a policy; prints what each table will release, and what its first records show.

    Raises:
        PolicyError: the policy, or an argument, is wrong.
        InputError: a run would end with it: wrong files, columns or types, unreadable records, values that
            are not in a hierarchy, people that are not told apart.
        RequirementError: a released column holds what must not be in it.
    """
    from tokumei.pipelines.launcher.outcome import warn
    from tokumei.pipelines.launcher.terminal import quiet

    if args.sample < 0:
        raise PolicyError(
            "usage.sample",
            where="--sample",
            what="a number of records is 0 or more",
            fix="leave it out, or give 0 to look at headers only",
        )
    with quiet():  # libraries log while they are imported
        from tokumei.transforms.planning.histories import period_of
        from tokumei.transforms.planning.inputs import check_files
        from tokumei.transforms.planning.plan import Plan
        from tokumei.transforms.planning.plan_tables import plan_populations, plan_tables
        from tokumei.transforms.storage.policy_folder import folder_of, read_policy

        policy, base = read_policy(args.policy, settings_of(args)), folder_of(args.policy)

        tables = plan_tables(policy, base)
        plan = Plan(
            policy=policy,
            tables=tables,
            populations=plan_populations(tables),
            output="",
            release_id="",
            work="",
            attempt="",
        )
        files = check_files([*plan.sources.values()], base)
        seen: Mapping[str, Seen] = {}
        if args.sample:
            from tokumei.transforms.preview.look import look  # it brings Beam along

            seen = look(plan, files, args.sample)
    for name, table in tables.items():
        count = sum(f.table == name for f in files)
        print(
            f"{name}: {count} file(s), {len(table.table.released)} of {len(table.columns)} columns released"
        )
        print(f"  quasi-identifiers: {', '.join(table.quasi_identifiers) or 'none'}")
        for total in table.table.totals:
            print(f"  totals: {total.sentence()}")
        unsearched = {c: None for f in files if f.table == name for c in f.unsearched}
        if unsearched:
            print(f"  deleted, but not searched for in the release: {', '.join(unsearched)} (no text)")
        unnamed = [name for name in table.table.released if _loses_its_name(table.table.columns[name])]
        if unnamed:
            print(f"  released_as is missing: the notice will call them what they were: {', '.join(unnamed)}")
        for line in _told(table, seen[name]) if seen else ():
            print(f"  {line}")
    for history in plan.histories:
        for line in _facts_told(history, period_of(policy.tables, history)):
            print(line)
    warn(policy)
    _conclude(args.sample, tables, seen)
    return 0


def _facts_told(history: HistoryPlan, period: PseudonymPeriod | None) -> Iterator[str]:
    """Say what a declaration of facts means, in one sentence a fact."""
    most = "one" if history.known == 1 else f"up to {history.known}"
    within = "" if period in (None, "table") else f", of one {period},"
    yield (
        f"people of {history.people}: whoever knows {most} of these facts about a person{within} finds"
        f" nobody, or at least {history.k} people who have them all:"
    )
    for i, fact in enumerate(history.history.facts, 1):
        yield f"  {i}. {fact.sentence()}"
    declared = history.history
    if declared.at_most is not None:
        yield (
            f"  and no value of {declared.at_most.table}.{declared.at_most.column} is held by more than"
            f" {declared.at_most.share:g} of those who have such facts"
        )


def _told(table: TablePlan, seen: Seen) -> Iterator[str]:
    """Say what the first records of a table showed; counts, never a value."""
    from tokumei.transforms.preview.look import chance_leaks

    which = "all" if seen.looked.whole else "the first"
    yield f"looked at {which} {seen.looked.records:,} records of {seen.looked.files} file(s)"
    for (column, reason), n in sorted(seen.rejects.items()):
        yield f"unreadable, and left out under rejects.limit: {column or 'record'}: {reason} ({n:,})"
    for column, (blank, values) in seen.unread.items():
        if blank:
            yield f"{column}: {blank:,} of {values:,} values are not understood and will be blank"
    for column in seen.empty():
        yield f"{column}: no record has a value"
    for column, (distinct, values) in seen.nearly_unique().items():
        different = f"{distinct:,} of {values:,} values are different"
        yield f"{column} is kept, and {different}: does it tell people apart?"
    leaks = chance_leaks(table, seen)
    if leaks:
        yield f"if the whole file is like this, the run will stop: {leaks}"


def _conclude(sample: int, tables: Mapping[str, TablePlan], seen: Mapping[str, Seen]) -> None:
    """Say what was found, and what was not looked at."""
    if not sample:
        print("the policy is valid and fits the headers of its files; no record was looked at (--sample 0)")
        return
    from tokumei.transforms.preview.look import chance_leaks

    whole = all(s.looked.whole for s in seen.values())
    where = "all records" if whole else f"the first {sample:,} records of each file"
    doubtful = any(chance_leaks(tables[name], found) for name, found in seen.items())
    found = "what may stop a run stands above: it was" if doubtful else "nothing that stops a run was"
    print(f"the policy is valid; {found} found in {where}")
    rest = "" if whole else "the records after them, "
    print(
        f"not looked at: {rest}classes of k people, rare combinations, what else the whole file decides;"
        " people over several tables, and how many people the release holds"
    )


if __name__ == "__main__":
    run_as_program(__spec__)
