"""`tokumei synthesize`: write synthetic agency files of any size."""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from tokumei.pipelines.cli import run_as_program
from tokumei.schemas.errors import PolicyError
from tokumei.transforms.synthesis import PRESETS

if TYPE_CHECKING:
    from tokumei.transforms.synthesis.dirty import Dirt
    from tokumei.transforms.synthesis.table import Plant, PresetFile
    from tokumei.transforms.synthesis.write import Layout

MAX_ROWS = 10**8
_What = TypeVar("_What")
_FORMATS = ("csv", "tsv", "parquet", "avro", "jsonl")
_ENCODINGS = ("utf-8", "utf-8-sig", "cp932", "euc_jp")


@dataclass(frozen=True)
class _Plan:
    """One file to write, and what is peculiar in it, by row number from 0."""

    table: PresetFile
    path: Path
    rows: int
    plants: dict[int, Plant]
    dirt: dict[int, Dirt]

    @property
    def sidecar(self) -> Path:
        return self.path.with_name(f"{self.table.name}.planted.json")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `tokumei synthesize` on a parser."""
    about = "; ".join(f"{name} = {text}" for name, text in PRESETS.items())
    parser.add_argument("preset", choices=sorted(PRESETS), help=about)
    parser.add_argument(
        "--rows",
        type=int,
        default=1000,
        help=f"1 to {MAX_ROWS:,}; presets of two files make this many uses or receipts,"
        " and a tenth of it members",
    )
    parser.add_argument("--seed", type=int, default=0, help="same seed, same bytes; 0 or more")
    parser.add_argument("--format", choices=_FORMATS, default="csv")
    parser.add_argument("--encoding", choices=_ENCODINGS, default="utf-8", help="csv and tsv only")
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
    from tokumei.transforms.synthesis.write import Layout

    layout = Layout(args.format, args.encoding, args.line_ending == "crlf", args.gzip)
    plans = _plan(args, layout)
    _refuse_existing(plans, force=args.force)
    args.output.mkdir(parents=True, exist_ok=True)
    for plan in plans:
        started = time.perf_counter()
        _write(plan, args, layout)
        elapsed = time.perf_counter() - started
        print(f"{plan.path}: {plan.rows:,} rows, {plan.rows / elapsed:,.0f} rows/s")
        print(f"{plan.sidecar}: {len(plan.plants)} peculiar, {len(plan.dirt)} dirty")
    return 0


def _usage(where: str, what: str, fix: str) -> PolicyError:
    return PolicyError("synthesize.usage", where=where, what=what, fix=fix)


def _check(args: argparse.Namespace) -> None:
    text = args.format not in ("parquet", "avro")
    wrong = [
        (not 1 <= args.rows <= MAX_ROWS, "--rows", f"outside 1 to {MAX_ROWS:,}", "give one in this range"),
        (args.seed < 0, "--seed", "negative", "give 0 or more"),
        (args.dirty < 0, "--dirty", "negative", "give 0 or more"),
        ((args.peculiar or 0) < 0, "--peculiar", "negative", "give 0 or more"),
        (args.dirty > 0 and not text, "--dirty", f"{args.format} is typed and cannot hold unreadable rows",
         "use csv, tsv or jsonl"),
        (args.gzip and not text, "--gzip", f"{args.format} compresses inside", "leave --gzip out"),
        (args.line_ending == "crlf" and not text, "--line-ending", f"{args.format} has no lines",
         "leave --line-ending out"),
        (args.encoding != "utf-8" and args.format not in ("csv", "tsv"), "--encoding",
         f"{args.format} is always UTF-8", "leave --encoding out, or use csv or tsv"),
        (args.person_order == "random" and args.preset != "residents", "--person-order",
         "only residents have an order to choose", "leave --person-order out"),
    ]  # fmt: skip
    for is_wrong, where, what, fix in wrong:
        if is_wrong:
            raise _usage(where, what, fix)


def _plan(args: argparse.Namespace, layout: Layout) -> list[_Plan]:
    from importlib import import_module

    from tokumei.transforms.synthesis.dirty import dirt_kinds
    from tokumei.transforms.synthesis.sampling import pick_rows

    tables: tuple[PresetFile, ...] = import_module(f"tokumei.transforms.synthesis.{args.preset}").TABLES
    kinds = [(table, plant) for table in tables for plant in table.plants]
    fits = all(table.rows(args.rows) >= len(table.plants) for table in tables)
    wanted = args.peculiar if args.peculiar is not None else len(kinds) if fits else 0
    plans = []
    for table in tables:
        rows = table.rows(args.rows)
        planted = [plant for of, plant in (kinds[i % len(kinds)] for i in range(wanted)) if of is table]
        dirty = args.dirty if table.takes_dirt else 0
        if len(planted) + dirty > rows:
            raise _usage(
                "--peculiar, --dirty",
                f"{table.name} has only {rows} rows for {len(planted)} peculiar and {dirty} dirty ones",
                "ask for more rows or fewer of them",
            )
        plant_rows = pick_rows(args.seed, f"{table.name}.peculiar", rows, len(planted))
        dirty_rows = pick_rows(args.seed, f"{table.name}.dirty", rows, dirty, avoid=plant_rows)
        ways = dirt_kinds(table, layout.format)
        plans.append(
            _Plan(
                table,
                args.output / (table.name + layout.suffix),
                rows,
                dict(zip(plant_rows.tolist(), planted, strict=True)),
                {row: ways[i % len(ways)] for i, row in enumerate(dirty_rows.tolist())},
            )
        )
    return plans


def _refuse_existing(plans: list[_Plan], *, force: bool) -> None:
    for path in (path for plan in plans for path in (plan.path, plan.sidecar)):
        if path.exists() and not force:
            raise PolicyError(
                "synthesize.exists",
                where=str(path),
                what="the file exists and is not overwritten",
                fix="choose another --output or give --force",
            )


def _write(plan: _Plan, args: argparse.Namespace, layout: Layout) -> None:
    import numpy as np

    from tokumei.transforms.synthesis.sampling import stream
    from tokumei.transforms.synthesis.table import SPAN_ROWS, Span, plant
    from tokumei.transforms.synthesis.write import open_sink

    part = plan.path.with_name(plan.path.name + ".part")
    sink = None
    all_plants, all_dirt = _by_chunk(plan.plants, SPAN_ROWS), _by_chunk(plan.dirt, SPAN_ROWS)
    for chunk, start in enumerate(range(0, plan.rows, SPAN_ROWS)):
        size = min(SPAN_ROWS, plan.rows - start)
        plants, dirt = all_plants.get(chunk, {}), all_dirt.get(chunk, {})
        frame = plan.table.generate(
            Span(
                rng=stream(args.seed, plan.table.name, chunk),
                seed=args.seed,
                start=start,
                size=size,
                total=plan.rows,
                requested=args.rows,
                planted=np.array(sorted(plants), dtype=np.int64),
                shuffled=args.person_order == "random",
            )
        )
        sink = sink or open_sink(part, layout, frame)
        sink.write(plant(frame, plants), dirt)
    if sink is not None:
        sink.close()
    part.replace(plan.path)
    plan.sidecar.write_text(_listing(plan, args.seed), encoding="utf-8")


def _by_chunk(rows: dict[int, _What], size: int) -> dict[int, dict[int, _What]]:
    """Sort row numbers into chunks, as offsets there."""
    chunks: dict[int, dict[int, _What]] = {}
    for row, what in rows.items():
        chunks.setdefault(row // size, {})[row % size] = what
    return chunks


def _listing(plan: _Plan, seed: int) -> str:
    listing = {
        "file": plan.path.name,
        "rows": plan.rows,
        "seed": seed,
        "peculiar": [{"row": row + 1, "kind": plan.plants[row].kind} for row in sorted(plan.plants)],
        "dirty": [{"row": row + 1, "kind": plan.dirt[row].kind} for row in sorted(plan.dirt)],
    }
    return json.dumps(listing, ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    run_as_program(__spec__)
