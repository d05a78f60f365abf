"""Benchmark of what every run costs whatever its size: whole processes on 1,000 residents.

Run: ``python tests/benchmarks/startup.py --runs 9``. "To the first record" is a job that ends where the first records
have been read.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import measure

HERE = Path(__file__).parent
TOKUMEI = Path(sys.executable).with_name("tokumei")
ROWS = 1000


def until_the_first_record(arguments):
    """Be the command, and end the process as soon as a split has given its first records."""
    from tokumei.pipelines.cli import main
    from tokumei.transforms.planning import ahead

    begin = ahead.begun_ahead

    def beginning(split):
        if next(begin(split)[1]).records:
            os._exit(0)

    ahead.begun_ahead = beginning  # before the steps of the pipeline are imported
    sys.argv = ["tokumei", *arguments]
    main()
    raise SystemExit("no record was read")


def main():
    """Print one table: medians, and the least and greatest wall time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=9)
    runs = parser.parse_args().runs
    print(measure.machine())
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TMPDIR"] = folder  # a job that ends early leaves what Beam keeps there
        residents = [TOKUMEI, "synthesize", "residents", "--rows", str(ROWS), "--format", "parquet"]
        subprocess.run([*residents, "--output", folder], check=True, stdout=subprocess.DEVNULL)
        policy, out = Path(folder, "policy.yaml"), Path(folder, "out")
        policy.write_bytes((HERE / "residents.yaml").read_bytes())
        kept = Path(folder, "kept")
        measure.once([TOKUMEI, "anonymize", policy, "--output", kept])
        job = ["anonymize", policy, "--output", out]
        contestants = {
            "`import apache_beam` alone": [
                sys.executable,
                "-c",
                "import logging as l; l.disable(); import apache_beam",
            ],
            "`tokumei --help`": [TOKUMEI, "--help"],
            "`tokumei check`": [TOKUMEI, "check", policy],
            "the job, already released": [TOKUMEI, "anonymize", policy, "--output", kept],
            "the job, to its first record": [sys.executable, __file__, *job],
            "the job": [TOKUMEI, *job],
        }
        figures = measure.in_turn(contestants, runs, lambda: shutil.rmtree(out, ignore_errors=True))
    print(f"\n### Start, {ROWS:,} residents, {runs} runs\n")
    print("| | wall s | least to greatest | CPU s | peak MiB |\n|---|---|---|---|---|")
    for name, found in figures.items():
        walls = [f.wall for f in found]
        print(
            f"| {name} | {measure.median(found, 'wall'):.2f} | {min(walls):.2f} to {max(walls):.2f} |"
            f" {measure.median(found, 'cpu'):.2f} | {max(f.peak for f in found):,.0f} |"
        )


if __name__ == "__main__":
    if sys.argv[1:2] == ["anonymize"]:
        until_the_first_record(sys.argv[1:])
    main()
