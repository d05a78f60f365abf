"""Columns as indices into their distinct values, so that a method runs once on each of these."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Indices = npt.NDArray[np.int32]

_SAMPLE = 4096
_FEW = 256  # values that may all be in use in a sample, where each repeats
_REPEATING = 0.3  # share of distinct values in a sample up to which encoding pays for itself


def encode(values: pa.Array) -> tuple[Indices | None, pa.Array]:
    """Return indices and the distinct values they point to, null included.

    Integers and days within a narrow range are encoded by a table over the range instead of hashing, however
    rarely they repeat. Where other values hardly repeat, None and the values as they are: then working on the
    distinct ones would not pay.
    """
    if pa.types.is_dictionary(values.type):
        return used_values(values)
    if len(values) == 0:
        return None, values
    if values.type in {pa.int64(), pa.date32()} and (found := _by_range(values)) is not None:
        return found
    head = values.slice(0, _SAMPLE)
    if pc.count_distinct(head, mode="all").as_py() > len(head) * _REPEATING:
        return None, values
    encoded = pc.dictionary_encode(values, null_encoding="encode")
    return encoded.indices.to_numpy(zero_copy_only=False), encoded.dictionary


def dictionary_places(values: pa.DictionaryArray) -> tuple[npt.NDArray[np.integer], pa.Array]:
    """Return each row's place in the dictionary, and the dictionary; null, where it occurs, is the last."""
    indices, texts = values.indices, values.dictionary
    if indices.null_count:
        indices = indices.fill_null(len(texts))
        texts = pa.concat_arrays([texts, pa.nulls(1, texts.type)])
    return indices.to_numpy(zero_copy_only=False), texts


def narrow(indices: Indices | None, values: pa.Array) -> tuple[Indices | None, pa.Array]:
    """Return the encoding of the rows after a method.

    A method that knows few answers (area codes) returns a dictionary array: for each value that it was given,
    the place of its answer. The rows then point at the answers.

    Args:
        indices: row → place among the values that the method was given; None where it was given one a row.
        values: what it returned, one for each of these.

    Returns:
        Row → place among the values beside it, None where these are one a row; and the values.
    """
    if not pa.types.is_dictionary(values.type):
        return indices, values
    places, used = used_values(values)
    return places if indices is None else places[indices], used


def used_values(values: pa.DictionaryArray) -> tuple[Indices, pa.Array]:
    """Return indices into the values in use, in the dictionary's order; null, where in use, is the last."""
    places, texts = dictionary_places(values)
    used = _used(places, len(texts))
    numbers = _numbered(places, used, len(texts))
    return numbers, texts if len(used) == len(texts) else texts.take(pa.array(used))


def compacted(values: pa.Array) -> pa.Array:
    """Drop labels that no row bears: whoever gets these rows would otherwise get those of others."""
    if not pa.types.is_dictionary(values.type):
        return values
    places, texts = dictionary_places(values)
    used = _used(places, len(texts))
    if len(used) == len(texts):
        return values
    labels = texts.take(pa.array(used)).drop_null()
    numbers = _numbered(places, used, len(texts))
    nulls = numbers == len(labels) if len(labels) < len(used) else None
    # They were just numbered: to look whether each is within the labels takes as long.
    return pa.DictionaryArray.from_arrays(pa.array(numbers, mask=nulls), labels, safe=False)


def _used(places: npt.NDArray[np.integer], size: int) -> npt.NDArray[np.int64]:
    """Return the places in use, ascending."""
    if size <= _FEW and np.bincount(places[:_SAMPLE], minlength=size).all():
        return np.arange(size)
    return np.flatnonzero(np.bincount(places, minlength=size))


def _numbered(places: npt.NDArray[np.integer], used: npt.NDArray[np.int64], size: int) -> Indices:
    """Return the number of each row's place among those in use."""
    if len(used) == size:  # as most often
        return places.astype(np.int32, copy=False)
    numbers = np.zeros(size, np.int32)
    numbers[used] = np.arange(len(used))
    return numbers.take(places)


def _by_range(values: pa.Array) -> tuple[Indices, pa.Array] | None:
    numbers = values if values.type == pa.int64() else values.cast(pa.int32()).cast(pa.int64())
    bounds = pc.min_max(numbers)
    low, high = bounds["min"].as_py(), bounds["max"].as_py()
    if low is None or high - low >= len(values):
        return None
    missing = high - low + 1  # the place of null
    places = pc.subtract(numbers, low).fill_null(missing).to_numpy(zero_copy_only=False)
    used = _used(places, missing + 1)
    distinct = pa.array(used + low, mask=used == missing)
    if values.type == pa.date32():
        distinct = distinct.cast(pa.int32()).cast(pa.date32())
    return _numbered(places, used, missing + 1), distinct
