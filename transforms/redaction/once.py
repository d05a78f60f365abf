"""What became of the planted cases of a plan, tried once a process: its chunks are redacted the same way."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from threading import Lock

TriedCases = tuple[
    Mapping[str, int], Mapping[str, int]
]  # by title of a kind: cases, and those that were missed

_MOST = 64  # columns of plans that are remembered
_TRIED: dict[Hashable, TriedCases] = {}
_ONE_BY_ONE = Lock()  # threads that begin together would else each try the same cases


def tried_once(cases: Hashable, attempt: Callable[[], TriedCases]) -> TriedCases:
    """Return what an attempt came to, which is made where this process has not made it yet.

    Args:
        cases: what tells the cases, and how they are looked for, from all others: among it, the seed of a
            run and column.
        attempt: redacts them and counts; a function of the cases alone.
    """
    with _ONE_BY_ONE:
        if cases not in _TRIED:
            while len(_TRIED) >= _MOST:
                del _TRIED[next(iter(_TRIED))]
            _TRIED[cases] = attempt()
        return _TRIED[cases]
