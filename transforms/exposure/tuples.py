"""Counting people by tuple of values in bounded memory: exact counts of all, or of tuples drawn by hash.

A tuple is drawn if its keyed hash begins with so many zero bits. All records of a drawn tuple are counted, so
that its count is exact; only how many tuples there are is then an estimate. As many zeros are asked for as
bring the entries under a bound, and no more: the same tuples are drawn however records are cut and merged
(P. B. Gibbons, Distinct sampling for highly-accurate answers to distinct values queries, VLDB 2001).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tokumei.transforms.exposure.hashed import HashedColumn, Hashes, summed

Counts = npt.NDArray[np.int64]

_FEW = 1 << 16  # places that 16 bits number
_TWICE = 4 / 3  # instead of 2, by far less than chance could make of it
_DENSE = 2  # cells of a table of all tuples, a row, up to which it is cheaper than sorting


@dataclass(frozen=True, kw_only=True)
class TupleCounts:
    """Entries of the tuples drawn, ascending by tuple and second.

    Attributes:
        zeros: leading zero bits of the tuples' hashes; with 0 they are all.
        tuples: hash of each entry's tuple.
        seconds: a person of it, or a value beside it; None where rows are people and none is asked for.
        records: of each entry; None where it has people.
    """

    zeros: int
    tuples: Hashes
    seconds: Hashes | None
    records: Counts | None


def drawn_tuples(
    columns: Mapping[str, HashedColumn], sets: Iterable[Sequence[str]], rows: int, most: Callable[..., int]
) -> dict[tuple[str, ...], TupleCounts]:
    """Count records by tuple of the values of each of some sets of columns.

    Where a table of all tuples of a set is small, those of the sets in it are its sums.

    Args:
        columns: of one batch, by name.
        sets: their names, in the order of the columns.
        rows: of the batch.
        most: how many entries of a set are held.
    """
    found: dict[tuple[str, ...], TupleCounts] = {}
    tables: dict[tuple[str, ...], Counts] = {}
    for names in sorted(map(tuple, sets), key=len, reverse=True):
        chosen = [columns[name] for name in names]
        if around := [larger for larger in tables if set(names) <= set(larger)]:
            _sum_out(tables, min(around, key=lambda larger: tables[larger].size), names)
        elif (place := _places(chosen, _DENSE * rows)) is not None:
            sizes = [len(column.values) for column in chosen]
            tables[names] = np.bincount(place, minlength=math.prod(sizes)).reshape(sizes)
        if names in tables:
            found[names] = _bounded(_of_table(chosen, tables[names]), most(names))
        else:
            found[names] = _drawn(summed(chosen), None, most=most(names), cap=1)
    return found


def _sum_out(tables: dict[tuple[str, ...], Counts], larger: tuple[str, ...], names: tuple[str, ...]) -> None:
    """Enter the table of some columns, and those on the way to it, by sums of one of more columns."""
    while larger != names:
        table = tables[larger]
        axis = max(
            (axis for axis, name in enumerate(larger) if name not in names), key=table.shape.__getitem__
        )
        larger = (*larger[:axis], *larger[axis + 1 :])
        tables[larger] = table.sum(axis=axis)


def _of_table(columns: Sequence[HashedColumn], table: Counts) -> TupleCounts:
    counts = table.ravel()
    there = np.flatnonzero(counts)
    hashes, rest = np.zeros(len(there), np.uint64), there
    for column in reversed(columns):
        rest, digit = np.divmod(rest, len(column.values))
        hashes = hashes + column.values[digit]
    order = np.argsort(hashes)  # a sort that is stable takes several times as long of what is in no order
    return _sorted(0, hashes[order], None, counts[there][order])


def _places(columns: Sequence[HashedColumn], most: int) -> npt.NDArray[np.int32] | None:
    """Return each row's place in a table of all tuples; None where it would have more than ``most``."""
    codes = [column.codes for column in columns if column.codes is not None]
    if len(codes) < len(columns) or math.prod(len(column.values) for column in columns) > most:
        return None
    place = codes[0]
    for code, column in zip(codes[1:], columns[1:], strict=True):
        place = place * np.int32(len(column.values)) + code
    return place


def drawn_people(columns: Sequence[HashedColumn], persons: Hashes, *, most: int, cap: int) -> TupleCounts:
    """Count people by tuple of some columns' values.

    Args:
        columns: of one batch.
        persons: hash of each row's person, ascending.
        most: how many entries are held.
        cap: how many people of a tuple are told apart: the smallest hashes.
    """
    rows = len(persons)
    place = _places(columns, _FEW) if rows else None
    if place is None:
        return _drawn(summed(columns), persons, most=most, cap=cap)
    # Few tuples: their places are sorted by radix, which leaves each one's people in their order.
    order = np.argsort(place.astype(np.uint16), kind="stable")
    begins = np.flatnonzero(np.diff(place[order], prepend=-1))
    sizes = np.diff(np.append(begins, rows))
    new = np.diff(persons[order], prepend=~persons[order][:1]) != 0
    new[begins] = True
    nth = np.cumsum(new)
    chosen = order[new & (nth - np.repeat(nth[begins], sizes) < cap)]
    return _bounded(_of_rows(0, summed([column.taken(chosen) for column in columns]), persons[chosen]), most)


def drawn_values(tuples: Hashes, values: Hashes, *, most: int) -> TupleCounts:
    """Count records by pair of a tuple and a value beside it: hashes, one a row each."""
    ones = np.ones(len(tuples), np.int64)
    return _bounded(_sorted(0, tuples, values, ones), most)


def merge_drawn(parts: Sequence[TupleCounts], *, most: int, cap: int) -> TupleCounts:
    """Add up counts, in any order; ``most`` and ``cap`` as they were counted with."""
    zeros = max(part.zeros for part in parts)
    parts = [_fewer(part, zeros) for part in parts]
    seconds = [part.seconds for part in parts if part.seconds is not None]
    records = [part.records for part in parts if part.records is not None]
    merged = _sorted(
        zeros,
        np.concatenate([part.tuples for part in parts]),
        np.concatenate(seconds) if seconds else None,
        np.concatenate(records) if records else None,
    )
    return _bounded(_capped(merged, cap), most)


def people_by_tuple(counts: TupleCounts) -> Counts:
    """Return the people, or seconds, of each tuple; ``cap`` means that or more."""
    if counts.seconds is None and counts.records is not None:
        return counts.records
    return np.diff(np.append(_begins(counts.tuples), len(counts.tuples)))


def distinct_tuples(counts: TupleCounts) -> Hashes:
    """Return the hash of each tuple once, ascending."""
    return counts.tuples[_begins(counts.tuples)]


def _drawn(tuples: Hashes, seconds: Hashes | None, *, most: int, cap: int) -> TupleCounts:
    zeros = max(0, math.ceil(math.log2(max(1, len(tuples)) / most)))
    found = _of_zeros(tuples, seconds, zeros, cap)
    # Values that repeat need fewer zeros. One fewer draws twice as many: where these surely do not fit,
    # which differ by the root of their number, none is sorted in vain.
    while zeros > 0 and _TWICE * len(found.tuples) <= most:
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
    return _capped(_of_rows(zeros, tuples, seconds), cap)


def _of_rows(zeros: int, tuples: Hashes, seconds: Hashes | None) -> TupleCounts:
    """Return the entries of rows, which ascend by second if there is any."""
    if seconds is not None:
        order = np.argsort(tuples, kind="stable")
        tuples, seconds = tuples[order], seconds[order]
        new = _changes(tuples) | _changes(seconds)
        return TupleCounts(zeros=zeros, tuples=tuples[new], seconds=seconds[new], records=None)
    tuples = np.sort(tuples)
    begins = _begins(tuples)
    records = np.diff(np.append(begins, len(tuples)))
    return TupleCounts(zeros=zeros, tuples=tuples[begins], seconds=None, records=records)


def _changes(sorted_hashes: Hashes) -> npt.NDArray[np.bool_]:
    """Return a mask of the elements that differ from the one before."""
    changes = np.ones(len(sorted_hashes), bool)
    changes[1:] = sorted_hashes[1:] != sorted_hashes[:-1]
    return changes


def _has(hashes: Hashes, zeros: int) -> npt.NDArray[np.bool_]:
    has: npt.NDArray[np.bool_] = hashes >> np.uint64(64 - zeros) == 0
    return has


def _fewer(counts: TupleCounts, zeros: int) -> TupleCounts:
    """Return the entries whose tuples have more zeros."""
    if zeros == counts.zeros:
        return counts
    # Ascending hashes with leading zeros come first.
    end = int(np.searchsorted(counts.tuples, np.uint64(1) << np.uint64(64 - zeros)))
    return _chosen(counts, slice(end), zeros)


def _bounded(counts: TupleCounts, most: int) -> TupleCounts:
    while len(counts.tuples) > most:
        counts = _fewer(counts, counts.zeros + 1)
    return counts


def _sorted(zeros: int, tuples: Hashes, seconds: Hashes | None, records: Counts | None) -> TupleCounts:
    """Return entries in their order, equal ones added up."""
    # What is merged is sorted in runs, which a stable sort finds.
    order = np.argsort(tuples, kind="stable") if seconds is None else np.lexsort((seconds, tuples))
    tuples = tuples[order]
    new = _changes(tuples)
    if seconds is not None:
        seconds = seconds[order]
        new |= _changes(seconds)
    begins = np.flatnonzero(new)
    added = None if records is None else np.add.reduceat(records[order], begins) if len(begins) else records
    return TupleCounts(
        zeros=zeros,
        tuples=tuples[begins],
        seconds=None if seconds is None else seconds[begins],
        records=added,
    )


def _capped(counts: TupleCounts, cap: int) -> TupleCounts:
    """Return the smallest ``cap`` seconds of each tuple."""
    if counts.seconds is None or not len(counts.tuples):
        return counts
    begins = _begins(counts.tuples)
    sizes = np.diff(np.append(begins, len(counts.tuples)))
    return _chosen(counts, np.arange(len(counts.tuples)) - np.repeat(begins, sizes) < cap, counts.zeros)


def _chosen(counts: TupleCounts, which: slice | npt.NDArray[np.bool_], zeros: int) -> TupleCounts:
    return TupleCounts(
        zeros=zeros,
        tuples=counts.tuples[which],
        seconds=None if counts.seconds is None else counts.seconds[which],
        records=None if counts.records is None else counts.records[which],
    )


def _begins(tuples: Hashes) -> npt.NDArray[np.intp]:
    """Return where each tuple's entries begin."""
    return np.flatnonzero(_changes(tuples))
