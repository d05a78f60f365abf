"""Seeded draws: one generator per chunk, weighted categories, and a permutation that needs no memory."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tokumei.transforms.synthesis.digits import Ints

_SLOTS = 1 << 16
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_ROUNDS = 4


def stream(seed: int, name: str, chunk: int) -> np.random.Generator:
    """Return the generator of one chunk, independent of every other (seed, name, chunk)."""
    sequence = np.random.SeedSequence(seed, spawn_key=(zlib.crc32(name.encode()), chunk))
    return np.random.Generator(np.random.SFC64(sequence))


class Weighted:
    """Categories 0..k-1 drawn with given weights through a table of 65,536 slots.

    A slot table costs one random 16-bit number and one look-up per draw. Weights are met to 1/65536;
    a category below half of that never appears.
    """

    def __init__(self, weights: Sequence[float] | NDArray[np.float64]) -> None:
        share = np.cumsum(np.asarray(weights, dtype=np.float64))
        edges = np.rint(share / share[-1] * _SLOTS).astype(np.int64)
        self._table = np.repeat(np.arange(len(edges)), np.diff(edges, prepend=0))

    def draw(self, rng: np.random.Generator, size: int) -> Ints:
        """Return `size` independent category numbers."""
        return self.at(rng.integers(0, _SLOTS, size, dtype=np.uint16))

    def at(self, slots: NDArray[np.uint16]) -> Ints:
        """Return the category numbers of slots that were drawn, or follow from something, evenly."""
        return self._table[slots]


def zipf(size: int, exponent: float = 1.0) -> NDArray[np.float64]:
    """Return the weights 1/rank^exponent of `size` ranks."""
    ranks = np.arange(1, size + 1, dtype=np.float64)
    return np.asarray(ranks**-exponent, dtype=np.float64)


def permute(index: Ints, size: int, seed: int, name: str) -> Ints:
    """Map row numbers one to one onto 0..size-1 in an order that looks random.

    A Feistel network with cycle walking: every value is found from its own row number, so that a chunk
    needs nothing of the others. It mixes; it is no cipher.

    Args:
        index: distinct numbers, 0 <= index < size.
        size: size of the range, at most 10^12.
        seed: seed of the run.
        name: purpose; other names give other orders.

    Returns:
        As many distinct numbers in the same range.
    """
    half = max(1, ((size - 1).bit_length() + 1) // 2)
    shift, mask = np.uint64(half), np.uint64((1 << half) - 1)
    high = np.uint64(64 - half)
    keys = stream(seed, name, 0).integers(0, 1 << 63, _ROUNDS, dtype=np.uint64)
    out = _feistel(index.astype(np.uint64), keys, shift, mask, high)
    outside = np.flatnonzero(out >= size)
    while len(outside):
        out[outside] = _feistel(out[outside], keys, shift, mask, high)
        outside = outside[out[outside] >= size]
    return out.astype(np.int64)


def _feistel(
    value: NDArray[np.uint64],
    keys: NDArray[np.uint64],
    shift: np.uint64,
    mask: np.uint64,
    high: np.uint64,
) -> NDArray[np.uint64]:
    left, right = value >> shift, value & mask
    for key in keys:
        left, right = right, left ^ (((right + key) * _MULTIPLIER) >> high)
    return (left << shift) | right


def pick_rows(seed: int, name: str, total: int, count: int, avoid: Ints | None = None) -> Ints:
    """Choose `count` distinct rows of `total`, none of them in `avoid`, in a seeded order.

    The caller makes sure that enough rows exist.
    """
    taken = avoid if avoid is not None else np.empty(0, dtype=np.int64)
    rng = stream(seed, name, 0)
    chosen = rng.choice(total, size=count + len(taken), replace=False)
    return chosen[~np.isin(chosen, taken)][:count].astype(np.int64)


def run_starts(size: int, lengths: Ints, forced: Ints) -> Ints:
    """Cut `size` rows into runs (households, people) and return where each run starts.

    Args:
        size: rows of the chunk; no run crosses chunks.
        lengths: run lengths, each at least 1, together at least `size`.
        forced: rows, at most `size`, where a run must start whatever the lengths say.

    Returns:
        Ascending starts, the first being 0.
    """
    ends = np.cumsum(lengths)
    starts = np.zeros(size + 1, dtype=bool)
    starts[ends[ends < size]] = True
    starts[0] = True
    starts[forced] = True
    return np.flatnonzero(starts[:size])
