"""The histogram of distinct quasi-identifier tuples: all that the search ever looks at.

Each quasi-identifier value is a small integer (its place in the column's domain). A row's tuple is packed
into one integer by mixed radix, so counting a batch is one group-by on integers and the merged histogram is
as large as the number of *distinct* tuples, whatever the number of records.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from transforms.profile.people import PERSON, RECORDS, PeoplePerKey

PACKED = "#tuple"
MAX_TUPLES = (1 << 63) - 1  # possible tuples that fit one integer
_Ints = npt.NDArray[np.int64]


def radices(sizes: Sequence[int]) -> tuple[_Ints, int]:
    """Return the weight of each column in a packed tuple, and the number of possible tuples."""
    weights, total = [], 1
    for size in reversed(sizes):
        weights.append(total)
        total *= max(size, 1)
    return np.array(weights[::-1], dtype=object if total > MAX_TUPLES else np.int64), total


def pack(codes: Sequence[npt.NDArray[np.int32]], sizes: Sequence[int]) -> _Ints:
    """Pack one code a column into one integer a row (mixed radix)."""
    weights, _ = radices(sizes)
    packed: _Ints = codes[0].astype(np.int64) * weights[0]
    for column, weight in zip(codes[1:], weights[1:], strict=True):
        packed += column.astype(np.int64) * weight
    return packed


@dataclass(frozen=True)
class Histogram:
    """Distinct tuples with their records and people.

    Attributes:
        codes: shape (u, columns), the level-0 code of each column.
        records: shape (u,), records a tuple.
        people: total number of people the suppression limit is a share of.
        pair_rows, pair_persons: where a person may have several records, the tuple numbers and person
            hashes of at most k people a tuple; None where records are people.
    """

    codes: npt.NDArray[np.int32]
    records: _Ints
    people: int
    pair_rows: _Ints | None = None
    pair_persons: npt.NDArray[np.uint64] | None = None


def histogram_of(counted: PeoplePerKey, sizes: Sequence[int], people: int | None) -> Histogram:
    """Unpack merged counts over PACKED into a histogram; ``people`` is needed where records are not."""
    counts = counted.counts.sort(PACKED)
    packed = counts[PACKED].to_numpy()
    records = counts[RECORDS].to_numpy()
    weights, _ = radices(sizes)
    codes = np.empty((len(packed), len(sizes)), dtype=np.int32)
    rest = packed.copy()
    for i, weight in enumerate(weights):
        codes[:, i], rest = np.divmod(rest, weight)
    if counted.pairs is None:
        return Histogram(codes, records, int(records.sum()))
    return Histogram(
        codes,
        records,
        counted.distinct_people() if people is None else people,
        np.searchsorted(packed, counted.pairs[PACKED].to_numpy()),
        counted.pairs[PERSON].to_numpy(),
    )


@dataclass(frozen=True)
class Classes:
    """Equivalence classes of one node.

    Attributes:
        of_tuple: class number of each tuple of the histogram.
        records: records a class.
        people: people a class; exact below k (capped above, where a person may have several records).
    """

    of_tuple: _Ints
    records: _Ints
    people: _Ints


_DENSE = 8  # up to this many possible classes a tuple, counting by position beats sorting


def classes_of(histogram: Histogram, packed: _Ints, possible: int) -> Classes:
    """Group the tuples by their packed generalized codes."""
    if possible <= _DENSE * len(packed):
        present = np.zeros(possible, dtype=bool)
        present[packed] = True
        number = np.cumsum(present) - 1
        of_tuple, size = number[packed], int(number[-1]) + 1
    else:
        distinct, of_tuple = np.unique(packed, return_inverse=True)
        size = len(distinct)
    records = np.bincount(of_tuple, weights=histogram.records, minlength=size).astype(np.int64)
    if histogram.pair_rows is None or histogram.pair_persons is None:
        return Classes(of_tuple, records, records)
    pairs = pl.DataFrame({"c": of_tuple[histogram.pair_rows], PERSON: histogram.pair_persons}).unique()
    people = np.bincount(pairs["c"].to_numpy(), minlength=size).astype(np.int64)
    return Classes(of_tuple, records, people)


def people_in(histogram: Histogram, classes: Classes, chosen: npt.NDArray[np.bool_]) -> int:
    """Count the people with a record in any chosen class; exact when all chosen classes are below k."""
    if histogram.pair_rows is None or histogram.pair_persons is None:
        return int(classes.records[chosen].sum())
    inside = chosen[classes.of_tuple[histogram.pair_rows]]
    return len(np.unique(histogram.pair_persons[inside]))
