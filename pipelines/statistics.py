"""The job `tokumei statistics`: ledgers of many bodies become figures and pages for everybody."""

from __future__ import annotations

import argparse
import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from tokumei.pipelines.cli import run_as_program
from tokumei.schemas import japan_time

SITE = "statistics"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the job's own arguments; everything else goes to Beam unchanged."""
    parser.add_argument(
        "registers",
        nargs="+",
        metavar="OUTPUT",
        help="directory or gs:// URI that holds register/, with ledgers",
    )
    parser.add_argument(
        "--year", type=int, metavar="YYYY", help="fiscal year: 2017 is 平成29年度 (default: that of --as-of)"
    )
    parser.add_argument(
        "--pages",
        default=SITE,
        metavar="DIR",
        help=f"directory or gs:// URI of the pages, with CSV and JSON (default: {SITE})",
    )
    parser.add_argument(
        "--as-of", type=_day, metavar="DATE", help="the last day that counts, YYYY-MM-DD (default: today)"
    )


def _day(text: str) -> dt.date:
    from tokumei.schemas.strict import as_day

    day = as_day(text)
    if day is None:
        raise argparse.ArgumentTypeError("must be a day, YYYY-MM-DD")
    return day  # type: ignore[no-any-return]


def run(args: argparse.Namespace, beam_args: Sequence[str]) -> int:
    """Count every ledger of the registers, and write the site; returns 0.

    Raises:
        PolicyError: an argument or option is wrong.
        InputError: there is no ledger, one is damaged, or storage fails.
        RequirementError: sums of the figures do not agree; nothing is written.
    """
    from tokumei.pipelines.launcher.counting import count_on
    from tokumei.pipelines.launcher.options import (
        begins_job_server,
        empty_pipeline,
        pin_runner,
        refuse_unknown,
    )
    from tokumei.pipelines.launcher.own_process import one_temporary_folder
    from tokumei.pipelines.launcher.plain_beam import import_beam
    from tokumei.pipelines.launcher.terminal import quiet
    from tokumei.schemas.errors import PolicyError
    from tokumei.schemas.figures import FIRST_YEAR
    from tokumei.schemas.regimes import fiscal_year

    until = args.as_of or japan_time.today()
    year = fiscal_year(until) if args.year is None else args.year
    if not FIRST_YEAR <= year <= fiscal_year(until):
        raise PolicyError(
            "usage.year",
            where="--year",
            what=f"the fiscal years that can be counted are {FIRST_YEAR} to {fiscal_year(until)}",
            fix="give one of them, or a later --as-of",
        )
    options = pin_runner(beam_args)
    with quiet():
        from tokumei.transforms.figures.account import YearAsked

        if beam_args:
            refuse_unknown(options)
        folders = _ledgers(args.registers)
        import_beam(beam_args)
        begins = begins_job_server(options)
    with one_temporary_folder(until_exit=begins):
        with quiet():
            pipeline = empty_pipeline(options)
        described = count_on(pipeline, folders, YearAsked(year, until, _everywhere(args.pages)))
    print(
        described
        or f"figures of fiscal {year}, {len(folders):,} bodies, as of {until}: {args.pages}/index.html"
    )
    return 0


def _everywhere(place: str) -> str:
    """Return a place as workers name it, who may have another working directory."""
    return place if "://" in place else str(Path(place).absolute())


def _ledgers(registers: Sequence[str]) -> list[str]:
    from tokumei.schemas.errors import InputError
    from tokumei.transforms.ledger.journal import journals
    from tokumei.transforms.storage.places import open_store

    found = []
    for output in map(_everywhere, registers):
        store = open_store(output)
        ledgers = journals(store, store.join(output, "register"))
        if not ledgers:
            raise InputError(
                "figures.no_ledger",
                where=output,
                what="no body has a ledger in register/ here",
                fix="name the directory that --output of tokumei call, propose, … named",
            )
        found += [ledger.folder for ledger in ledgers]
    return found


if __name__ == "__main__":
    run_as_program(__spec__)
