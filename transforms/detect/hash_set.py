"""A set of 64-bit hashes: exact as long as it is small, else a filter whose rate of error is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tokumei.transforms.engine.distinct import distinct

Hashes = NDArray[np.uint64]

MOST_HASHES = 1 << 22  # hashes that are kept one by one: 32 MiB
_BITS = 1 << 28  # of the filter: 32 MiB as well
_PROBES = 8
_COARSE = 24  # bits of a hash by which most that are not in the set are told at once
_NOTHING = np.empty(0, dtype=np.uint64)


@dataclass(frozen=True, eq=False)
class HashSet:
    """Hashes that were put in; merges in any order and grouping.

    Up to `MOST_HASHES` it is exact. Beyond, it is a Bloom filter of `_BITS` bits: nothing that was put in is
    missed, and `error` says what share of all others is taken for members.

    Attributes:
        known: sorted, each once; empty where there is a filter.
        bits: shape (`_BITS` / 8,), the filter; None where it is exact.
    """

    known: Hashes
    bits: NDArray[np.uint8] | None = None

    @classmethod
    def of(cls, hashes: Hashes) -> HashSet:
        """Put hashes into a new set."""
        return cls.merged([cls(hashes)])

    @classmethod
    def merged(cls, parts: Sequence[HashSet]) -> HashSet:
        """Return the union of sets."""
        filters = [part.bits for part in parts if part.bits is not None]
        known = distinct(np.concatenate([_NOTHING, *(part.known for part in parts)]))
        if not filters and len(known) <= MOST_HASHES:
            return cls(known)
        bits = np.zeros(_BITS // 8, dtype=np.uint8)
        for other in filters:
            bits |= other
        for at in _probes(known):
            np.bitwise_or.at(bits, at >> np.uint64(3), _mask(at))
        return cls(_NOTHING, bits)

    @property
    def nbytes(self) -> int:
        """Its size."""
        return self.known.nbytes if self.bits is None else self.bits.nbytes

    @cached_property
    def error(self) -> float:
        """The share of hashes that were not put in and are found all the same."""
        if self.bits is None:
            return len(self.known) * 2.0**-64
        return float(int(np.bitwise_count(self.bits).sum(dtype=np.int64)) / _BITS) ** _PROBES

    def holds(self, hashes: Hashes) -> NDArray[np.bool_]:
        """Return which hashes are in the set."""
        found = np.zeros(len(hashes), dtype=bool)
        if self.bits is None:
            if len(self.known):
                rows = np.flatnonzero(self._coarse[hashes >> np.uint64(64 - _COARSE)])
                some = hashes[rows]
                places = np.searchsorted(self.known, some)
                found[rows] = self.known.take(places, mode="clip") == some
            return found
        rows = np.arange(len(hashes))
        for probe in range(_PROBES):
            at = _probe(hashes[rows], probe)
            rows = rows[(self.bits[at >> np.uint64(3)] & _mask(at)) > 0]
        found[rows] = True
        return found

    @cached_property
    def _coarse(self) -> NDArray[np.bool_]:
        found = np.zeros(1 << _COARSE, dtype=bool)
        found[self.known >> np.uint64(64 - _COARSE)] = True
        return found

    def __reduce__(self) -> tuple[type[HashSet], tuple[Hashes, NDArray[np.uint8] | None]]:
        """Pickle what was put in alone."""
        return HashSet, (self.known, self.bits)


def mixed(values: Hashes, odd: np.uint64) -> Hashes:
    """Return polynomials in a secret, mixed with another, so that all bits depend on all."""
    found: Hashes = (values ^ (values >> np.uint64(31))) * odd
    return found ^ (found >> np.uint64(29))


def text_hashes(texts: pl.Series, longest: int, seeds: tuple[int, int]) -> Hashes:
    """Return a polynomial in a secret of the first letters of each text.

    Args:
        texts: without nulls.
        longest: letters that are looked at.
        seeds: odd numbers, from the key of the run.
    """
    padded = texts.str.slice(0, longest).str.pad_end(longest, "\0").str.join("").item() if len(texts) else ""
    matrix = np.frombuffer(padded.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).reshape(-1, longest)
    factor, other = (np.uint64(seed) for seed in seeds)
    value = np.zeros(len(matrix), dtype=np.uint64)
    for place in range(longest):
        value = (value + matrix[:, place].astype(np.uint64) + np.uint64(1)) * factor
    return mixed(value, other)


def _probes(hashes: Hashes) -> list[Hashes]:
    return [_probe(hashes, probe) for probe in range(_PROBES)]


def _probe(hashes: Hashes, number: int) -> Hashes:
    step = (hashes >> np.uint64(32)) | np.uint64(1)
    at: Hashes = (hashes + np.uint64(number) * step) & np.uint64(_BITS - 1)
    return at


def _mask(at: Hashes) -> NDArray[np.uint8]:
    return np.left_shift(1, (at & np.uint64(7)).astype(np.uint8)).astype(np.uint8)
