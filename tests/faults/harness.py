"""`make faults`: the real command is killed, and its disk broken, everywhere; nobody must ever see half of it.

A file that was released before is released again. Each case strikes that run once: it is killed before one of
its operations that change a file, in the middle of a write, or at some time; or one of its file operations
fails. Then readers must see the release of before, or also the whole new one; the command, run again, must
complete it; and then nothing may be missing, double or left over, neither for the run itself nor for
`tokumei clean`. In every second case `clean` comes before the run that repairs.
"""

from __future__ import annotations

import argparse
import errno
import importlib
import os
import shutil
import signal
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from children import Case, Done, run_all
from inject import CHANGING, Fault
from reader import Violation, must
from support.deal import EVERYTHING, Deal
from world import MARKS, World

from tokumei.pipelines.launcher.terminal import quiet

ERRORS = (errno.EIO, errno.ENOSPC, errno.EACCES, errno.EROFS, errno.EDQUOT)
# All that a run imports, so that its forks need not.
IMPORTED = (
    "apache_beam",
    "tokumei.pipelines.anonymize",
    "tokumei.pipelines.check",
    "tokumei.pipelines.clean",
    "tokumei.schemas.policy_file",
    "tokumei.transforms.planning.prepare",
    "tokumei.transforms.stages.anonymize",
)
DECISIVE = ("manifest.json", "book.json")  # here every error is tried
_FOREVER = 1 << 60


@dataclass
class Tally:
    """What happened so far."""

    kills: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    missed: int = 0
    violations: int = 0

    def note(self, violation: str) -> None:
        self.violations += 1
        print(f"  violated: {violation}", flush=True)


def killed(world: World, tally: Tally, kind: str, name: str, number: int, **how) -> Case:
    """One run that is killed, and all that must hold afterwards."""
    out = world.output()
    done = yield world.release(out, **how)
    try:
        if done.status != -signal.SIGKILL:
            must(done.status == 0, f"status {done.status}: {done.err}")
            tally.missed += 1
        else:
            state = world.state(out)
            tally.kills[f"{kind}: readers see {state}"] += 1
            secret(done)
            world.spilled(out, killed=True)
            if number % 2:
                yield from cleaning(world, out, state)
        yield from repairing(world, out)
    except (Violation, OSError) as error:
        tally.note(f"killed at {name}: {error}")
    shutil.rmtree(out.parent)


def broken(world: World, tally: Tally, name: str, number: int, fault: Fault) -> Case:
    """One run with a file operation that fails, and all that must hold afterwards."""
    out = world.output()
    done = yield world.release(out, fault=fault, changing_only=False)
    try:
        must(done.status in {0, 1, 3, 4}, f"status {done.status}: {done.err}")
        secret(done)
        if fault.times == 1 and "temp" not in name:  # else it may not be able to remove its folder
            world.spilled(out)
        world.emptied(out)
        state = world.state(out)
        if done.status:
            lines = done.err.splitlines()
            starts = [line.split()[0] for line in lines]
            must(starts == ["error", "what:", "fix:"] and not done.out, f"not one message: {done.err}")
        else:
            must(not done.err and state == "new", f"status 0, but readers see {state}: {done.err}")
        code = done.err.split("]")[0].split("[")[-1] if done.status else "released"
        tally.errors[f"exit {done.status} {code}: readers see {state}"] += 1
        if number % 2:
            yield from cleaning(world, out, state)
        yield from repairing(world, out)
    except (Violation, OSError) as error:
        tally.note(f"{errno.errorcode[fault.error]} at {name}: {error}")
    shutil.rmtree(out.parent)


def cleaning(world: World, out: Path, state: str) -> Case:
    done = yield world.clean(out)
    must(done.status == 0, f"clean ended with {done.status}: {done.err}")
    world.cleaned(out, state)


def repairing(world: World, out: Path) -> Case:
    """The same command again completes the release, and leaves nothing for clean to do."""
    done = yield world.release(out)
    must(done.status == 0, f"run again, it ended with {done.status}: {done.err}")
    world.finished(out)
    world.spilled(out)
    done = yield world.clean(out)
    must(done.status == 0 and done.out.startswith("removed 0 file(s)"), f"clean: {done.out}{done.err}")
    world.finished(out)


def secret(done: Done) -> None:
    must(not any(mark in done.out + done.err for mark in MARKS), "a source value was printed")


def record(world: World, *, changing_only: bool) -> tuple[list[list[str]], float]:
    """The operations of an undisturbed run, and how long it takes."""
    found: list[Done] = []

    def case() -> Case:
        out = world.output()
        found.append((yield world.release(out, fault=Fault(), changing_only=changing_only)))
        must(found[0].status == 0, found[0].err)
        world.finished(out)
        shutil.rmtree(out.parent)

    run_all([case()], 1)
    return found[0].seen, found[0].seconds


def kill_cases(world: World, tally: Tally, timed: int, fresh: int) -> list[Case]:
    steps, seconds = record(world, changing_only=True)
    place = f"{world.root}/case"
    cases = []
    spills = [at for at, (kind, _) in enumerate(steps) if kind == "spill"]
    for at, (kind, path) in enumerate(steps):
        if at in spills[1:-1]:  # some hundred, all alike
            continue
        name = f"step {at} before {kind} {path.removeprefix(place)}"
        cases.append(killed(world, tally, "before a step", name, len(cases), fault=Fault(at)))
        if kind == "write":
            name = f"step {at} amid {kind} {path.removeprefix(place)}"
            cases.append(killed(world, tally, "amid a write", name, len(cases), fault=Fault(at, half=True)))
    last = Fault(len(steps) - 1)
    cases.append(killed(world, tally, "before a step", "the last step, fresh", 0, fault=last, fresh=True))
    for i in range(timed):
        after = seconds * (i + 0.5) / timed
        cases.append(killed(world, tally, "at a time", f"{after:.3f} s", len(cases), kill_after=after))
    decisive = [at for at, (_, path) in enumerate(steps) if is_decisive(path)]
    for at in decisive:
        name = f"step {at} in a fresh process"
        cases.append(
            killed(world, tally, "fresh process, step", name, len(cases), fault=Fault(at), fresh=True)
        )
    begin = fresh_seconds(world)
    for i in range(fresh):
        after = begin * (i + 0.5) / fresh
        how = {"kill_after": after, "fresh": True}
        cases.append(
            killed(world, tally, "fresh process, at a time", f"fresh, {after:.3f} s", len(cases), **how)
        )
    return cases


def is_decisive(path: str) -> bool:
    return path.rsplit("/", 1)[-1].strip(".~") in DECISIVE


def fresh_seconds(world: World) -> float:
    found: list[Done] = []

    def case() -> Case:
        out = world.output()
        found.append((yield world.release(out, fresh=True)))
        must(found[0].status == 0, found[0].err)
        shutil.rmtree(out.parent)

    run_all([case()], 1)
    return found[0].seconds


def error_cases(world: World, tally: Tally, lasting: int) -> list[Case]:
    """Each distinct operation fails where it comes first and where it comes last, by errors in turn."""
    steps, _ = record(world, changing_only=False)
    place = f"{world.root}/case"
    first, last = {}, {}
    for at, (kind, path) in enumerate(steps):
        what = (kind, path.partition("/out/")[2] or path)
        first.setdefault(what, at)
        last[what] = at
    cases = []

    def add(at: int, error: int, times: int = 1) -> None:
        kind, path = steps[at]
        name = f"operation {at}, {kind} {path.removeprefix(place)}" + (" and all after" if times > 1 else "")
        cases.append(broken(world, tally, name, len(cases), Fault(at, error, times)))

    for at in sorted({*first.values(), *last.values()}):
        kind, path = steps[at]
        everything = kind in CHANGING and is_decisive(path)
        for error in ERRORS if everything else (ERRORS[at % len(ERRORS)],):
            add(at, error)
    for i in range(lasting):
        add(len(steps) * i // lasting, ERRORS[i % len(ERRORS)], _FOREVER)
    return cases


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--timed", type=int, default=50, help="kills spread over the life of a forked run")
    parser.add_argument("--fresh", type=int, default=45, help="the same, of the installed command")
    parser.add_argument("--lasting", type=int, default=25, help="disks that fail from some operation on")
    parser.add_argument("--only", choices=["kills", "errors"])
    parser.add_argument("--deal", type=Deal.parse, default=EVERYTHING, help="share of the cases, as 2/4")
    parser.add_argument("--at-once", type=int, default=os.cpu_count(), help="cases that run side by side")
    options = parser.parse_args()
    begun, tally = time.monotonic(), Tally()
    with quiet():
        for name in IMPORTED:
            importlib.import_module(name)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # then everything below is cleaned up, too
    folder = Path(tempfile.mkdtemp(prefix="tokumei-faults-"))
    try:
        strike(folder, tally, options)
    finally:
        shutil.rmtree(folder)
    print(f"{tally.violations} violations, {time.monotonic() - begun:.0f} s, {options.at_once} at a time")
    if options.deal == EVERYTHING and options.only != "errors" and sum(tally.kills.values()) < 200:
        print("fewer than 200 kills")
        return 1
    return 1 if tally.violations else 0


def strike(folder: Path, tally: Tally, options: argparse.Namespace) -> None:
    """Kill runs of every stage; file operations fail alike in all, so there the runs are short."""
    if options.only != "errors":
        world = World(folder / "histories", histories=True)
        cases = options.deal.hand(kill_cases(world, tally, options.timed, options.fresh))
        try:
            run_all(cases, options.at_once)
        finally:
            print(f"{sum(tally.kills.values())} kills, {tally.missed} came too late", flush=True)
            show(tally.kills)
    if options.only != "kills":
        world = World(folder / "alone", histories=False)
        cases = options.deal.hand(error_cases(world, tally, options.lasting))
        try:
            run_all(cases, options.at_once)
        finally:
            print(f"{sum(tally.errors.values())} runs with failing file operations", flush=True)
            show(tally.errors)


def show(counts: Counter[str]) -> None:
    for what, n in sorted(counts.items()):
        print(f"  {n:4}  {what}")


if __name__ == "__main__":
    raise SystemExit(main())
