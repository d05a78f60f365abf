"""How far a stage is: records, share of all, rate and time left, from what was counted and planned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tokumei.schemas.splits import TableFile
    from tokumei.transforms.engine.progress import StageCount

STAGES = {
    "profile": "pass 1 profile",
    "people": "counting people",
    "combinations": "rare combinations",
    "totals": "totals of people",
    "joined": "joined tables",
    "held back": "who is held back",
    "count": "pass 2 classes",
    "search": "search of levels",
    "histories": "facts of people",
    "promises": "promises of the release",
    "release": "pass 3 criteria",
    "written": "written",
    "earlier": "earlier releases",
    "targets": "targets of attacks",
    "attacks": "attacks",
}
_FIRST = "profile"
_SHORT = 1.0  # seconds of a stage, before which a rate says nothing


@dataclass(frozen=True)
class Expected:
    """What there is to read, by table.

    Attributes:
        records: of tables all of whose files state how many they hold.
        sizes: bytes of all files.
    """

    records: Mapping[str, int] = field(default_factory=dict)
    sizes: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A stage as it is shown.

    Attributes:
        stage: its name.
        records: so many were read, written or, of the search, tried.
        seconds: since its first record; 0 where an engine elsewhere told of it only when it was over.
        share: of all its records, 0 to 1; None where that is not known.
        best: of the search, the lowest cost so far.
    """

    stage: str
    records: int
    seconds: float
    share: float | None = None
    best: float | None = None

    @property
    def rate(self) -> float | None:
        """Records a second; None of what has only begun."""
        return self.records / self.seconds if self.seconds >= _SHORT else None

    @property
    def left(self) -> float | None:
        """Seconds until its end at this rate; None where that is not known."""
        if not self.share or self.seconds < _SHORT:
            return None
        return self.seconds * (1 - self.share) / self.share

    @property
    def title(self) -> str:
        """What the stage is called."""
        return STAGES.get(self.stage, self.stage)

    def line(self) -> str:
        """Return the stage as a line."""
        if self.stage == "search":
            found = "none feasible yet" if self.best is None else f"lowest cost so far {self.best:.4g}"
            return f"{self.title}: {self.records:,} combinations, {found}"
        told = [f"{self.title}: {self.records:,} records"]
        if self.share is not None:
            told.append(f"{self.share:.0%}")
        if self.rate is not None:
            told.append(f"{self.rate:,.0f} a second")
        if self.left is not None and self.share != 1:
            told.append(f"{self.left:,.0f} s left")
        return ", ".join(told)

    def ended(self) -> str:
        """Return the stage as a line once it has ended."""
        taken = f" in {self.seconds:,.1f} s" if self.seconds else ""
        if self.stage == "search":
            return f"{self.line()}{taken}"
        return f"{self.title}: {self.records:,} records{taken}"

    def fields(self) -> dict[str, Any]:
        """Return the stage for programs; what is not known is left out."""
        found = {
            "stage": self.stage,
            "records": self.records,
            "seconds": round(self.seconds, 3) or None,
            "percent": None if self.share is None else round(100 * self.share, 1),
            "rate": None if self.rate is None else round(self.rate),
            "seconds_left": None if self.left is None else round(self.left),
            "cost": self.best,
        }
        return {name: value for name, value in found.items() if value is not None}


def expected_of(files: Sequence[TableFile], sample: int | None) -> Expected:
    """Return what there is to read; nothing is known of a sample."""
    if sample:
        return Expected()
    sizes: dict[str, int] = {}
    records: dict[str, int | None] = {}
    for found in files:
        sizes[found.table] = sizes.get(found.table, 0) + found.file.size
        known, more = records.get(found.table, 0), found.records
        records[found.table] = None if known is None or more is None else known + more
    return Expected({name: n for name, n in records.items() if n}, sizes)


def stages_seen(counts: Mapping[str, StageCount], expected: Expected, now: float | None) -> list[Seen]:
    """Return the stages that have begun, in their order; while the job runs, the newest is the last.

    Args:
        counts: by stage.
        expected: what there is to read.
        now: a moment of `time.monotonic`; None once the job has ended.
    """
    newest = max((count.latest for count in counts.values()), default=0.0) if now else -1.0
    return [
        Seen(
            stage=stage,
            records=count.total,
            seconds=(now if now and count.latest == newest else count.latest) - count.began,
            share=_share(stage, count, counts, expected),
            best=count.best,
        )
        for stage, count in sorted(counts.items(), key=lambda item: item[1].latest == newest)
    ]


def _share(
    stage: str, count: StageCount, counts: Mapping[str, StageCount], expected: Expected
) -> float | None:
    if stage == _FIRST:
        if any(table not in expected.records and table not in count.read for table in count.records):
            return None  # an engine elsewhere tells no bytes
        done = sum(size * _read(table, count, expected) for table, size in expected.sizes.items())
        every = sum(expected.sizes.values())
        return min(1.0, done / every) if every else None
    known = counts[_FIRST].records if _FIRST in counts else {}
    every = sum(known.get(table, 0) for table in count.records)
    return min(1.0, count.total / every) if every else None


def _read(table: str, count: StageCount, expected: Expected) -> float:
    if (every := expected.records.get(table)) is not None:
        return count.records.get(table, 0) / every
    size = expected.sizes[table]
    return count.read.get(table, 0) / size if size else 1.0
