"""How far the run is, for the terminal: records by stage, counted in this process only.

Engines that run workers elsewhere leave these at zero; their own counters have the same names.
"""

from __future__ import annotations

from collections import Counter
from threading import Lock

from apache_beam.metrics.metric import Metrics

_seen: Counter[str] = Counter()
_lock = Lock()


def count_records(stage: str, records: int) -> None:
    """Add to the stage's counter, here and in the engine's metrics."""
    with _lock:
        _seen[stage] += records
    Metrics.counter("tokumei", f"{stage}_records").inc(records)


def seen() -> dict[str, int]:
    """Return the records by stage so far."""
    with _lock:
        return dict(_seen)


def reset() -> None:
    """Forget all counts, at the start of a run."""
    with _lock:
        _seen.clear()
