"""Thirty nights of deliveries, as a table: what comes, what the command says, and what stands in the end.

It needs nothing but Python: Airflow's own, which has no tokumei, plays it too. `NIGHTS` is the table. Whoever plays it calls `Inbox.happens` before each call, and runs the command for the day.
"""

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import NamedTuple

CANARY = "qanary"  # begins every name
BECAUSE = "提供データが訂正されたため"
COLUMNS = {
    "id": {"treat": [{"criterion": 3, "method": "pseudonym", "link": "x"}]},
    "name": {"treat": [{"criterion": 1, "method": "delete"}]},
    "pay": {"type": "integer", "keep": True, "because": "試験"},
}
EXPECT = {"files": 3, "checksums": "SHA256SUMS", "newer_than": "${date}", "rows": [20, 99]}
PARTS = {
    "source": {"path": "in/${date|YYYYMMDD}/*.csv", "expect": EXPECT},
    "person": "id",
    "parameters": {"date": {"type": "date"}},
    "output": {"replaces": {"because": BECAUSE}},
}  # of the policy of every night, beside its columns


class Call(NamedTuple):
    """What happens, what the command then says, and for which days it is called: tonight's, if none are named."""

    happens: str
    says: tuple[str, ...]
    days: tuple[int, int] | None = None


class Night(NamedTuple):
    """Calls of a night, people of the release in force in the end (none: there is none), releases withdrawn."""

    kind: str
    calls: tuple[Call, ...]
    people: int | None
    withdrawn: int = 0


def people_of(day):
    """How many people the whole delivery of a day is of."""
    return 29 + day


def complete(day):
    return Night("complete", (Call("whole", ("released",)),), people_of(day))


def late(day):
    calls = (Call("two files", ("input.incomplete",)), Call("the third file", ("released",)))
    return Night("late", calls, people_of(day))


def repeated(day):
    return Night("repeated", (*complete(day).calls, Call("nothing", ("already",))), people_of(day))


def touched(day):
    return Night("touched", (*complete(day).calls, Call("touch and copy", ("already",))), people_of(day))


def corrected(day):
    calls = (*complete(day).calls, Call("one person more", ("replaces",)), Call("nothing", ("already",)))
    return Night("corrected", calls, people_of(day) + 1, withdrawn=1)


def corrected_twice(day):
    calls = (*corrected(day).calls[:2], Call("another person", ("replaces",)))
    return Night("corrected twice", calls, people_of(day) + 2, withdrawn=2)


def undone(day):
    """The first delivery comes again after its correction: it was replaced, and does not come back."""
    calls = (*corrected(day).calls[:2], Call("whole", ("release.withdrawn",)))
    return Night("undone", calls, people_of(day) + 1, withdrawn=1)


def partial(day):
    """The third file comes days later, and the night is made up for by a backfill."""
    return Night("partial", (Call("two files", ("input.incomplete",)),), people_of(day))


def missing(day):
    return Night("missing", (Call("nothing", ("input.incomplete",)),), None)


def stale(day):
    return Night("stale", (Call("old files", ("input.incomplete",)),), None)


def short(day):
    return Night("short", (Call("few records", ("input.incomplete",)),), None)


def bad(day):
    calls = (Call("an unreadable value", ("input.rejects",)), Call("whole", ("released",)))
    return Night("bad", calls, people_of(day))


def another_column(day):
    return Night("another column", (Call("another column", ("input.columns",)),), None)


def lost(day):
    """A file is lost after the release: half a delivery does not replace a whole one."""
    calls = (*complete(day).calls, Call("a file is lost", ("input.incomplete",)))
    return Night("lost", calls, people_of(day))


def killed(day):
    return Night("killed", (Call("whole, and the command is killed", ("released",)),), people_of(day))


def asleep(day):
    """Nobody called the command; a backfill does, later."""
    return Night("asleep", (), people_of(day))


def backfill(day, first, says):
    days = (first, first + len(says) - 1)
    return Night("backfill", (*complete(day).calls, Call("what is owed", says, days)), people_of(day))


KINDS = [
    complete, late, complete, repeated, partial,
    touched, corrected, None, bad, missing,
    killed, complete, stale, undone, short,
    another_column, lost, corrected_twice, asleep, asleep,
    asleep, None, complete, touched, late,
    killed, repeated, bad, corrected, complete,
]  # fmt: skip
BACKFILLS = {8: (5, ("released", "already")), 22: (19, ("released", "released", "released"))}
NIGHTS = {day: kind(day) if kind else backfill(day, *BACKFILLS[day]) for day, kind in enumerate(KINDS, 1)}


def date_of(day):
    """The date of a night, which is the parameter that its policy takes."""
    return f"2026-04-{day:02}"


class Inbox:
    """The folder that files are delivered into, below the policy's."""

    def __init__(self, folder):
        self.folder = Path(folder)

    def happens(self, what, day):
        """Let a thing of the table happen; what is not about files is left to who calls the command."""
        place = self.folder / "in" / date_of(day).replace("-", "")
        if what.startswith("whole"):
            self._deliver(place, people_of(day))
        elif what in {"one person more", "another person"}:
            self._deliver(place, people_of(day) + (1 if what == "one person more" else 2))
        elif what == "two files":
            self._deliver(place, people_of(day))
            (place / "3.csv").rename(place / "3.late")
        elif what in {"the third file", "what is owed"}:
            for owed in place.parent.glob("*/3.late"):
                owed.rename(owed.with_suffix(".csv"))
        elif what == "touch and copy":
            (place / "1.csv").touch()
            shutil.copy(place / "2.csv", place / "copy")
            (place / "copy").rename(place / "2.csv")
        elif what == "old files":
            self._deliver(place, people_of(day))
            for path in place.iterdir():
                os.utime(path, (0, time.mktime((2026, 4, day, 0, 0, 0, 0, 0, 0)) - 2 * 86400))
        elif what == "few records":
            self._deliver(place, 9)
        elif what == "an unreadable value":
            self._deliver(place, people_of(day), last=f"z,{CANARY},{CANARY}\n")
        elif what == "another column":
            self._deliver(place, people_of(day), head="id,name,pay,memo", end=f",{CANARY}")
        elif what == "a file is lost":
            (place / "3.csv").unlink()
        else:
            assert what == "nothing", what

    def _deliver(self, place, people, *, head="id,name,pay", end="", last=""):
        place.mkdir(parents=True, exist_ok=True)
        rows = [f"p{i},{CANARY}{i},{i % 3}{end}\n" for i in range(people)]
        sums = ""
        for number in range(3):
            text = f"{head}\n" + "".join(rows[number::3]) + (last if number == 2 else "")
            (place / f"{number + 1}.csv").write_text(text)
            sums += f"{hashlib.sha256(text.encode()).hexdigest()}  {number + 1}.csv\n"
        (place / "SHA256SUMS").write_text(sums)


def said(printed, complaint):
    """What a call said, a word a release: released, already, replaces; and the code of its error."""
    words = []
    for line in printed.splitlines():
        if line.startswith(("released ", "already released")):
            words.append(line.split(" ")[0])
        elif line.strip().startswith("replaces: release") and words[-1] == "released":
            words[-1] = "replaces"
    return [*words, *re.findall(r"error \[([a-z_.]+)\]", complaint)]


def kill_halfway(command, output):
    """Run a command, and kill it once it has written a part: it has no time to say anything."""
    releases = Path(output, "releases")
    before = {*releases.glob("*/data/t/*")}
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None and not {*releases.glob("*/data/t/*.parquet")} - before:
        time.sleep(0.005)
    process.kill()
    assert process.wait() == -signal.SIGKILL, "it ended before it could be killed"


def releases_of(folder):
    """By date: people of the release in force (none: there is none), and how many were withdrawn."""
    found = {}
    for path in Path(folder, "out/releases").glob("*/report.json"):
        report = json.loads(path.read_text())
        date = report["parameters"][0]["value"]
        people, withdrawn = found.get(date, (None, 0))
        if (path.parent / "withdrawn.json").exists():
            withdrawn += 1
        else:
            assert people is None, "two releases of one night are in force"
            people = report["people"]
        found[date] = (people, withdrawn)
    return found


def releases_told(nights=NIGHTS):
    """The same, as the table says it."""
    return {
        date_of(day): (night.people, night.withdrawn)
        for day, night in nights.items()
        if (night.people, night.withdrawn) != (None, 0)
    }
