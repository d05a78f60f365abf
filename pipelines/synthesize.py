"""`tokumei synthesize`: write synthetic agency files of any size, or ledgers of agencies."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tokumei.pipelines.cli import run_as_program
from tokumei.schemas.errors import PolicyError
from tokumei.schemas.formats import SOURCE_FORMATS, listed
from tokumei.transforms.synthesis import LEDGERS, PRESETS, SYNTHETIC_FORMATS

if TYPE_CHECKING:
    from tokumei.transforms.synthesis.files import FilePlan

MAX_ROWS = 10**8
_ENCODINGS = ("utf-8", "utf-8-sig", "cp932", "euc_jp")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `tokumei synthesize` on a parser."""
    about = "; ".join(f"{name} = {text}" for name, text in (PRESETS | LEDGERS).items())
    parser.add_argument("preset", choices=sorted(PRESETS | LEDGERS), help=about)
    parser.add_argument(
        "--rows",
        type=int,
        default=1000,
        help=f"1 to {MAX_ROWS:,}; presets of two files make this many uses or receipts,"
        " and a tenth of it members; agencies so many cases",
    )
    parser.add_argument("--seed", type=int, default=0, help="same seed, same bytes; 0 or more")
    parser.add_argument("--format", choices=SYNTHETIC_FORMATS, default=SYNTHETIC_FORMATS[0])
    encoded = listed((name for name in SYNTHETIC_FORMATS if SOURCE_FORMATS[name].encodings), "and")
    parser.add_argument("--encoding", choices=_ENCODINGS, default="utf-8", help=f"{encoded} only")
    parser.add_argument("--line-ending", choices=("lf", "crlf"), default="lf", help="text formats only")
    parser.add_argument("--gzip", action="store_true", help="compress; text formats only")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="folder, made if missing")
    parser.add_argument(
        "--peculiar",
        type=int,
        metavar="N",
        help="planted peculiar people (default: one of each kind; none in files too small for that)",
    )
    parser.add_argument(
        "--dirty", type=int, default=0, metavar="N", help="unreadable rows; text formats only"
    )
    parser.add_argument(
        "--person-order",
        choices=("ascending", "random"),
        default="ascending",
        help="order of person ids in the file; residents only",
    )
    parser.add_argument("--force", action="store_true", help="replace existing files")


def run(args: argparse.Namespace) -> int:
    """Write the files the arguments ask for, each with `<name>.planted.json` beside it.

    The sidecar lists planted and dirty rows by record number from 1 (a header is not counted). Files
    appear under their names only when complete.

    Returns:
        Exit status 0.

    Raises:
        PolicyError: an argument is out of range, arguments exclude each other, or a file exists.
    """
    _check(args)
    if args.preset in LEDGERS:
        _write_ledgers(args)
        return 0
    from tokumei.transforms.synthesis.files import Order, plan_files, write_file
    from tokumei.transforms.synthesis.write import Layout

    layout = Layout(args.format, args.encoding, args.line_ending == "crlf", args.gzip)
    order = Order(
        preset=args.preset,
        rows=args.rows,
        seed=args.seed,
        peculiar=args.peculiar,
        dirty=args.dirty,
        shuffled=args.person_order == "random",
    )
    plans = plan_files(order, layout, args.output)
    _refuse_existing(plans, force=args.force)
    _make(args.output)
    for plan in plans:
        started = time.perf_counter()
        write_file(plan, order, layout)
        elapsed = time.perf_counter() - started
        print(f"{plan.path}: {plan.rows:,} rows, {plan.rows / elapsed:,.0f} rows/s")
        print(f"{plan.sidecar}: {len(plan.plants)} peculiar, {len(plan.dirt)} dirty")
    return 0


def _make(folder: Path) -> None:
    from tokumei.transforms.storage.base import refused

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise refused(str(folder), "file") from None
    except PermissionError:
        raise refused(str(folder), "permission") from None


def _write_ledgers(args: argparse.Namespace) -> None:
    """Write the ledger of each body into register/ of the output; a ledger that is there is not touched."""
    from tokumei.transforms.ledger.journal import Reached, journal_of, journals
    from tokumei.transforms.storage.places import open_store
    from tokumei.transforms.synthesis.agencies import agencies, events_of_agency

    store = open_store(str(args.output))
    register = store.join(str(args.output), "register")
    if journals(store, register):
        raise PolicyError(
            "synthesize.exists",
            where=register,
            what="there are ledgers, to which nothing synthetic is added",
            fix="choose another --output",
        )
    started, events, bodies = time.perf_counter(), 0, agencies(args.rows, args.seed)
    for body in bodies:
        journal, reached = journal_of(store, register, body.name), Reached()
        for segment in events_of_agency(body, args.seed):
            reached = journal.append(segment, reached) or reached
            events += len(segment)
    elapsed = time.perf_counter() - started
    print(f"{register}: {len(bodies)} ledgers, {events:,} events, {events / elapsed:,.0f} events/s")


def _check(args: argparse.Namespace) -> None:
    text = SOURCE_FORMATS[args.format].text
    texts = listed((name for name in SYNTHETIC_FORMATS if SOURCE_FORMATS[name].text), "or")
    encoded = listed((name for name in SYNTHETIC_FORMATS if SOURCE_FORMATS[name].encodings), "or")
    wrong = [
        (not 1 <= args.rows <= MAX_ROWS, "--rows", f"outside 1 to {MAX_ROWS:,}", "give one in this range"),
        (args.seed < 0, "--seed", "negative", "give 0 or more"),
        (args.dirty < 0, "--dirty", "negative", "give 0 or more"),
        ((args.peculiar or 0) < 0, "--peculiar", "negative", "give 0 or more"),
        (args.dirty > 0 and not text, "--dirty", f"{args.format} is typed and cannot hold unreadable rows",
         f"use {texts}"),
        (args.gzip and not text, "--gzip", f"{args.format} compresses inside", "leave --gzip out"),
        (args.line_ending == "crlf" and not text, "--line-ending", f"{args.format} has no lines",
         "leave --line-ending out"),
        (args.encoding != "utf-8" and not SOURCE_FORMATS[args.format].encodings, "--encoding",
         f"{args.format} is always UTF-8", f"leave --encoding out, or use {encoded}"),
        (args.person_order == "random" and args.preset != "residents", "--person-order",
         "only residents have an order to choose", "leave --person-order out"),
        (args.preset in LEDGERS and (args.format, args.encoding, args.line_ending, args.gzip, args.peculiar,
                                     args.dirty, args.force)
         != (SYNTHETIC_FORMATS[0], "utf-8", "lf", False, None, 0, False),
         args.preset, "ledgers are Avro, and never replaced", "give --rows, --seed and --output alone"),
    ]  # fmt: skip
    for is_wrong, where, what, fix in wrong:
        if is_wrong:
            raise PolicyError("synthesize.usage", where=where, what=what, fix=fix)


def _refuse_existing(plans: list[FilePlan], *, force: bool) -> None:
    for path in (path for plan in plans for path in (plan.path, plan.sidecar)):
        if path.exists() and not force:
            raise PolicyError(
                "synthesize.exists",
                where=str(path),
                what="the file exists and is not overwritten",
                fix="choose another --output or give --force",
            )


if __name__ == "__main__":
    run_as_program(__spec__)
