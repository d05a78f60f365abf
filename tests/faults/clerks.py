"""`make faults`: commands over a register's ledger are killed at every step; no half case, no lost event.

A register lives through some commands. Each of them is run again from the register of before and killed before
one of its operations that change a file, or in the middle of a write. Then readers must see the ledger of
before or all of the new one. The command, run again, must end well, and leave the same events, the same book
and the same kept proposers as if it had not been killed; `tokumei clean` and `tick` leave no trace of it.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import shutil
import signal
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from children import Case, Done, Step, run_all
from inject import Fault
from reader import Violation, must
from support.clerks import BODY, NO, call, enter, judged, proposal
from support.deal import EVERYTHING, Deal

from tokumei.pipelines.cli import JOBS
from tokumei.transforms.ledger.journal import NOTE_NAME, journal_of
from tokumei.transforms.proposals.commands import COMMANDS
from tokumei.transforms.storage.local import LocalStore

LEAST = 200  # kills
# Actions that write papers; without a place, they do so in the folder that they are called in.
WITH_PAPERS = {"receive"}


def deeds(files: list[str]) -> list[tuple[str, str, list[dict], str]]:
    """What clerks do, in order: job, action, records, as of when."""
    one, other, small = files
    three = [
        proposal(one, "提案1"),
        proposal(other, "提案2", items={}),
        proposal(one, "提案3", at="2025-12-02T00:00", destroy_on="2026-01-01"),
    ]
    return [
        ("call", "files", [judged(file) for file in files], "2025-10-01"),
        ("call", "announce", [call()], "2025-10-02"),
        ("propose", "receive", three, "2025-12-05"),
        ("propose", "complete", [{"case": "提案2", "items": three[0]["items"]}], "2025-12-06"),
        ("call", "files", [judged(small, people=10, published=NO)], "2025-12-07"),
        ("tick", "", [], "2026-01-02"),
        ("propose", "withdraw", [{"case": "提案1", "because": "都合"}], "2026-01-05"),
    ]


@dataclass
class World:
    """The register before and after each command."""

    root: Path
    before: list[Path] = field(default_factory=list)
    args: list[tuple[str, ...]] = field(default_factory=list)
    cases: int = 0

    def __post_init__(self) -> None:
        store = LocalStore()
        first = self.root / "0" / "out"
        names = ("名簿", "台帳", "小台帳")
        files = [enter(store, f"{first}/register", name) for name in names]
        for number, (job, action, records, day) in enumerate(deeds(files)):
            path = self.root / f"records{number}.yaml"
            path.write_text(json.dumps(records, ensure_ascii=False))
            taken = (action, "OUT", str(path), "--body-kind", "行政機関") if records else ("OUT",)
            papers = ("--papers", str(self.root / "papers")) if action in WITH_PAPERS else ()
            self.args.append(("--json", job, *taken, *papers, "--as-of", day))
            self.before.append(self.root / str(number) / "out")
            after = self.root / str(number + 1) / "out"
            shutil.copytree(self.before[-1], after)
            run_all([self.undisturbed(number, after)], 1)
        self.before.append(after)

    def undisturbed(self, number: int, out: Path) -> Case:
        done = yield self.step(number, out)
        must(done.status == 0, done.err)

    def step(self, number: int, out: Path, fault: Fault | None = None) -> Step:
        args = tuple(str(out) if arg == "OUT" else arg for arg in self.args[number])
        return Step(args, out.parent / "notes", (str(out),), fault=fault)

    def copy(self, number: int) -> Path:
        self.cases += 1
        out = self.root / f"case{self.cases}" / "out"
        shutil.copytree(self.before[number], out)
        return out


def events(out: Path) -> list[str]:
    found, _ = journal_of(LocalStore(), f"{out}/register", BODY).read()
    return [event.event_id for event in found]


def files_of(out: Path) -> dict[str, bytes]:
    """What the register holds, but for what is random (keys of references) or a lock."""
    return {
        str(path.relative_to(out)): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file() and not path.name.startswith("key-") and not path.name.endswith(".lock")
    }


def told_by(out: Path) -> dict[str, bytes]:
    """The files that no random reference stands in: the book, what is derived from it, who is kept."""
    return {
        name: data for name, data in files_of(out).items() if not name.endswith(("-events.avro", NOTE_NAME))
    }


def killed(world: World, tally: Counter[str], wrong: list[str], number: int, name: str, fault: Fault) -> Case:
    """One command that is killed, and all that must hold afterwards."""
    out = world.copy(number)
    before, after = events(out), events(world.before[number + 1])
    done: Done = yield world.step(number, out, fault)
    try:
        must(done.status == -signal.SIGKILL, f"not killed, status {done.status}: {done.err}")
        seen = events(out)
        state = "before" if seen == before else "after"
        must(state == "before" or len(seen) == len(after), f"half: {len(before)}, {len(seen)}, {len(after)}")
        tally[f"{world.args[number][1]}: readers see the ledger of {state}"] += 1
        done = yield world.step(number, out)
        must(done.status == 0, f"run again, it ended with {done.status}: {done.err}")
        must(len(events(out)) == len(after), "an event is lost or doubled")
        left = [path for path in out.rglob(".*") if path.is_file() and not path.name.endswith(".lock")]
        for path in left:
            os.utime(path, (0, 0))
        yield Step(("clean", str(out), "--older-than", "1"), out.parent / "notes", (str(out),))
        must(
            told_by(out).keys() == told_by(world.before[number + 1]).keys(), "files are missing or left over"
        )
        must(told_by(out) == told_by(world.before[number + 1]), "the book or a kept proposer differs")
    except (Violation, OSError) as error:
        wrong.append(f"killed at {name}: {error}")
        print(f"  violated: {wrong[-1]}", flush=True)
    shutil.rmtree(out.parent)


def kill_cases(world: World, tally: Counter[str], wrong: list[str]) -> list[Case]:
    found = []
    for number in range(len(world.args)):
        steps: list[list[str]] = []

        def recorded(number: int = number, steps: list[list[str]] = steps) -> Case:
            out = world.copy(number)
            done = yield world.step(number, out, Fault())
            steps += done.seen
            shutil.rmtree(out.parent)

        run_all([recorded()], 1)
        for at, (kind, path) in enumerate(steps):
            name = f"{' '.join(world.args[number][1:3])}, step {at}, {kind} {path.partition('/out/')[2]}"
            found.append(killed(world, tally, wrong, number, f"{name}, before", Fault(at)))
            if kind == "write":
                half = Fault(at, half=True)
                found.append(killed(world, tally, wrong, number, f"{name}, amid", half))
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deal", type=Deal.parse, default=EVERYTHING, help="share of the cases, as 2/4")
    parser.add_argument("--at-once", type=int, default=os.cpu_count(), help="cases that run side by side")
    options = parser.parse_args()
    begun = time.monotonic()
    for job in {*COMMANDS, "tick", "clean"}:
        assert job in JOBS
        importlib.import_module(f"tokumei.pipelines.{job}")
    for name in ("proposals.notices", "proposals.small_files", "proposals.records", "release.orphans"):
        importlib.import_module(f"tokumei.transforms.{name}")
    folder = Path(tempfile.mkdtemp(prefix="tokumei-clerks-"))
    tally: Counter[str] = Counter()
    wrong: list[str] = []
    try:
        world = World(folder)
        run_all(options.deal.hand(kill_cases(world, tally, wrong)), options.at_once)
    finally:
        shutil.rmtree(folder)
    for what, n in sorted(tally.items()):
        print(f"  {n:4}  {what}")
    kills = sum(tally.values())
    print(f"{kills} kills, {len(wrong)} violations, {time.monotonic() - begun:.0f} s")
    return 1 if wrong or (options.deal == EVERYTHING and kills < LEAST) else 0


if __name__ == "__main__":
    raise SystemExit(main())
