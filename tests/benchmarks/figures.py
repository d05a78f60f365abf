"""Benchmark: `tokumei statistics` over synthetic ledgers of 141 bodies, from segments to pages.

Run: ``make bench-figures ROWS=100000`` (cases of the ledgers; ROUNDS); ``--ledgers DIR`` keeps them for another run.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from measure import machine, median, once

TOKUMEI = str(Path(sys.executable).with_name("tokumei"))


def pages(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix != ".lock"}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--ledgers", type=Path, help="made if missing (default: a temporary folder)")
    args, beam_args = parser.parse_known_args()
    with tempfile.TemporaryDirectory() as scratch:
        ledgers = args.ledgers or Path(scratch) / "ledgers"
        if not ledgers.exists():
            made = once([TOKUMEI, "synthesize", "agencies", "--rows", args.cases, "--output", ledgers])
            print(f"synthesized in {made.wall:.0f} s ({made.cpu:.0f} s of CPU, {made.peak:,.0f} MiB)")
        words = [TOKUMEI, "statistics", ledgers, "--year", "2017", "--as-of", "2018-03-31", *beam_args]
        found, made = [], []
        for n in range(args.rounds):
            made.append(Path(scratch) / f"pages{n}")
            found.append(once([*words, "--pages", made[-1]]))
        assert all(pages(folder) == pages(made[0]) for folder in made), "not the same bytes"
        size = sum(len(content) for content in pages(made[0]).values())
    print(f"\n{machine()}\n")
    print("| ledgers | wall s | CPU s | peak MiB | pages MiB |\n|---|---|---|---|---|")
    print(
        f"| 141 bodies, {args.cases:,} cases | {median(found, 'wall'):.1f} | {median(found, 'cpu'):.1f} |"
        f" {max(f.peak for f in found):,.0f} | {size / 2**20:.0f} |"
    )


if __name__ == "__main__":
    main()
