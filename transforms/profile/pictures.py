"""Distributions for the report: small, exact counts of coarse labels, per chunk, mergeable.

Numbers are floored to two significant digits (fractions to tenths) and dates to years, so that a picture
stays small. A column with more labels than that has no picture. Which labels may be shown is decided in the
report, by people.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from tokumei.transforms.counting.people import RECORDS, PeoplePerKey, count_rows, merge_people
from tokumei.transforms.criteria.encoding import dictionary_places, encode
from tokumei.transforms.values.cells import as_text

LABEL = "label"
MAX_LABELS = 2000
Distribution = PeoplePerKey | None


def picture_before(
    values: pa.Array, rows: npt.NDArray[np.intp], persons: npt.NDArray[np.uint64] | None, cap: int
) -> Distribution:
    """Count the original values of the released records by coarse label and, below ``cap``, by people.

    Args:
        values: a column of all records.
        rows: the released ones.
        persons: their people, in the same order; None where rows are people.
        cap: see `count_people`.
    """
    if _too_many(values):
        return None
    if persons is None:
        places, distinct = _places(values)
        return _count(rows if places is None else places.take(rows), distinct)
    return _by_people(values.take(pa.array(rows)), persons, cap)


def picture_after(
    values: pa.Array, persons: npt.NDArray[np.uint64] | None = None, cap: int = 0
) -> Distribution:
    """Count the released values of a column by coarse label and, below ``cap``, by people.

    Args:
        values: a column of the released records.
        persons: their people, in the same order; None where rows are people.
        cap: see `count_people`.
    """
    if _too_many(values):
        return None
    if persons is None:
        places, distinct = _places(values)
        return _count(np.arange(len(values)) if places is None else places, distinct)
    return _by_people(values, persons, cap)


def _by_people(values: pa.Array, persons: npt.NDArray[np.uint64], cap: int) -> Distribution:
    places, distinct = encode(values)
    coarse = pc.dictionary_encode(_coarse(distinct))
    if len(coarse.dictionary) > MAX_LABELS:
        return None
    if places is not None:
        coarse = pa.DictionaryArray.from_arrays(coarse.indices.take(pa.array(places)), coarse.dictionary)
    return count_rows({LABEL: coarse}, persons=persons, cap=cap)


def merge_pictures(parts: Sequence[Distribution]) -> Distribution:
    """Merge pictures; one that grew too large stays absent."""
    present = [p for p in parts if p is not None]
    return _bounded(merge_people(present)) if len(present) == len(parts) else None


def _places(values: pa.Array) -> tuple[npt.NDArray[np.integer] | None, pa.Array]:
    """Encode values; a dictionary may hold some that no row has, which are counted as none."""
    return dictionary_places(values) if pa.types.is_dictionary(values.type) else encode(values)


def _count(places: npt.NDArray[np.integer], values: pa.Array) -> Distribution:
    """Count rows by the coarse label of the value at their place."""
    rows = np.bincount(places, minlength=len(values))
    held = np.flatnonzero(rows)
    labels = pc.dictionary_encode(_coarse(values.take(pa.array(held))), null_encoding="encode")
    records = np.zeros(len(labels.dictionary), np.int64)
    np.add.at(records, labels.indices.to_numpy(), rows[held])
    # Not grouped by polars, which takes longer to begin than this takes in all.
    frame = pl.DataFrame({LABEL: labels.dictionary, RECORDS: records})
    return _bounded(PeoplePerKey((LABEL,), None, frame, None))


def _too_many(values: pa.Array) -> bool:
    """Whether the first texts already have too many labels: then counting all of them is saved."""
    return pa.types.is_string(values.type) and len(values.slice(0, 2 * MAX_LABELS).unique()) > MAX_LABELS


def _bounded(counted: PeoplePerKey) -> Distribution:
    return counted if counted.counts.height <= MAX_LABELS else None


def _coarse(values: pa.Array) -> pa.Array:
    kind = values.type
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        return as_text(pc.year(values))
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        numbers = values.cast(pa.float64(), safe=False)  # beyond 2**53 a bar is no less true
        finest = 1.0 if pa.types.is_floating(kind) else 10.0
        size = pc.floor(pc.log10(pc.if_else(pc.greater(pc.abs(numbers), finest), pc.abs(numbers), finest)))
        step = pc.power(10.0, pc.subtract(size, 1.0))
        tenths = pc.round(pc.divide(numbers, step), 9)  # 0.3 / 0.1 is a little less than 3
        floored = pc.multiply(pc.floor(tenths), step)
        small = pc.less(pc.abs(floored), 2.0**53)  # larger ones have no tenths; rounding could overflow
        return as_text(pc.if_else(small, pc.round(pc.if_else(small, floored, 0.0), 1), floored))
    return as_text(values)
