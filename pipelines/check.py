"""The job `tokumei check`: the policy against itself and against the headers of the real files."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from tokumei.pipelines.cli import run_as_program

if TYPE_CHECKING:
    from tokumei.schemas.column import Column


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the job's arguments."""
    parser.add_argument("policy", metavar="POLICY.yaml", help="path or gs:// URI")


def _loses_its_name(column: Column) -> bool:
    """Whether criterion 1 or 3 leaves something else (生年月日 → 年齢), and nobody has named it."""
    return column.released_as is None and any(method.criterion in {1, 3} for method in column.treat)


def run(args: argparse.Namespace) -> int:
    """Check a policy; prints what each table will release."""
    from tokumei.pipelines.launcher.outcome import warn
    from tokumei.pipelines.launcher.terminal import quiet

    with quiet():  # libraries log while they are imported
        from tokumei.transforms.planning.inputs import check_files
        from tokumei.transforms.planning.plan import plan_populations, plan_tables
        from tokumei.transforms.storage.policy_folder import folder_of, read_policy

        policy, base = read_policy(args.policy), folder_of(args.policy)

        tables = plan_tables(policy, base)
        files = check_files([*tables.values(), *plan_populations(tables).values()], base)
    for name, plan in tables.items():
        count = sum(f.table == name for f in files)
        print(f"{name}: {count} file(s), {len(plan.table.released)} of {len(plan.columns)} columns released")
        print(f"  quasi-identifiers: {', '.join(plan.quasi_identifiers) or 'none'}")
        unnamed = [name for name in plan.table.released if _loses_its_name(plan.table.columns[name])]
        if unnamed:
            print(f"  released_as is missing: the notice will call them what they were: {', '.join(unnamed)}")
    warn(policy)
    print("the policy is valid and fits the files")
    return 0


if __name__ == "__main__":
    run_as_program(__spec__)
