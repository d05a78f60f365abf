"""Benchmark: synthetic residents, all five criteria, Parquet in and out, at several sizes.

Run: ``make bench`` or ``python tests/benchmarks/residents.py --rows 1000000 4000000 --runs 3``. Prints, per
size, the whole process's wall time, rows per second and peak resident memory (median of the runs).
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

POLICY = Path(__file__).with_name("residents.yaml")
TOKUMEI = str(Path(sys.executable).with_name("tokumei"))


def measure(command):
    """Run a command; return wall seconds and peak resident MiB of the process."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command[1]} failed with status {process.returncode}")
    return time.perf_counter() - start, usage.ru_maxrss / 1024


def main():
    """Generate each size once, then run the job on it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000, 4_000_000])
    parser.add_argument("--runs", type=int, default=3)
    args = parser.parse_args()
    print(f"{'rows':>12} {'wall s':>8} {'rows/s':>10} {'peak MiB':>9}   ({args.runs} runs, median)")
    with tempfile.TemporaryDirectory() as folder:
        for rows in args.rows:
            data = Path(folder, str(rows))
            generate = [TOKUMEI, "synthesize", "residents", "--rows", str(rows), "--format", "parquet"]
            measure([*generate, "--output", str(data)])
            shutil.copy(POLICY, data / "policy.yaml")
            figures = []
            for run in range(args.runs):
                out = data / f"out{run}"
                figures.append(
                    measure([TOKUMEI, "anonymize", str(data / "policy.yaml"), "--output", str(out)])
                )
                shutil.rmtree(out)
            wall, peak = (statistics.median(f[i] for f in figures) for i in (0, 1))
            print(f"{rows:>12,} {wall:>8.1f} {rows / wall:>10,.0f} {peak:>9,.0f}", flush=True)
            shutil.rmtree(data)


if __name__ == "__main__":
    main()
