"""What became of one run, for programs: its release, counts, time and memory, or the error it ended with."""

from __future__ import annotations

import json
import resource
import time
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from tokumei.schemas.errors import InputError, TokumeiError

if TYPE_CHECKING:
    from tokumei.pipelines.launcher.engine import Ran
    from tokumei.pipelines.launcher.lineage import Lineage
    from tokumei.transforms.planning.plan import Plan

_LEFT_OUT = ("rejected", "dropped", "suppressed", "blank")


def cpu_seconds() -> float:
    """Return the processor seconds of this process and of those that it has waited for."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def peak_mib() -> int:
    """Return the most memory that this process has held, in MiB.

    Its own: ``ru_maxrss`` is that of the process that has begun it, where that held more (getrusage(2)).
    """
    (held,) = (line for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line)
    return int(held.split()[1]) >> 10


@dataclass(frozen=True)
class Outcome:
    """A published release as it lies in its store.

    Attributes:
        manifest, report: as they were read.
        places: of the release, its report and notice, and the register, by these names.
    """

    manifest: dict[str, Any]
    report: dict[str, Any]
    places: dict[str, str]

    @property
    def records(self) -> int:
        """Released records of all tables."""
        return sum(table["records"] for table in self.manifest["tables"].values())


def outcome_of(plan: Plan) -> Outcome:
    """Read what the release holds from the release itself.

    Raises:
        InputError: there is none though the job has ended, or it cannot be read.
    """
    from tokumei.transforms.release.attempt import release_dir
    from tokumei.transforms.storage.places import open_store

    store = open_store(plan.output)
    base = release_dir(plan, store)
    uri = store.join(base, "manifest.json")
    if not store.exists(uri):
        raise InputError(
            "release.missing",
            where=uri,
            what="the job ended without a release",
            fix="look at the engine's log",
        )
    places = {
        "uri": base,
        "report": store.join(base, "report.html"),
        "notice": store.join(base, "notice.html"),
        "register": store.join(plan.output, "register", "index.html"),
    }
    report = store.read(store.join(base, "report.json"))[0]
    return Outcome(json.loads(store.read(uri)[0]), json.loads(report), places)


@dataclass(kw_only=True)
class Account:
    """A run while it goes on, and when it has ended. It holds names, places, counts and times alone.

    Attributes:
        job: of the command, as anonymize.
        policy: its path or URI.
        date: the value of the parameter date that it was given; empty of none.
        release: the id; empty until it is known.
        output: directory or URI of the output; empty until it is known.
        outcome: what was published or found published; None of what was not.
        already: whether another run had published it.
        ran: how the job went; None where there was none.
        error: what it ended with.
        lineage: sends OpenLineage events of it; None where nobody asks for them.
    """

    job: str
    policy: str
    date: str = ""
    release: str = ""
    output: str = ""
    outcome: Outcome | None = None
    already: bool = False
    ran: Ran | None = None
    error: BaseException | None = None
    lineage: Lineage | None = field(default=None, repr=False)
    began: float = field(default_factory=time.time)
    _clock: float = field(default_factory=time.monotonic)
    _cpu: float = field(default_factory=cpu_seconds)
    seconds: float = 0.0
    cpu: float = 0.0

    def end(self, error: BaseException | None) -> None:
        """Note that it has ended, and with which error."""
        self.error = error
        self.seconds, self.cpu = time.monotonic() - self._clock, cpu_seconds() - self._cpu

    @property
    def name(self) -> str:
        """The policy's name: its file's, without suffix."""
        return PurePosixPath(self.policy).stem

    @property
    def status(self) -> int:
        """The exit status."""
        return 0 if self.error is None else getattr(self.error, "status", 1)

    @property
    def code(self) -> str:
        """The code of the error; empty where there is none."""
        if self.error is None:
            return ""
        if isinstance(self.error, TokumeiError):
            return self.error.code
        return "interrupted" if isinstance(self.error, KeyboardInterrupt) else "unexpected"

    @property
    def tables(self) -> list[dict[str, Any]]:
        """What went in, came out and was left out of each table of the release."""
        report = {"tables": []} if self.outcome is None else self.outcome.report
        return [
            {"table": table["name"], "records_in": table["records_in"], "records_out": table["records_out"]}
            | {why: table[f"records_{why}"] for why in _LEFT_OUT}
            for table in report["tables"]
        ]

    def as_dict(self) -> dict[str, Any]:
        """Return it as the object that ``--json`` prints; nothing of what is not known."""
        told: dict[str, Any] = {"status": self.status, "job": self.job, "policy": self.policy}
        if self.date:
            told["date"] = self.date
        if self.code:
            told["code"] = self.code
        if self.release:
            told |= {"release": self.release, "output": self.output}
        if self.outcome is not None:
            told |= {"already": self.already, "people": self.outcome.manifest["people"]}
            told |= {"records": self.outcome.records, "tables": self.tables, **self.outcome.places}
        if self.ran is not None:
            told["stages"] = [stage.fields() for stage in self.ran.stages]
        peak = peak_mib()
        return told | {"seconds": round(self.seconds, 2), "cpu_seconds": round(self.cpu, 2), "peak_mib": peak}
