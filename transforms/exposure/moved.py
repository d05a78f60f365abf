"""How far perturbed values lie from the source: whether a reader who has the source finds whose they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tokumei.transforms.counting.keyed import counters, encrypted, uniforms
from tokumei.transforms.values.cells import measures, present

_TARGETS = 2_000
_VALUES = 1 << 15
_NEAR = 8  # of the values held, on each side, by which it is told how densely values lie

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Moved:
    """Values of one column before and after it was perturbed; adds up over chunks, in any order.

    Attributes:
        draws, before, after: of cells drawn at random, the smallest draws first.
        values: different source values, ascending; of those that are drawn by their hash, whose ``zeros``
            leading bits are zero: all with 0.
        cells: all that hold a value.
    """

    draws: Floats
    before: Floats
    after: Floats
    values: Floats
    zeros: int
    key: bytes
    cells: int


def count_moved(before: pa.Array, after: pa.Array, *, key: bytes, seed: bytes) -> Moved:
    """Look at one column of a chunk.

    Args:
        before: source values of the released records.
        after: what is released of them.
        key: 32 bytes, by which values are drawn: the same in all chunks.
        seed: 32 bytes, by which cells are drawn: another in each chunk.
    """
    held = present(before) & present(after)
    old, new = measures(before)[held].astype(np.float64), measures(after)[held].astype(np.float64)
    draws = uniforms(counters(len(old)), seed)[:, 0]
    first = np.argsort(draws, kind="stable")[:_TARGETS]
    return _bounded(
        Moved(
            draws=draws[first],
            before=old[first],
            after=new[first],
            values=np.unique(old),
            zeros=0,
            key=key,
            cells=len(old),
        )
    )


def merge_moved(parts: Sequence[Moved]) -> Moved:
    """Add up what was looked at."""
    zeros = max(part.zeros for part in parts)
    draws = np.concatenate([part.draws for part in parts])
    first = np.argsort(draws, kind="stable")[:_TARGETS]
    return _bounded(
        Moved(
            draws=draws[first],
            before=np.concatenate([part.before for part in parts])[first],
            after=np.concatenate([part.after for part in parts])[first],
            values=np.unique(np.concatenate([_drawn(part, zeros) for part in parts])),
            zeros=zeros,
            key=parts[0].key,
            cells=sum(part.cells for part in parts),
        )
    )


def _bounded(moved: Moved) -> Moved:
    values, zeros = moved.values, moved.zeros
    while len(values) > _VALUES:
        zeros += 1
        values = _drawn(moved, zeros)
    return Moved(**{**vars(moved), "values": values, "zeros": zeros})


def _drawn(moved: Moved, zeros: int) -> Floats:
    if zeros == moved.zeros:
        return moved.values
    blocks = np.stack([moved.values.view(np.uint64), np.zeros(len(moved.values), np.uint64)], axis=1)
    drawn: Floats = moved.values[encrypted(blocks, moved.key)[:, 0] >> np.uint64(64 - zeros) == 0]
    return drawn


def recognized(moved: Moved) -> float:
    """Return the share of values whose nearest source value is still their own; of none, 0.

    Exact for the cells drawn where all source values are held; else by how densely those held lie.
    """
    if not len(moved.draws):
        return 0.0
    away = np.abs(moved.after - moved.before)
    if moved.zeros == 0:
        right = np.searchsorted(moved.values, moved.after).clip(1, max(1, len(moved.values) - 1))
        sides = moved.values[[right - 1, right.clip(max=len(moved.values) - 1)]]
        return float(np.mean(away <= np.abs(sides - moved.after).min(axis=0)))
    places = np.searchsorted(moved.values, moved.after)
    low = moved.values[(places - _NEAR).clip(min=0)]
    high = moved.values[(places + _NEAR - 1).clip(max=len(moved.values) - 1)]
    others = 2 * away * 2.0 * _NEAR * 2.0**moved.zeros / np.maximum(high - low, np.finfo(float).tiny)
    return float(np.mean(np.exp(-others)))


def step(moved: Moved) -> float:
    """Return how far the median value moves, as a share of what the middle 80 % of the source span."""
    if not len(moved.draws):
        return 1.0
    low, high = np.quantile(moved.before, [0.1, 0.9])
    away = float(np.median(np.abs(moved.after - moved.before)))
    return away / float(high - low) if high > low else 1.0
