"""The job `tokumei verify`: published releases are read again and compared with what is said of them."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from tokumei.pipelines.cli import run_as_program
from tokumei.schemas.errors import InputError

if TYPE_CHECKING:
    from tokumei.transforms.release.reread import Difference, Reread
    from tokumei.transforms.storage.base import Store


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the job's arguments."""
    parser.add_argument("output", metavar="OUTPUT", help="directory or gs:// URI, as --output of anonymize")
    parser.add_argument(
        "--release-id", metavar="ID", help="one release (default: every one that is published)"
    )


def run(args: argparse.Namespace) -> int:
    """Read the releases of an output directory again; prints a line for each.

    Every release is read, whatever is found in others.

    Raises:
        InputError: a file of a release is missing, is not as it was published, or is not listed; or the
            release and its register entry differ.
    """
    from tokumei.transforms.release.reread import reread
    from tokumei.transforms.storage.places import open_store

    store = open_store(args.output)
    names = [args.release_id] if args.release_id is not None else _published(store, args.output)
    wrong: list[Difference] = []
    for name in names:
        found = reread(store, args.output, name)
        for difference in found.differences:
            print(f"  {difference.uri} {difference.what}")
        print(
            f"{name}: {'whole' if not found.differences else 'NOT whole'}{_withdrawn(found)},"
            f" {found.records:,} records in {found.parts:,} part(s), {found.documents:,} documents"
        )
        wrong += found.differences
    if wrong:
        raise InputError(
            "release.damaged",
            where=wrong[0].uri,
            what=f"{len(wrong):,} file(s) of published releases are not as they were published: the first"
            f" {wrong[0].what}",
            fix="if its run died, run the same tokumei anonymize again, which completes the documents; else"
            " find out who writes there; restore files from a backup, take away what is not listed"
            " (tokumei clean), or publish under another --release-id",
        )
    return 0


def _withdrawn(found: Reread) -> str:
    return "" if found.withdrawn is None else f", withdrawn {found.withdrawn.at}"


def _published(store: Store, output: str) -> list[str]:
    from tokumei.transforms.release.manifest import MANIFEST

    releases = store.join(output, "releases")
    found = [name for name in store.folders(releases) if store.exists(store.join(releases, name, MANIFEST))]
    if not found:
        raise InputError(
            "release.none",
            where=output,
            what="there is no published release here",
            fix="give the directory or URI that was the --output of tokumei anonymize",
        )
    return found


if __name__ == "__main__":
    run_as_program(__spec__)
