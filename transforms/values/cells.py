"""A column's cells as masks, texts and numbers, and back: what everything that treats columns is made of."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tokumei.transforms.values.text import nulls

Mask = npt.NDArray[np.bool_]
ONE_BYTE = 127  # labels at most that are told apart by one byte a row, null besides


def present(values: pa.Array) -> Mask:
    """Return a mask of the cells that hold a value."""
    return ~nulls(values)


def where(mask: Mask, text: str | None, values: pa.Array) -> pa.Array:
    """Return ``values`` with ``text`` (None: null) in the masked cells, keeping the type for None."""
    other = pa.scalar(text, values.type) if text is None else pa.scalar(text, pa.string())
    base = values if text is None else as_text(values)
    return pc.if_else(pa.array(mask), other, base)


def without_dictionary(values: pa.Array) -> pa.Array:
    """Return values without their dictionary; others as they are."""
    return values.dictionary_decode() if pa.types.is_dictionary(values.type) else values


def as_text(values: pa.Array) -> pa.Array:
    """Return values as text: digits for numbers, ISO for dates."""
    if pa.types.is_floating(values.type):
        values = pc.add(values, 0.0)  # -0 is 0
    return values if pa.types.is_string(values.type) else values.cast(pa.string())


def measures(values: pa.Array) -> npt.NDArray[Any]:
    """Return numbers as int64 or float64, dates as days since 1970 (int64); nulls as 0."""
    if pa.types.is_date(values.type):
        values = values.cast(pa.int32()).cast(pa.int64())
    numbers: npt.NDArray[Any] = values.fill_null(0).to_numpy(zero_copy_only=False)
    return numbers


def like(numbers: npt.NDArray[Any], values: pa.Array) -> pa.Array:
    """Return numbers in the type of ``values``, null where they are null; the reverse of `measures`."""
    if pa.types.is_date(values.type):
        numbers = numbers.astype(np.int32)
    return pa.array(numbers, mask=~present(values)).cast(values.type)


def rounded(numbers: npt.NDArray[np.float64], decimals: int) -> npt.NDArray[np.float64]:
    """Round, without a negative zero; numbers too large to have such decimals stay."""
    with np.errstate(over="ignore", invalid="ignore"):
        result: npt.NDArray[np.float64] = np.round(numbers, decimals)
    return np.where(np.isfinite(result), result, numbers) + 0.0


def floats(values: pa.Array) -> npt.NDArray[np.float64]:
    """Return numbers as float64, nan where they are null; integers beyond 2**53 to the nearest."""
    numbers: npt.NDArray[np.float64] = values.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    return numbers


def numbers_of(values: pa.Array) -> npt.NDArray[np.float64]:
    """Return numbers, or dates as days since 1970; nan where there is none."""
    if pa.types.is_date(values.type):
        return np.where(present(values), measures(values).astype(np.float64), np.nan)
    if pa.types.is_timestamp(values.type):
        values = values.cast(pa.int64())
    return floats(values)


def labelled(places: npt.NDArray[Any], labels: pa.Array) -> pa.DictionaryArray:
    """Spread labels over the rows; null is a null index, because Parquet dictionaries hold no null.

    Every label stands once in the dictionary, sorted, because it is written as it is: two entries of a label
    would tell apart what was generalized, and their order could tell that of the source.

    Args:
        places: of each row's label, in a type of integers, which stays.
        labels: texts or null.
    """
    texts = labels.drop_null().unique()
    sorted_texts = texts.take(pc.sort_indices(texts))
    once = len(texts) + labels.null_count == len(labels)
    if once and labels.slice(0, len(texts)).equals(sorted_texts):  # as they are, null at the end
        nulls = places >= len(texts) if labels.null_count else None
        return pa.DictionaryArray.from_arrays(pa.array(places, mask=nulls), sorted_texts, safe=False)
    code = pc.index_in(labels, value_set=sorted_texts).cast(pa.from_numpy_dtype(places.dtype))
    return pa.DictionaryArray.from_arrays(code.take(pa.array(places)), sorted_texts, safe=False)
