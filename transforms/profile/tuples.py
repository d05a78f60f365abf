"""The tuples of class columns, counted in pass 1 where few are distinct; then pass 2 has nothing to read.

Counted are the values whose domain pass 1 gathers anyway: as they reach the column's data-driven method, else
the final ones. What is decided later maps values to values, so that the classes follow from these tuples.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from tokumei.transforms.counting.contingency import group
from tokumei.transforms.counting.histogram import MAX_TUPLES, PACKED, radices
from tokumei.transforms.counting.people import RECORDS
from tokumei.transforms.criteria.coded import kept_rows
from tokumei.transforms.criteria.treated import Treated

MAX_EARLY = 1 << 20
_SAMPLE = 1 << 14
_DENSE, _MAX_DENSE = 8, 1 << 22  # possible tuples, a row and in all, that are counted by position, not hashed
_Counts = npt.NDArray[np.integer]


@dataclass(frozen=True)
class Tuples:
    """Records by distinct tuple, of rows that are people.

    At most `MAX_EARLY` tuples, so at most 16 MiB beside the values, which are bounded as domains are. It
    holds source values and therefore stays in engine memory; nothing after the search sees it.

    Attributes:
        values: by column, the distinct values (null is one), each in one place.
        packed: shape (n,), the places of each tuple's values by mixed radix, each tuple once; unsigned
            integers of the least width.
        records: shape (n,), records a tuple; unsigned integers of the least width.
    """

    values: dict[str, pa.Array]
    packed: _Counts
    records: _Counts

    def places(self) -> dict[str, _Counts]:
        """Return, by column, the place of each tuple's value."""
        rest = self.packed
        places: dict[str, _Counts] = {}
        for name in reversed(self.values):
            rest, places[name] = np.divmod(rest, max(len(self.values[name]), 1), dtype=rest.dtype)
        return places


def find_tuples(columns: Mapping[str, Treated], rows: int) -> Tuples | None:
    """Count the tuples of one chunk.

    Args:
        columns: what `Chain.reach` made of each class column.
        rows: records in the chunk; those that a column drops are not counted.

    Returns:
        None where the tuples cannot be packed, are more than `MAX_EARLY`, or so rarely alike among the first
        records that the whole file can be expected to have more.
    """
    values: dict[str, pa.Array] = {}
    places = {}
    for name, column in columns.items():
        encoded = pc.dictionary_encode(column.values, null_encoding="encode")
        values[name], places[name] = encoded.dictionary, encoded.indices.to_numpy(zero_copy_only=False)
    weights, possible = radices([len(v) for v in values.values()])
    if possible > MAX_TUPLES:
        return None
    packed = np.zeros(rows, dtype=np.int64)
    for (name, column), weight in zip(columns.items(), weights, strict=True):
        shares = places[name] * weight
        packed += shares if column.indices is None else shares.take(column.indices)
    if any(column.drop is not None for column in columns.values()):
        packed = packed[kept_rows(rows, columns)]
    if possible > MAX_EARLY and _hopeless(packed[:_SAMPLE]):
        return None
    return _counted(values, packed, None, possible)


def merge_tuples(parts: Sequence[Tuples | None]) -> Tuples | None:
    """Merge tuples of any chunks, in any order; None if any part is, or for the reasons of `find_tuples`."""
    present = [part for part in parts if part is not None]
    if len(present) < len(parts):
        return None
    if len(parts) == 1:
        return parts[0]
    values: dict[str, pa.Array] = {}
    tables = {}
    for name in present[0].values:
        encoded = pc.dictionary_encode(
            pa.concat_arrays([part.values[name] for part in present]), null_encoding="encode"
        )
        ends = np.cumsum([len(part.values[name]) for part in present])
        values[name] = encoded.dictionary
        tables[name] = np.split(encoded.indices.to_numpy(zero_copy_only=False), ends[:-1])
    weights, possible = radices([len(v) for v in values.values()])
    if possible > MAX_TUPLES:
        return None
    packed = [np.zeros(len(part.packed), dtype=np.int64) for part in present]
    for i, part in enumerate(present):
        places = part.places()
        for name, weight in zip(values, weights, strict=True):
            packed[i] += (tables[name][i] * weight).take(places[name])
    records = np.concatenate([part.records.astype(np.int64) for part in present])
    return _counted(values, np.concatenate(packed), records, possible)


def _hopeless(sample: npt.NDArray[np.int64]) -> bool:
    """Whether the tuples are twice as rarely alike as if `MAX_EARLY` of them were equally frequent.

    Of n records with N equally frequent tuples, about n² / 2N have one that was there before; where some are
    more frequent than others, more. A short chunk tells nothing.
    """
    n = len(sample)
    return n == _SAMPLE and 4 * MAX_EARLY * (n - pl.Series(sample).n_unique()) < n * n


def _counted(
    values: dict[str, pa.Array],
    packed: npt.NDArray[np.int64],
    records: npt.NDArray[np.int64] | None,
    possible: int,
) -> Tuples | None:
    """Count equal tuples; ``records`` each stands for, or one."""
    if possible <= min(_DENSE * len(packed), _MAX_DENSE):
        distinct, place = group(packed, possible)
        total = np.bincount(place, records, minlength=len(distinct))  # as float64 exact up to 2**53 records
    elif records is None:
        distinct, total = np.unique(packed, return_counts=True)
    else:
        frame = pl.DataFrame({PACKED: packed, RECORDS: records})
        counts = frame.group_by(PACKED).agg(pl.col(RECORDS).sum())
        distinct, total = counts[PACKED].to_numpy(), counts[RECORDS].to_numpy()
    if len(distinct) > MAX_EARLY:
        return None
    return Tuples(values, _narrow(distinct, possible), _narrow(total, int(total.max(initial=0))))


def _narrow(numbers: npt.NDArray[np.generic], most: int) -> _Counts:
    narrow: _Counts = numbers.astype(np.min_scalar_type(most))
    return narrow
