"""Which cells have no value: null, a text that is empty or of spaces only, one of the null texts, or NaN."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tokumei.transforms.values.text import folded, folded_column, nulls

Marks = npt.NDArray[np.bool_]
SPACES = [
    0,
    *range(0x09, 0x0E),
    *range(0x1C, 0x21),
    0xC2,
    0xE1,
    0xE2,
    0xE3,
]  # their first bytes; 0 for no byte
LIKE = [*range(0xC2, 0xE4), 0xEA, 0xEF, 0xF0]  # first bytes of all that NFKC makes another character of


def first_of_none(null_values: Sequence[str]) -> Marks:
    """Return, by the first byte of a text, whether it can be none: of spaces, or one of the null texts."""
    may = np.zeros(256, bool)
    may[SPACES] = True
    for text in filter(None, map(folded, null_values)):
        may[[text.encode()[0], *LIKE]] = True
    return may


def none_texts(texts: pa.StringArray, null_values: Sequence[str], *, spaces: bool = True) -> Marks:
    """Return which texts are null, empty or of spaces, or one of the null texts in any spelling of it.

    Args:
        texts: UTF-8.
        null_values: the null texts.
        spaces: also texts that are empty or of spaces, whether or not the empty text is a null text.
    """
    found = nulls(texts)
    spaces = spaces or not all(map(folded, null_values))
    at = np.flatnonzero(first_of_none(null_values)[first_bytes(texts)] & ~found)
    if not len(at):
        return found
    maybe = texts.take(pa.array(at))
    none = np.zeros(len(at), bool)
    if spaces:
        none |= _marks(pc.equal(pc.binary_length(pc.utf8_trim_whitespace(maybe)), 0))
    if listed := _folds(tuple(null_values)):
        none |= _marks(pc.is_in(folded_column(maybe), value_set=pa.array(listed, pa.string())))
    found[at] = none
    return found


def blank_cells(cells: pa.Array, null_values: Sequence[str]) -> Marks:
    """Return which cells have no value, whatever their type.

    Null texts that are numbers are meant in columns of whole numbers, too.
    """
    if pa.types.is_dictionary(cells.type):
        blank: Marks = np.append(blank_cells(cells.dictionary, null_values), True)
        return blank.take(places_or_end(cells))
    if pa.types.is_binary(cells.type) or pa.types.is_large_binary(cells.type):
        try:
            cells = cells.cast(pa.string())
        except pa.ArrowInvalid:  # no texts
            return nulls(cells)
    if holds_text(cells.type):
        return none_texts(cells.cast(pa.string()), null_values)
    if pa.types.is_integer(cells.type) and any(text[-1].isdecimal() for text in _folds(tuple(null_values))):
        return none_texts(cells.cast(pa.string()), null_values)
    found = nulls(cells)
    if pa.types.is_floating(cells.type):
        found |= _marks(pc.is_nan(cells.cast(pa.float64())).fill_null(False))
    return found


def has_value(value: object, null_values: Sequence[str]) -> bool:
    """Return whether a single value of a record is one; lists and records never are."""
    if isinstance(value, bytes):
        try:
            value = value.decode()
        except UnicodeDecodeError:
            return True
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if isinstance(value, str):
        return bool(value.strip()) and folded(value) not in _folds(tuple(null_values))
    if isinstance(value, float):
        return not math.isnan(value)
    return value is not None and not isinstance(value, list | dict)


@lru_cache(maxsize=64)
def _folds(null_values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(filter(None, map(folded, null_values)))


def first_bytes(texts: pa.Array) -> npt.NDArray[np.uint8]:
    """Return the first byte of each text, 0 for none."""
    if pa.types.is_dictionary(texts.type):
        firsts: npt.NDArray[np.uint8] = np.append(first_bytes(texts.dictionary), np.uint8(0))
        return firsts.take(places_or_end(texts))
    _, offsets, data = texts.cast(pa.string()).buffers()
    if not len(texts) or data is None or not data.size:
        return np.zeros(len(texts), np.uint8)
    bounds = np.frombuffer(offsets, np.int32, len(texts) + 1, 4 * texts.offset)
    found: npt.NDArray[np.uint8] = np.frombuffer(data, np.uint8).take(bounds[:-1], mode="clip")
    empty = bounds[1:] == bounds[:-1]
    if texts.null_count:
        empty |= nulls(texts)
    if empty.any():
        found[empty] = 0
    return found


def places_or_end(coded: pa.DictionaryArray) -> npt.NDArray[np.integer]:
    """Return each row's place in the dictionary; null is in the place after the last."""
    indices = coded.indices
    if indices.null_count:
        indices = indices.cast(pa.int64()).fill_null(len(coded.dictionary))
    places: npt.NDArray[np.integer] = indices.to_numpy()
    return places


def _marks(found: pa.BooleanArray) -> Marks:
    return np.array(found.to_numpy(zero_copy_only=False))


def holds_text(kind: pa.DataType) -> bool:
    """Return whether a type holds texts, in any layout."""
    t = pa.types
    kind = kind.value_type if t.is_dictionary(kind) else kind
    return bool(t.is_string(kind) or t.is_large_string(kind) or t.is_string_view(kind))
