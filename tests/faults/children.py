"""Runs the command in child processes, some of which are killed, without waiting for one after the other.

Most children are forks of this process, which has imported everything and started no engine: each then runs
the command's real `main` in an interpreter of its own. Fresh ones are the installed console script.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from pathlib import Path

import inject

from tokumei.pipelines.cli import main

SCRIPT = Path(sys.executable).with_name("tokumei")
PATIENCE = 180  # seconds until a child counts as hanging
_TICK = 0.004


@dataclass(frozen=True)
class Step:
    """One run of the command: its arguments, what strikes it, and whether in a process of its own."""

    args: tuple[str, ...]
    notes: Path  # folder for its output
    roots: tuple[str, ...] = ()
    temp: Path | None = None  # its temporary folder
    fault: inject.Fault | None = None
    changing_only: bool = True
    kill_after: float | None = None
    fresh: bool = False


@dataclass(frozen=True)
class Done:
    """How it ended: exit status (minus the signal), what it printed, operations, seconds."""

    status: int
    out: str
    err: str
    seen: list[list[str]]
    seconds: float


Case = Generator[Step, Done, None]


@dataclass
class _Running:
    case: Case
    step: Step
    begun: float
    hung: bool = False


def run_all(cases: Iterable[Case], workers: int) -> None:
    """Drive the cases, so many at a time; each yields steps and gets back how they ended."""
    running: dict[int, _Running] = {}
    try:
        for case in cases:
            _begin(case, None, running)
            while len(running) >= workers:
                _wait(running)
        while running:
            _wait(running)
    finally:
        for pid in running:  # only if this was interrupted
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def _begin(case: Case, done: Done | None, running: dict[int, _Running]) -> None:
    try:
        step = next(case) if done is None else case.send(done)
    except StopIteration:
        return
    step.notes.mkdir(parents=True, exist_ok=True)
    for name in ("out", "err", "seen"):
        (step.notes / name).write_bytes(b"")
    if step.temp is not None:
        step.temp.mkdir(exist_ok=True)
    begun = time.monotonic()
    running[_spawn(step) if step.fresh else _fork(step)] = _Running(case, step, begun)


def _wait(running: dict[int, _Running]) -> None:
    while True:
        now = time.monotonic()
        for pid, child in running.items():
            age = now - child.begun
            child.hung = age > PATIENCE
            if child.hung or (child.step.kill_after is not None and age >= child.step.kill_after):
                os.kill(pid, signal.SIGKILL)
        for pid in running:
            gone, how = os.waitpid(pid, os.WNOHANG)
            if gone:
                child = running.pop(pid)
                notes = child.step.notes
                seen = (notes / "seen").read_text()
                status = 999 if child.hung else os.waitstatus_to_exitcode(how)
                done = Done(
                    status,
                    (notes / "out").read_text(),
                    (notes / "err").read_text(),
                    json.loads(seen) if seen else [],
                    time.monotonic() - child.begun,
                )
                return _begin(child.case, done, running)
        time.sleep(_TICK)


def _spawn(step: Step) -> int:
    command = [str(SCRIPT), *step.args]
    if step.fault is not None:
        given = json.dumps([step.roots, vars(step.fault), step.changing_only])
        command = [sys.executable, __file__, given, *step.args]
    temporary = {} if step.temp is None else {"TMPDIR": str(step.temp)}
    files = [
        (os.POSIX_SPAWN_OPEN, n, str(step.notes / name), os.O_WRONLY, 0)
        for n, name in ((1, "out"), (2, "err"))
    ]
    return os.posix_spawn(command[0], command, {**os.environ, **temporary}, file_actions=files)


def _fork(step: Step) -> int:
    pid = os.fork()
    if pid:
        return pid
    status = 70
    try:
        for number, name in ((1, "out"), (2, "err")):
            os.dup2(os.open(step.notes / name, os.O_WRONLY), number)
        if step.temp is not None:
            tempfile.tempdir = str(step.temp)
        injector = inject.Injector(step.roots, step.fault or inject.Fault(), step.changing_only)
        injector.install()
        status = main(step.args)
        injector.fault = inject.Fault()
        (step.notes / "seen").write_text(json.dumps(injector.seen))
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


if __name__ == "__main__":
    roots, fault, changing_only = json.loads(sys.argv[1])
    inject.Injector(tuple(roots), inject.Fault(**fault), changing_only).install()
    raise SystemExit(main(sys.argv[2:]))
