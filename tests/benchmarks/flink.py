"""Benchmark: the job on a Flink cluster of this machine, at several parallelisms, and broken in the middle.

Run: ``make bench-flink`` (ROWS, RUNS), or with ``tests/engines`` on PYTHONPATH
``python tests/benchmarks/flink.py --rows 1000000 --runs 3``. Needs Java and Maven. Prints the whole command's
wall time (median of the runs), how long the job was at Flink, and what each task manager read; then kills a
Python worker and a task manager while parts are written, and says whether the release is whole and single.
With ``--write`` the tables replace their section of RESULTS.md.
"""

import argparse
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import chain
from pathlib import Path

import pyarrow.parquet as pq
from engines.flink_run import (
    kill_task_manager,
    kill_worker,
    load_cluster,
    options,
    restarts,
    run_and_break,
    shares,
)

HERE = Path(__file__).parent
POLICY, RESULTS = HERE / "residents.yaml", HERE / "RESULTS.md"
TOKUMEI = str(Path(sys.executable).with_name("tokumei"))
HEADING = "# Measured: the job on Flink"
TABLE = "residents"
FILES = 8  # so that there are splits for four subtasks
ROWS = 4_000_000


def call(*args):
    """Run the command; return wall seconds, exit status and what it wrote to stderr."""
    start = time.perf_counter()
    command = [TOKUMEI, *map(str, args)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=1800)
    return time.perf_counter() - start, done.returncode, done.stderr


def anonymize(out, flink=()):
    """Run the job into an empty directory."""
    shutil.rmtree(out, ignore_errors=True)
    return call("anonymize", out.parent / "policy.yaml", "--output", out, *flink)


def released(out):
    """Return what of the release must be equal in all runs, after checking that it is whole and single."""
    (release,) = (out / "releases").iterdir()
    table = json.loads((release / "manifest.json").read_text())["tables"][TABLE]
    report = json.loads((release / "report.json").read_text())
    listed = {file["path"] for file in table["files"]}
    assert {str(p.relative_to(release)) for p in release.rglob("part-*")} == listed, (
        "parts beside the release"
    )
    codes = [pq.read_table(release / path, columns=["宛名番号"]).column(0) for path in listed]
    assert len({code for column in codes for code in column.to_pylist()}) == table["records"], (
        "people doubled"
    )
    assert len(json.loads((out / "register" / "book.json").read_text())["entries"]) == 1, "register"
    return table["records"], [table["recoding"] for table in report["tables"]]


def at_flink(module, state):
    """Return how many seconds the newest job was at Flink, and the splits that each task manager read of it."""
    newest = max(module.overview(state, "/jobs/overview")["jobs"], key=lambda job: job["start-time"])
    read = {"tm1": 0, "tm2": 0}
    for step, taken in shares(module, state).items():
        if re.search(r"\bRead(Persons)?\b", step):
            for manager, records in taken.items():
                read[manager] += records
    return newest["duration"] / 1000, f"{read['tm1']} / {read['tm2']}"


def broken(state, out, expected, kill):
    """Run the job at parallelism 4 and kill something; return the wall time and what came of it."""
    before = restarts(state)
    shutil.rmtree(out)  # or the parts of the run before would be taken for those of this one
    begun = time.perf_counter()
    run = options(state, 4)
    _, status, err = run_and_break(out, lambda: anonymize(out, run), lambda: kill(state))
    told = f"tasks started again: {restarts(state) - before}"
    if status == 4 and "different keys" in err:
        assert not list(out.rglob("part-*")) and not list(out.rglob("manifest.json")), "remains"
        _, status, err = anonymize(out, run)
        told += ", a mixture of keys refused, released by the next run"
    if status:
        return time.perf_counter() - begun, f"{told}; NOT RECOVERED, exit status {status}"
    wall = time.perf_counter() - begun
    assert released(out) == expected, "another release"
    return wall, f"{told}; the release is whole, single and the same"


def whole_runs(module, state, out, runs):
    """Yield a line of the table for each way to run it, once it has run."""
    walls = [anonymize(out)[0] for _ in range(runs)]
    expected = released(out)
    yield ["in process", f"{statistics.median(walls):.1f}", "", ""]
    for parallelism in (1, 2, 4):
        figures, read = [], ""
        for _ in range(runs):
            wall, status, err = anonymize(out, options(state, parallelism))
            if status:
                raise SystemExit(f"parallelism {parallelism}: exit status {status}: {err}")
            assert released(out) == expected, "another release"
            seconds, read = at_flink(module, state)
            figures.append((wall, seconds))
        medians = [f"{statistics.median(f[i] for f in figures):.1f}" for i in (0, 1)]
        yield [f"parallelism {parallelism}", *medians, read]


def broken_runs(state, out):
    """Yield a line of the table for each thing that was killed; the task manager does not come back."""
    expected = released(out)
    for name, kill in (("a Python worker", kill_worker), ("a task manager", kill_task_manager)):
        wall, told = broken(state, out, expected, kill)
        yield [name, f"{wall:.1f}", told]


def table(columns, rows):
    """Yield the lines of a table, and print each as soon as it is known."""
    for row in chain((columns, ["---"] * len(columns)), rows):
        line = f"| {' | '.join(row)} |"
        print(line, flush=True)
        yield line


def main():
    """Measure, and print or write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--write", action="store_true", help="replace the section in RESULTS.md")
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the cluster is ended then too
    load = os.getloadavg()[0]
    module = load_cluster()
    with tempfile.TemporaryDirectory() as folder:
        data, run = Path(folder, "data"), Path(folder, "flink")
        if call("synthesize", TABLE, "--rows", args.rows, "--format", "parquet", "--output", data)[1]:
            raise SystemExit("no data")
        made, size = pq.read_table(data / f"{TABLE}.parquet"), -(-args.rows // FILES)
        for i in range(FILES):
            pq.write_table(made.slice(i * size, size), data / f"{TABLE}-{i}.parquet", compression="zstd")
        (data / "policy.yaml").write_text(
            POLICY.read_text().replace(f"{TABLE}.parquet", f"{TABLE}-*.parquet")
        )
        # Slots for one task manager to take over everything; each result that is lost with one costs an attempt.
        state = module.start(run, task_managers=2, slots=4, restarts=20)
        try:
            wholes = whole_runs(module, state, data / "out", args.runs)
            lines = [*table(["run", "wall s", "of it at Flink", "splits read by tm1 / tm2"], wholes), ""]
            print()
            columns = ["killed while parts are written", "wall s", "outcome"]
            lines += table(columns, broken_runs(state, data / "out"))
        finally:
            module.stop(run)
    about = (
        f"`make bench-flink ROWS={args.rows} RUNS={args.runs}`, {time.strftime('%-d %B %Y')}, {os.cpu_count()}"
        f" cores (load average {load:.1f} before),\n{args.rows:,} residents. Flink {module.VERSIONS['FLINK']}: a job"
        " manager, two task managers with 4 slots each, Beam's job server and the\nPython workers, all on this"
        f" machine. Wall time of the whole command, median of {args.runs}; splits are of the last run, all\npasses"
        " together. What was killed was killed once, at parallelism 4."
    )
    if args.write:
        write("\n".join([HEADING, "", about, "", *lines, ""]))


def write(section):
    """Put the section into RESULTS.md, in place of the one before."""
    before, _, after = RESULTS.read_text().partition(HEADING)
    following = re.search(r"^# ", after, re.MULTILINE)
    rest = "\n" + after[following.start() :] if following else ""
    RESULTS.write_text(before.rstrip() + "\n\n" + section + rest)


if __name__ == "__main__":
    main()
