"""`make faults`: the command is stopped and killed while its job runs on Flink and on Prism.

What the command said must be true, and stay true for a minute: engines go on without it. Then the same command
completes the release, and nothing of any attempt is left. Engines whose tools are missing are left out; where
CI runs, that is a failure.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import reader
from engines.conftest import ENGINES, TOOLS
from engines.flink_run import load_cluster
from engines.one_job import anonymize, write_input
from reader import Violation, must
from support.deal import EVERYTHING, Deal

STAYS = 60  # seconds after which an engine's job could still have published
PATIENCE = 180  # seconds until a command or a moment counts as never coming
COMMAND = [sys.executable, "-m", "tokumei.pipelines.cli", "anonymize", "policy.yaml", "--output", "out"]
MOMENTS = ("runs", "writes", "documents", "decides")


@dataclass
class Engine:
    """One that is up: options for it, the folder of its logs and state, and the jobs that it had before."""

    options: list[str]
    run: Path
    before: int = 0

    def jobs(self, *states: str) -> int:
        """How many jobs it has had so far, or has in these states."""
        if not (self.run / "state.json").exists():
            log = self.run / "prism.log"  # Prism is begun for each job
            return log.read_text().count("Serving JobManagement") if log.exists() else 0
        state = json.loads((self.run / "state.json").read_text())
        jobs = load_cluster().overview(state, "/jobs/overview")["jobs"]
        new = sorted(jobs, key=lambda job: job["start-time"])[self.before if states else 0 :]
        return sum(not states or job["state"] in states for job in new) + (self.before if states else 0)

    def has_a_job(self) -> bool:
        """Whether it works on one that is new."""
        return self.jobs("RUNNING") > self.before

    def kill_job_server(self) -> None:
        state = json.loads((self.run / "state.json").read_text())
        os.kill(state["pids"]["job-server"], signal.SIGKILL)


@dataclass
class Case:
    """One run that is struck, and what became of it."""

    engine: str
    moment: str
    struck_by: str
    folder: Path = Path()
    status: int = 0
    err: str = ""

    def __str__(self) -> str:
        return f"{self.engine}, {self.struck_by} when it {self.moment}"


def all_cases() -> list[Case]:
    """Those that break the job server come last: nothing can be begun after them."""
    cases = [Case(e, m, s) for e in ("prism", "flink") for m in MOMENTS for s in ("SIGTERM", "SIGKILL")]
    return [*cases, *(Case("flink", moment, "a lost job server") for moment in MOMENTS[:1])]


def come(case: Case, engine: Engine, command: subprocess.Popen) -> bool:
    """Wait for the moment; return whether it came while the command ran."""
    out = case.folder / "out"
    come_when: dict[str, Callable[[], bool]] = {
        "runs": engine.has_a_job,
        "writes": lambda: any(out.rglob("part-*")),
        "documents": lambda: any(out.rglob("documents/*/*")),
        "decides": lambda: any(out.rglob("attempt-*.json")),
    }
    deadline = time.monotonic() + PATIENCE
    while command.poll() is None and time.monotonic() < deadline:
        if come_when[case.moment]():
            return True
        time.sleep(0.005)
    return False


def strike(case: Case, engine: Engine) -> None:
    """Run the command and strike it; keep what it said."""
    write_input(case.folder)
    options = ["--parallelism=2" if a.startswith("--parallelism") else a for a in engine.options]
    with (case.folder / "err").open("wb") as err, (case.folder / "stdout").open("wb") as out:
        engine.before = engine.jobs()
        command = subprocess.Popen(
            [*COMMAND, *options], cwd=case.folder, stdout=out, stderr=err, start_new_session=True
        )
        if come(case, engine, command):
            if case.struck_by == "a lost job server":
                engine.kill_job_server()
            else:
                command.send_signal(signal.Signals[case.struck_by])
        case.status = command.wait(timeout=PATIENCE)
    with suppress(ProcessLookupError):
        os.killpg(command.pid, signal.SIGKILL)  # a killed command leaves the Prism that it began
    case.err = (case.folder / "err").read_text()


def told(case: Case) -> None:
    """What the command said is so."""
    out = case.folder / "out"
    published, entered = whole(case)
    if case.status == 0:
        must(published and entered and "error" not in case.err, "exit 0 without a whole release")
        must("released" in (case.folder / "stdout").read_text(), "it does not say that it released")
    elif case.status == -signal.SIGKILL:
        must(case.struck_by == "SIGKILL", "it was killed by somebody else")
    else:
        must(case.status == 1, f"status {case.status}: {case.err}")
        must("[run.stopped]" in case.err or "[engine.lost]" in case.err, f"it says: {case.err}")
        must("nothing is published" in case.err and not published, f"published after all: {case.err}")
        must(not (out / "register").exists(), "entered after all")


def whole(case: Case) -> tuple[bool, bool]:
    """Whether there is a release, and an entry; a release is as its manifest says."""
    out = case.folder / "out"
    published = bool(reader.published(out))
    return published, (out / "register" / "book.json").exists() and len(reader.entered(out)) == 1


def stays(case: Case) -> None:
    """A minute later it is as it was said; the same command completes it, and leaves nothing over."""
    told(case)
    published, entered = whole(case)
    must(published or not entered, "an entry without a release")
    # A killed command takes Prism's workers with it, perhaps between the two; Flink's go on.
    must(entered or not published or case.engine == "prism", "a release without its entry")
    done = anonymize(case.folder, [])
    must(done.status == 0, f"run again: {done.err}")
    must(whole(case) == (True, True), "run again, it did not complete the release")
    expected, found = reader.proper(case.folder / "out"), reader.files(case.folder / "out")
    must(expected == found, f"missing or left over: {sorted(expected ^ found)[:4]}")


@contextmanager
def begun(name: str, folder: Path) -> Iterator[Engine]:
    folder.mkdir(parents=True)
    with ENGINES[name](folder) as options:
        yield Engine(options, folder)


def left_out(name: str) -> bool:
    missing = [package for tool, package in TOOLS[name].items() if shutil.which(tool) is None]
    if missing:
        print(f"{name} is left out: apt-get install {' '.join(missing)}", flush=True)
    return bool(missing)


def run(cases: list[Case], folder: Path) -> int:
    """Strike all, then look at all; return how many guarantees did not hold."""
    violations = 0

    def hold(check: Callable[[Case], None], case: Case) -> None:
        nonlocal violations
        try:
            check(case)
        except (Violation, OSError) as error:
            violations += 1
            print(f"  violated: {case}: {error}", flush=True)

    with ExitStack() as stack:
        engines: dict[str, Engine] = {}
        for number, case in enumerate(cases):
            case.folder = folder / f"case{number}"
            case.folder.mkdir()
            if case.engine not in engines:
                engines[case.engine] = stack.enter_context(begun(case.engine, folder / case.engine))
            strike(case, engines[case.engine])
            hold(told, case)
            text = case.err.split("]")[0].partition("[")[2] or "nothing on stderr"
            print(f"  {case}: status {case.status}, {text}", flush=True)
        time.sleep(STAYS)
        for case in cases:
            hold(stays, case)
    return violations


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deal", type=Deal.parse, default=EVERYTHING, help="share of the cases, as 2/4")
    options = parser.parse_args()
    begin = time.monotonic()
    missing = {name for name in ("prism", "flink") if left_out(name)}
    if missing and os.environ.get("CI") == "true":
        return 1
    cases = [case for case in options.deal.hand(all_cases()) if case.engine not in missing]
    folder = Path(tempfile.mkdtemp(prefix="tokumei-engine-kills-"))
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        violations = run(cases, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{len(cases)} runs struck on engines, {violations} violations, {time.monotonic() - begin:.0f} s")
    return 1 if violations else 0


if __name__ == "__main__":
    raise SystemExit(main())
