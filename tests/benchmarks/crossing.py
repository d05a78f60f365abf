"""What of a purchase history crosses shuffles, in bytes a line: counted, so that no busy machine disturbs it.

Run: ``PYTHONPATH=tests python tests/benchmarks/crossing.py --rows 1000000``. Members and receipts as
`synthesize id_pos` makes them, facts as in ``make bench CASES=histories``, in this process; bytes are those that an
engine elsewhere would move (`support.work_done`). What takes less than a tenth of a byte a line is left out.
"""

import argparse
import tempfile
from pathlib import Path

import job
import pytest
from support.work_done import count_work

from tokumei.pipelines.cli import main as command


def crossing(folder, rows):
    """Run the job and return bytes by what was shuffled."""
    job.synthesize(folder, "id_pos", rows, "--format", "parquet")
    job.policy(folder, "id_pos.yaml", *job.HISTORIES)
    with pytest.MonkeyPatch.context() as patch:
        work = count_work(patch)
        if command(["anonymize", str(folder / "policy.yaml"), "--output", str(folder / "out")]):
            raise SystemExit("the job failed")
        facts = list(work.facts())
    return {fact.what: fact.size for fact in facts if fact.what.endswith(", shuffled")}


def main():
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as folder:
        found = crossing(Path(folder), rows)
    print(f"\n| {rows:,} receipts | bytes a line |\n| --- | --- |")
    for what, size in sorted(found.items(), key=lambda one: -one[1]):
        if size > rows / 10:
            print(f"| {what.removesuffix(', shuffled')} | {size / rows:.1f} |")


if __name__ == "__main__":
    main()
