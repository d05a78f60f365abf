"""The job `tokumei check`: the policy against itself and against the headers of the real files."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tokumei.pipelines.cli import run_as_program
from tokumei.schemas.errors import InputError

if TYPE_CHECKING:
    from tokumei.schemas.column import Column
    from tokumei.schemas.splits import TableFile
    from tokumei.transforms.planning.plan import TablePlan


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the job's arguments."""
    parser.add_argument("policy", metavar="POLICY.yaml", help="path or gs:// URI")


def check_files(plans: Sequence[TablePlan], base: str) -> list[TableFile]:
    """Find the input files of every table and compare their columns with those declared.

    Args:
        plans: of the tables, and of their populations.
        base: folder that relative source paths start from, a path or a gs:// URI.

    Raises:
        InputError: no file matches, a file cannot be opened, or its columns differ.
    """
    from tokumei.schemas.splits import TableFile
    from tokumei.transforms.formats.columns import refuse_other_columns
    from tokumei.transforms.formats.reader import read_header
    from tokumei.transforms.storage.base import open_store
    from tokumei.transforms.storage.policy_folder import locate

    found = []
    for plan in plans:
        name = plan.name
        path = locate(base, plan.table.source.path)
        store = open_store(path)
        files = store.glob(path)
        if not files:
            raise InputError(
                "input.missing",
                where=f"tables.{name.replace('#', '.')}.source.path",
                what=f"no file matches {plan.table.source.path}",
                fix="correct the path; it is relative to the policy file",
            )
        for file in files:
            if not is_text(file.uri):
                raise InputError(
                    "input.name",
                    where=f"tables.{name.replace('#', '.')}.source.path",
                    what="the name of a file that it matches is not UTF-8",
                    fix="rename the file",
                )
            source = plan.table.source
            header = read_header(source, file, store)
            if header.names is not None:
                refuse_other_columns(header.names, plan.columns, file.uri)
            elif source.header and source.format in {"csv", "tsv"}:
                # Among full files it would pass unseen; it is what a full disk or a broken export leaves.
                raise InputError(
                    "input.empty",
                    where=file.uri,
                    what="the file is empty: it has not even a header line",
                    fix="copy or export it again, or remove it from the path",
                )
            found.append(TableFile(name, file, header.records))
    return found


def is_text(path: str) -> bool:
    """Return whether a path is text: Python lets through names of any bytes, as halves of characters."""
    return not any("\ud800" <= c <= "\udfff" for c in path)


def refuse_released(inputs: Sequence[str], output: str) -> None:
    """Check that nothing is read that releases are written over, whatever links lead there.

    Raises:
        InputError: an input is part of a release, or of the register, of this output.
    """
    own = [_real(f"{output.rstrip('/')}/{folder}") + "/" for folder in ("releases", "register")]
    for uri in inputs:
        if any(_real(uri).startswith(folder) for folder in own):
            raise InputError(
                "input.released",
                where=uri,
                what="the file lies in releases/ or register/ of the output",
                fix="copy it to another place, or give another --output",
            )


def _real(path: str) -> str:
    return path if "://" in path else os.path.realpath(path)


def _loses_its_name(column: Column) -> bool:
    """Whether criterion 1 or 3 leaves something else (生年月日 → 年齢), and nobody has named it."""
    return column.released_as is None and any(method.criterion in {1, 3} for method in column.treat)


def run(args: argparse.Namespace) -> int:
    """Check a policy; prints what each table will release."""
    from tokumei.pipelines.launcher.terminal import quiet

    with quiet():  # libraries log while they are imported
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
    print("the policy is valid and fits the files")
    return 0


if __name__ == "__main__":
    run_as_program(__spec__)
