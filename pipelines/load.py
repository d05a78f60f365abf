"""The job `tokumei load`: a published release is verified, and loaded into tables of others, once."""

from __future__ import annotations

import argparse
from functools import partial

from tokumei.pipelines.cli import run_as_program


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the job's arguments."""
    parser.add_argument("output", metavar="OUTPUT", help="directory or gs:// URI, as --output of anonymize")
    parser.add_argument("--release-id", metavar="ID", required=True, help="the release")
    parser.add_argument("--into", metavar="URI", required=True, help="iceberg://CATALOG/NAMESPACE")


def run(args: argparse.Namespace) -> int:
    """Verify the release and load it; prints a line for each table.

    Raises:
        PolicyError: the place is none, or the library that it needs is not installed.
        AlreadyPublishedError: the release was withdrawn.
        InputError: the release is not as it was published, or the place does not take it.
        TokumeiError: somebody else wrote there meanwhile.
    """
    from tokumei.pipelines.launcher.terminal import quiet
    from tokumei.transforms.loading.iceberg import iceberg_target, load_into_iceberg
    from tokumei.transforms.loading.loadable import find_loadable, loadable_rows
    from tokumei.transforms.storage.places import open_store

    catalog, namespace = iceberg_target(args.into)
    store = open_store(args.output)
    release = find_loadable(store, args.output, args.release_id)
    with quiet():
        for done in load_into_iceberg(
            release, partial(loadable_rows, store, release.base), catalog, namespace
        ):
            gone = f", {done.deleted:,} of replaced releases deleted" if done.deleted else ""
            became = "loaded" if done.new else "are there already"
            print(f"{done.table}: {done.records:,} records {became}{gone}")
    return 0


if __name__ == "__main__":
    run_as_program(__spec__)
