"""How far the run is, for the terminal: records and nodes by stage, counted in this process only.

Engines that run workers elsewhere leave these at zero; their own counters have the same names.
"""

from __future__ import annotations

from collections import Counter
from threading import Lock

from apache_beam.metrics.metric import Metrics

SEARCH = "search"
_NODES = Metrics.counter("tokumei", f"{SEARCH}_nodes")
_seen: Counter[str] = Counter()
_best: list[float] = []
_lock = Lock()


def count_records(stage: str, records: int) -> None:
    """Add to the stage's counter, here and in the engine's metrics."""
    with _lock:
        _seen[stage] += records
    Metrics.counter("tokumei", f"{stage}_records").inc(records)


def note_node(cost: float | None) -> None:
    """Add a node of the lattice; ``cost`` is that of the best one so far, if any is feasible."""
    with _lock:
        _seen[SEARCH] += 1
        _best[:] = [] if cost is None else [cost]
    _NODES.inc()


def best_cost() -> float | None:
    """Return the cost of the best node so far."""
    with _lock:
        return _best[0] if _best else None


def seen() -> dict[str, int]:
    """Return the records by stage so far; of the search, nodes."""
    with _lock:
        return dict(_seen)


def reset() -> None:
    """Forget all counts, at the start of a run."""
    with _lock:
        _seen.clear()
        _best.clear()
