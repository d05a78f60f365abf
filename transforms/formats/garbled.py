"""UTF-8 that formats promise without checking it, and kernels rely on."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc


def is_utf8(text: bytes) -> bool:
    """Return whether bytes are UTF-8, without making a Python text of them."""
    ends = pa.py_buffer(np.array([0, len(text)], np.int32))
    return _valid(pa.Array.from_buffers(pa.string(), 1, [None, ends, pa.py_buffer(text)]))


def without_garbled(column: pa.Array) -> tuple[pa.Array, Mapping[int, str]]:
    """Return a column with null for texts that are not UTF-8, and which rows these are, with the reason.

    A column of texts, of whatever Arrow layout, comes back as plain strings, or encoded by a dictionary as it
    was; any other comes back as it is.
    """
    if pa.types.is_dictionary(column.type):
        texts, bad = without_garbled(column.dictionary)
        places = places_of(column)
        return pa.DictionaryArray.from_arrays(column.indices, texts), of_rows(bad, places)
    if not (
        pa.types.is_string(column.type)
        or pa.types.is_large_string(column.type)
        or pa.types.is_string_view(column.type)
    ):
        return column, {}
    texts = column.cast(pa.string())
    if _valid(texts):
        return texts, {}
    mask = np.array([not _decodes(cell) for cell in texts.cast(pa.binary()).to_pylist()], bool)
    bad = dict.fromkeys(np.flatnonzero(mask).tolist(), "undecodable")
    return pc.if_else(pa.array(mask), pa.scalar(None, pa.string()), texts), bad


def places_of(column: pa.DictionaryArray) -> npt.NDArray[np.int64]:
    """Return each row's place in the dictionary, -1 for null."""
    places: npt.NDArray[np.int64] = column.indices.cast(pa.int64()).fill_null(-1).to_numpy()
    return places


def of_rows(bad: Mapping[int, str], places: npt.NDArray[np.int64]) -> dict[int, str]:
    """Return the rows whose values in a dictionary are bad, with the reason."""
    rows = np.flatnonzero(np.isin(places, list(bad))) if bad else ()
    return {int(row): bad[int(places[row])] for row in rows}


def _valid(texts: pa.Array) -> bool:
    """Return whether every text is UTF-8: all bytes in a row are, and none begins within a character.

    Checking the bytes at once costs a fifth of checking text by text.
    """
    _, offsets, data = texts.buffers()
    if len(texts) == 0 or data is None:
        return True
    bounds = np.frombuffer(offsets, np.int32, len(texts) + 1, 4 * texts.offset)
    used = np.frombuffer(data, np.uint8)[bounds[0] : bounds[-1]]
    ends = pa.py_buffer(np.array([0, len(used)], np.int64))
    whole = pl.Series(pa.Array.from_buffers(pa.large_binary(), 1, [None, ends, pa.py_buffer(used)]))
    try:
        whole.cast(pl.String)
    except pl.exceptions.PolarsError:
        return False
    begins = bounds[:-1][bounds[:-1] < bounds[-1]] - bounds[0]
    return not bool((used[begins] & 0xC0 == 0x80).any())


def _decodes(cell: bytes | None) -> bool:
    try:
        (cell or b"").decode()
    except UnicodeDecodeError:
        return False
    return True
