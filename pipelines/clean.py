"""The job `tokumei clean`: removes what killed or beaten runs left in an output directory."""

from __future__ import annotations

import argparse
import time

from tokumei.pipelines.cli import run_as_program

DAYS = 7
_LONGEST = 36_500


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the job's arguments."""
    parser.add_argument("output", metavar="OUTPUT", help="directory or gs:// URI, as --output of anonymize")
    parser.add_argument(
        "--older-than",
        metavar="DAYS",
        type=_days,
        default=DAYS,
        help="remove only what a run left that wrote nothing for so many days; must be longer than any run"
        f" pauses between two parts, or before its manifest (default: {DAYS})",
    )
    parser.add_argument("--dry-run", action="store_true", help="only say what would be removed")


def _days(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 6 and 1 <= int(text) <= _LONGEST):
        raise argparse.ArgumentTypeError(f"must be a whole number of days from 1 to {_LONGEST}")
    return int(text)


def run(args: argparse.Namespace) -> int:
    """Clean an output directory; prints what was removed.

    Raises:
        InputError: something could not be read or removed, for example a release whose manifest is damaged;
            it is left alone, and all else is cleaned.
    """
    from tokumei.pipelines.launcher.own_process import sweep
    from tokumei.pipelines.launcher.terminal import quiet

    with quiet():
        from tokumei.transforms.release.orphans import clean
        from tokumei.transforms.storage.places import open_store

    before = time.time() - args.older_than * 86_400
    done = clean(open_store(args.output), args.output, before, dry_run=args.dry_run)
    verb = "would remove" if args.dry_run else "removed"
    swept = sweep(dry_run=args.dry_run)
    for uri in (*done.files, *done.folders, *swept):
        print(f"  {uri}")
    print(f"{verb} {len(done.files):,} file(s) of no release and {len(done.folders):,} empty folder(s)")
    if swept:
        print(f"{verb} {len(swept):,} temporary folder(s) of killed runs of this user on this machine")
    if done.young:
        print(f"kept {done.young:,} younger than {args.older_than} day(s): a run may still be going on")
    if done.unknown:
        print(f"kept {done.unknown:,} that tokumei did not write")
    for problem in done.problems[1:]:
        print(f"left alone: {problem.where}")
    if done.problems:
        raise done.problems[0]
    return 0


if __name__ == "__main__":
    run_as_program(__spec__)
