"""The histogram of distinct quasi-identifier tuples: all that the search ever looks at.

Each quasi-identifier value is a small integer (its place in the column's domain). A row's tuple is packed
into one integer by mixed radix, so counting a batch is one group-by on integers and the merged histogram is
as large as the number of *distinct* tuples, whatever the number of records. The equivalence classes of a
generalization are a histogram again, over coarser codes, so that every measure is written once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl

from tokumei.transforms.counting.contingency import Contingency, group
from tokumei.transforms.engine.distinct import distinct

PACKED = "#tuple"
MAX_TUPLES = (1 << 63) - 1  # possible tuples that fit one integer
Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]
_RUN = 1 << 15  # neighbouring columns are looked up and counted together up to this many combinations


def radices(sizes: Sequence[int]) -> tuple[Ints, int]:
    """Return the weight of each column in a packed tuple, and the number of possible tuples."""
    weights, total = [], 1
    for size in reversed(sizes):
        weights.append(total)
        total *= max(size, 1)
    return np.array(weights[::-1], dtype=object if total > MAX_TUPLES else np.int64), total


def pack(codes: Sequence[Codes] | Codes, sizes: Sequence[int]) -> Ints:
    """Pack one code a column into one integer a row (mixed radix)."""
    weights, _ = radices(sizes)
    packed: Ints = np.zeros(len(codes[0]), dtype=np.int64)
    for column, weight, size in zip(codes, weights, sizes, strict=True):
        if size > 1:
            packed += column.astype(np.int64) * weight
    return packed


def unpack(packed: Ints, sizes: Sequence[int]) -> Codes:
    """Return the codes of packed tuples, shape (columns, n)."""
    weights, _ = radices(sizes)
    codes = np.empty((len(sizes), len(packed)), dtype=np.int32)
    rest = packed
    for i, weight in enumerate(weights):
        codes[i], rest = np.divmod(rest, weight)
    return codes


def joint_sums(maps: Sequence[Codes], weights: Sequence[int] | Ints) -> Ints:
    """Return Σ coarser code × weight for every combination of some columns' codes."""
    total: Ints = np.zeros((), dtype=np.int64)
    for coarser, weight in zip(maps, weights, strict=True):
        total = total[..., None] + coarser * np.int64(weight)
    return total.ravel()


def margins(joint: npt.NDArray[np.number], sizes: Sequence[int]) -> list[Ints]:
    """Return counts of every combination of some columns' codes as counts of each code, per column."""
    counts = joint.reshape([max(size, 1) for size in sizes])
    columns = range(counts.ndim)
    return [counts.sum(axis=tuple(j for j in columns if j != i)).astype(np.int64) for i in columns]


@dataclass(frozen=True, kw_only=True)
class Histogram:
    """Distinct tuples (or equivalence classes) with their records and people.

    Attributes:
        keys: shape (u,), packed codes, ascending.
        sizes: number of codes of each column.
        records: shape (u,), records a tuple; 0 where only the population has it.
        total_people: people of the whole file, whom the suppression limit is a share of.
        pair_rows, pair_persons: where a person may have several records, the tuple numbers and person
            hashes of the people of each tuple (at most as many as the requirements need to tell apart);
            None where records are people.
        sensitive: people by tuple and sensitive value (機微な項目), per column that a model protects.
        population: shape (u,), people a tuple in the population that the file is drawn from, or None.
        nulls: per column, the code of null, or -1.
    """

    keys: Ints
    sizes: tuple[int, ...]
    records: Ints
    total_people: int
    pair_rows: Ints | None = None
    pair_persons: npt.NDArray[np.uint64] | None = None
    sensitive: Mapping[str, Contingency] = field(default_factory=dict)
    population: Ints | None = None
    nulls: tuple[int, ...] = ()

    def __len__(self) -> int:
        return len(self.keys)

    @cached_property
    def runs(self) -> list[tuple[slice, npt.NDArray[np.integer]]]:
        """Columns joined to runs of few combinations, and each tuple's combination.

        One lookup or count of a run replaces one of each of its columns, at a third of the time and memory.
        """
        most = min(_RUN, len(self.keys) // 4)
        found: list[tuple[slice, npt.NDArray[np.integer]]] = []
        rest, end = self.keys, len(self.sizes)
        while end:
            start, size = end - 1, max(self.sizes[end - 1], 1)
            while start and size * max(self.sizes[start - 1], 1) <= most:
                start -= 1
                size *= max(self.sizes[start], 1)
            if start:
                rest, codes = np.divmod(rest, size)
            else:
                codes = rest
            found.append((slice(start, end), codes.astype(np.min_scalar_type(size - 1))))
            end = start
        return found

    @cached_property
    def codes(self) -> Codes:
        """The code of each column, shape (columns, u)."""
        return unpack(self.keys, self.sizes)

    @cached_property
    def people(self) -> Ints:
        """Distinct people a tuple; exact up to the number that was kept of each."""
        if self.pair_rows is None:
            return self.records
        return np.bincount(self.pair_rows, minlength=len(self.keys)).astype(np.int64)

    def people_in(self, chosen: Mask) -> int:
        """Count the people with a record in any chosen tuple; exact if all of their people are kept."""
        if self.pair_rows is None or self.pair_persons is None:
            return int(self.records[chosen].sum())
        return len(distinct(self.pair_persons[chosen[self.pair_rows]]))

    def marginals(self, chosen: Mask | None = None) -> list[Ints]:
        """Return the records of each code, per column; of all tuples, or of the chosen ones."""
        records = self.records
        places = None if chosen is None else np.flatnonzero(chosen)
        if places is not None:
            records = records.take(places)
        weights = records.astype(float)
        marginals: list[Ints] = []
        for run, codes in reversed(self.runs):
            sizes = self.sizes[run]
            joint = codes if places is None else codes.take(places)
            marginals += margins(np.bincount(joint, weights, minlength=radices(sizes)[1]), sizes)
        return marginals

    def coarsen(
        self, maps: Sequence[Codes], sizes: Sequence[int], nulls: Sequence[int]
    ) -> tuple[Histogram, Ints]:
        """Group the tuples by coarser codes.

        Args:
            maps: per column, code here → coarser code.
            sizes: number of coarser codes of each column.
            nulls: per column, the coarser code of null, or -1.

        Returns:
            The coarser histogram, and each tuple's place in it, shape (u,).
        """
        weights, possible = radices(sizes)
        packed = np.zeros(len(self.keys), dtype=np.int64)
        for run, codes in self.runs:
            if max(sizes[run]) > 1:
                packed += joint_sums(maps[run], weights[run]).take(codes)
        keys, of_tuple = group(packed, possible)
        return self.regroup(keys, tuple(sizes), tuple(nulls), of_tuple), of_tuple

    def regroup(
        self, keys: Ints, sizes: tuple[int, ...], nulls: tuple[int, ...], of_tuple: Ints
    ) -> Histogram:
        """Return the histogram over other keys; ``of_tuple`` is each tuple's place among them."""
        n = len(keys)
        rows, persons = None, None
        if self.pair_rows is not None:
            pairs = pl.DataFrame({"c": of_tuple[self.pair_rows], "p": self.pair_persons}).unique()
            rows, persons = pairs["c"].to_numpy(), pairs["p"].to_numpy()
        population = None
        if self.population is not None:
            population = np.bincount(of_tuple, weights=self.population, minlength=n).astype(np.int64)
        return Histogram(
            keys=keys,
            sizes=sizes,
            records=np.bincount(of_tuple, weights=self.records, minlength=n).astype(np.int64),
            total_people=self.total_people,
            pair_rows=rows,
            pair_persons=persons,
            sensitive={name: table.regroup(of_tuple, n) for name, table in self.sensitive.items()},
            population=population,
            nulls=nulls,
        )

    def only(self, chosen: Mask) -> Histogram:
        """Return the histogram of some of the tuples; ``total_people`` stays that of the whole file."""
        rows, persons = self.pair_rows, self.pair_persons
        if rows is not None and persons is not None:
            inside = chosen[rows]
            rows, persons = (np.cumsum(chosen) - 1)[rows[inside]], persons[inside]
        return replace(
            self,
            keys=self.keys[chosen],
            records=self.records[chosen],
            pair_rows=rows,
            pair_persons=persons,
            sensitive={name: table.only(chosen) for name, table in self.sensitive.items()},
            population=None if self.population is None else self.population[chosen],
        )
