"""The job `tokumei load`: a published release is verified, and loaded into tables of others, once."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from tokumei.pipelines.cli import run_as_program
from tokumei.schemas.errors import PolicyError

if TYPE_CHECKING:  # keep `tokumei --help` fast
    from tokumei.transforms.loading.loadable import Loadable, Loaded, RowsOf

_ICEBERG = re.compile(r"iceberg://([\w-]+)/([\w.-]+)")
_BIGQUERY = re.compile(r"bigquery://([a-z][a-z0-9.:-]*)/([A-Za-z0-9_]+)")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the job's arguments."""
    parser.add_argument("output", metavar="OUTPUT", help="directory or gs:// URI, as --output of anonymize")
    parser.add_argument("--release-id", metavar="ID", required=True, help="the release")
    parser.add_argument(
        "--into",
        metavar="URI",
        required=True,
        help="iceberg://CATALOG/NAMESPACE or bigquery://PROJECT/DATASET",
    )


def run(args: argparse.Namespace) -> int:
    """Verify the release and load it; prints a line for each table.

    Raises:
        PolicyError: the place is none, or the library that it needs is not installed.
        AlreadyPublishedError: the release was withdrawn.
        InputError: the release is not as it was published, or the place does not take it.
        TokumeiError: somebody else wrote there meanwhile.
    """
    from tokumei.pipelines.launcher.terminal import quiet
    from tokumei.transforms.loading.loadable import find_loadable, loadable_rows
    from tokumei.transforms.storage.places import open_store

    load = _loader(args.into)
    store = open_store(args.output)
    release = find_loadable(store, args.output, args.release_id)
    with quiet():
        for done in load(release, partial(loadable_rows, store, release.base)):
            gone = f", {done.deleted:,} of replaced releases deleted" if done.deleted else ""
            became = "loaded" if done.new else "are there already"
            print(f"{done.table}: {done.records:,} records {became}{gone}")
    return 0


def _loader(into: str) -> Callable[[Loadable, RowsOf], Iterator[Loaded]]:
    """Return what loads into a place.

    Raises:
        PolicyError: it is none.
    """
    if found := _ICEBERG.fullmatch(into):
        from tokumei.transforms.loading.iceberg import load_into_iceberg

        return partial(load_into_iceberg, catalog=found[1], namespace=found[2])
    if found := _BIGQUERY.fullmatch(into):
        from tokumei.transforms.loading.bigquery import load_into_bigquery

        return partial(load_into_bigquery, project=found[1], dataset=found[2])
    raise PolicyError(
        "usage.into",
        where="--into",
        what="is no place where releases can be loaded",
        fix="write iceberg://CATALOG/NAMESPACE, with the name of a catalog as pyiceberg knows it, or"
        " bigquery://PROJECT/DATASET",
    )


if __name__ == "__main__":
    run_as_program(__spec__)
