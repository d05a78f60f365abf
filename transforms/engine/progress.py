"""How far the run is: records and bytes by stage and table, and nodes of the search.

They are counted in this process and in the engine's metrics, under names that `counter_name` makes.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from threading import Lock

from apache_beam.metrics.metric import Metrics

NAMESPACE = "tokumei"
SEARCH = "search"
_NODES = f"{SEARCH}_nodes"
_RECORDS = "_records."
_nodes = Metrics.counter(NAMESPACE, _NODES)
_lock = Lock()


@dataclass
class StageCount:
    """What was counted of a stage so far.

    Attributes:
        records: by table; of the search, nodes, under an empty name.
        read: bytes of the splits that were read to their end, by table; of Parquet, whose files state their
            records, row groups.
        began, latest: moments of `time.monotonic`: of its beginning, and of the newest count.
        best: of the search, the lowest cost of a node that is feasible.
    """

    records: dict[str, int] = field(default_factory=dict)
    read: dict[str, int] = field(default_factory=dict)
    began: float = field(default_factory=time.monotonic)
    latest: float = 0.0
    best: float | None = None

    @property
    def total(self) -> int:
        """Records of all tables, or nodes."""
        return sum(self.records.values())


_seen: dict[str, StageCount] = {}


def begin_stage(stage: str) -> None:
    """Note that a stage has begun, unless it has before."""
    with _lock:
        _seen.setdefault(stage, StageCount())


def count_records(stage: str, table: str, records: int, *, read: int = 0) -> None:
    """Add records of a table, and bytes read, to a stage's count, here and in the engine's metrics."""
    with _lock:
        count = _seen.setdefault(stage, StageCount())
        count.records[table] = count.records.get(table, 0) + records
        count.read[table] = count.read.get(table, 0) + read
        count.latest = time.monotonic()
    Metrics.counter(NAMESPACE, counter_name(stage, table)).inc(records)


def note_node(cost: float | None) -> None:
    """Add a node of the lattice; ``cost`` is that of the best one so far, if any is feasible."""
    with _lock:
        count = _seen.setdefault(SEARCH, StageCount())
        count.records[""] = count.records.get("", 0) + 1
        count.latest, count.best = time.monotonic(), cost
    _nodes.inc()


def counter_name(stage: str, table: str) -> str:
    """Return the name of the engine's counter of a stage's records of a table."""
    return f"{stage}{_RECORDS}{table}"


def stage_of(name: str) -> tuple[str, str]:
    """Return stage and table of a counter by its name."""
    stage, _, table = name.partition(_RECORDS)
    return (SEARCH, "") if name == _NODES else (stage, table)


def seen() -> dict[str, StageCount]:
    """Return what was counted so far, by stage, in the order in which they began."""
    with _lock:
        return {
            stage: replace(count, records=dict(count.records), read=dict(count.read))
            for stage, count in _seen.items()
        }


def reset() -> None:
    """Forget all counts, at the start of a run."""
    with _lock:
        _seen.clear()
