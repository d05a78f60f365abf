"""Counting people by tuple of values in bounded memory: exact counts of all, or of tuples drawn by hash.

A tuple is drawn if its keyed hash begins with so many zero bits. All records of a drawn tuple are counted, so
that its count is exact; only how many tuples there are is then an estimate. As many zeros are asked for as
bring the entries under a bound, and no more: the same tuples are drawn however records are cut and merged
(P. B. Gibbons, Distinct sampling for highly-accurate answers to distinct values queries, VLDB 2001).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tokumei.transforms.exposure.hashed import HashedColumn, Hashes, summed

Counts = npt.NDArray[np.int64]

_DENSE = 2  # cells of a table of all tuples, a row, up to which it is cheaper than sorting


@dataclass(frozen=True, kw_only=True)
class TupleCounts:
    """Entries of the tuples drawn, ascending by tuple and second.

    Attributes:
        zeros: leading zero bits of the tuples' hashes; with 0 they are all.
        tuples: hash of each entry's tuple.
        seconds: a person of it, or a value beside it; None where rows are people and none is asked for.
        records: of each entry.
    """

    zeros: int
    tuples: Hashes
    seconds: Hashes | None
    records: Counts


def drawn_tuples(columns: Sequence[HashedColumn], rows: int, *, most: int) -> TupleCounts:
    """Count records by tuple of some columns' values.

    Args:
        columns: of one batch.
        rows: of the batch.
        most: how many entries are held.
    """
    size = math.prod(len(column.values) for column in columns)
    codes = [column.codes for column in columns if column.codes is not None]
    if len(codes) == len(columns) and size <= _DENSE * rows:
        place = np.zeros(rows, np.int32)
        for code, column in zip(codes, columns, strict=True):
            place = place * np.int32(len(column.values)) + code
        counts = np.bincount(place, minlength=size)
        there = np.flatnonzero(counts)
        hashes, rest = np.zeros(len(there), np.uint64), there
        for column in reversed(columns):
            rest, digit = np.divmod(rest, len(column.values))
            hashes = hashes + column.values[digit]
        return _bounded(_sorted(0, hashes, None, counts[there]), most)
    return _drawn(summed(columns), None, most=most, cap=1)


def drawn_pairs(tuples: Hashes, seconds: Hashes, *, most: int, cap: int) -> TupleCounts:
    """Count records by pair of a tuple and its person, or a value beside it.

    Args:
        tuples: hash of each row's tuple.
        seconds: of each row.
        most: how many entries are held.
        cap: how many seconds of a tuple are told apart: the smallest.
    """
    return _drawn(tuples, seconds, most=most, cap=cap)


def merge_drawn(parts: Sequence[TupleCounts], *, most: int, cap: int) -> TupleCounts:
    """Add up counts, in any order; ``most`` and ``cap`` as they were counted with."""
    zeros = max(part.zeros for part in parts)
    parts = [_fewer(part, zeros) for part in parts]
    seconds = [part.seconds for part in parts if part.seconds is not None]
    merged = _sorted(
        zeros,
        np.concatenate([part.tuples for part in parts]),
        np.concatenate(seconds) if seconds else None,
        np.concatenate([part.records for part in parts]),
    )
    return _bounded(_capped(merged, cap), most)


def people_by_tuple(counts: TupleCounts) -> Counts:
    """Return the people, or seconds, of each tuple; ``cap`` means that or more."""
    if counts.seconds is None:
        return counts.records
    return np.diff(np.append(_begins(counts.tuples), len(counts.tuples)))


def _drawn(tuples: Hashes, seconds: Hashes | None, *, most: int, cap: int) -> TupleCounts:
    zeros = max(0, math.ceil(math.log2(max(1, len(tuples)) / most)))
    found = _of_zeros(tuples, seconds, zeros, cap)
    while zeros > 0:  # values that repeat need fewer
        zeros -= 1
        more = _of_zeros(tuples, seconds, zeros, cap)
        if len(more.tuples) > most:
            break
        found = more
    return _bounded(found, most)


def _of_zeros(tuples: Hashes, seconds: Hashes | None, zeros: int, cap: int) -> TupleCounts:
    if zeros:
        drawn = _has(tuples, zeros)
        tuples, seconds = tuples[drawn], None if seconds is None else seconds[drawn]
    return _capped(_sorted(zeros, tuples, seconds, np.ones(len(tuples), np.int64)), cap)


def _has(hashes: Hashes, zeros: int) -> npt.NDArray[np.bool_]:
    has: npt.NDArray[np.bool_] = hashes >> np.uint64(64 - zeros) == 0
    return has


def _fewer(counts: TupleCounts, zeros: int) -> TupleCounts:
    """Return the entries whose tuples have more zeros."""
    if zeros == counts.zeros:
        return counts
    # Ascending hashes with leading zeros come first.
    end = int(np.searchsorted(counts.tuples, np.uint64(1) << np.uint64(64 - zeros)))
    seconds = None if counts.seconds is None else counts.seconds[:end]
    return TupleCounts(zeros=zeros, tuples=counts.tuples[:end], seconds=seconds, records=counts.records[:end])


def _bounded(counts: TupleCounts, most: int) -> TupleCounts:
    while len(counts.tuples) > most:
        counts = _fewer(counts, counts.zeros + 1)
    return counts


def _sorted(zeros: int, tuples: Hashes, seconds: Hashes | None, records: Counts) -> TupleCounts:
    """Return the entries in their order, equal ones added up."""
    order = np.argsort(tuples) if seconds is None else np.lexsort((seconds, tuples))
    tuples, records = tuples[order], records[order]
    new = np.ones(len(tuples), bool)
    new[1:] = tuples[1:] != tuples[:-1]
    if seconds is not None:
        seconds = seconds[order]
        new[1:] |= seconds[1:] != seconds[:-1]
    begins = np.flatnonzero(new)
    return TupleCounts(
        zeros=zeros,
        tuples=tuples[begins],
        seconds=None if seconds is None else seconds[begins],
        records=np.add.reduceat(records, begins) if len(begins) else records,
    )


def _capped(counts: TupleCounts, cap: int) -> TupleCounts:
    """Return the smallest ``cap`` seconds of each tuple."""
    if counts.seconds is None or not len(counts.tuples):
        return counts
    begins = _begins(counts.tuples)
    sizes = np.diff(np.append(begins, len(counts.tuples)))
    keep = np.arange(len(counts.tuples)) - np.repeat(begins, sizes) < cap
    return TupleCounts(
        zeros=counts.zeros,
        tuples=counts.tuples[keep],
        seconds=counts.seconds[keep],
        records=counts.records[keep],
    )


def _begins(tuples: Hashes) -> npt.NDArray[np.intp]:
    """Return where each tuple's entries begin."""
    return np.flatnonzero(np.diff(tuples, prepend=~tuples[:1]) != 0) if len(tuples) else np.empty(0, np.intp)
