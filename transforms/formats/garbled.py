"""UTF-8 that formats promise without checking it, and kernels rely on."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from tokumei.transforms.values.text import bytes_of, is_ascii

_SHORT = 1 << 16  # bytes of which a Python text is made sooner than the arrays of other ways


def is_utf8(text: bytes) -> bool:
    """Return whether bytes are UTF-8, without making a Python text of many."""
    if len(text) <= _SHORT:
        return _decodes(text)
    ends = pa.py_buffer(np.array([0, len(text)], np.int32))
    return _valid(pa.Array.from_buffers(pa.string(), 1, [None, ends, pa.py_buffer(text)]))


def held_as_text(found: pa.DataType) -> bool:
    """Return whether `without_garbled` makes texts of a column of this Arrow type.

    Besides texts of every layout these are JSON, UUIDs, and bytes that are not marked as text.
    """
    t = pa.types
    if isinstance(found, pa.UuidType):
        return True
    if isinstance(found, pa.BaseExtensionType):
        return held_as_text(found.storage_type)
    return bool(t.is_string(found) or t.is_large_string(found) or t.is_string_view(found) or _is_bytes(found))


def without_garbled(column: pa.Array, *, mended: bool = False) -> tuple[pa.Array, Mapping[int, str]]:
    """Return a column with null for texts that are not UTF-8, and which rows these are, with the reason.

    A column of texts, of whatever Arrow layout, comes back as plain strings, or encoded by a dictionary as it
    was; any other comes back as it is. UUIDs are written as RFC 9562 does.

    Args:
        column: as a format gives it.
        mended: replace what is not UTF-8 by U+FFFD instead.
    """
    if pa.types.is_dictionary(column.type):
        texts, bad = without_garbled(column.dictionary, mended=mended)
        found = of_rows(bad, places_of(column)) if bad else {}
        return pa.DictionaryArray.from_arrays(column.indices, texts), found
    if isinstance(column.type, pa.BaseExtensionType):
        uuid = isinstance(column.type, pa.UuidType)
        return without_garbled(_uuids(column.storage) if uuid else column.storage, mended=mended)
    if not held_as_text(column.type):
        return column, {}
    texts = column.cast(pa.binary()).view(pa.string()) if _is_bytes(column.type) else column.cast(pa.string())
    if _valid(texts):
        return texts, {}
    cells = texts.cast(pa.binary()).to_pylist()
    if mended:
        whole = [None if cell is None else cell.decode(errors="replace") for cell in cells]
        return pa.array(whole, pa.string()), {}
    mask = np.array([not _decodes(cell) for cell in cells], bool)
    bad = dict.fromkeys(np.flatnonzero(mask).tolist(), "undecodable")
    return pc.if_else(pa.array(mask), pa.scalar(None, pa.string()), texts), bad


def _is_bytes(found: pa.DataType) -> bool:
    t = pa.types
    return bool(
        t.is_binary(found)
        or t.is_large_binary(found)
        or t.is_binary_view(found)
        or t.is_fixed_size_binary(found)
    )


def _uuids(column: pa.FixedSizeBinaryArray) -> pa.Array:
    """Write numbers of 16 bytes in hexadecimal, in groups."""
    size = column.type.byte_width
    raw = np.frombuffer(column.buffers()[1], np.uint8, len(column) * size, column.offset * size)
    signs = np.frombuffer(b"0123456789abcdef", np.uint8)
    pairs = raw.reshape(len(column), size)
    digits = signs[np.stack([pairs >> 4, pairs & 15], axis=-1).reshape(len(column), 2 * size)]
    parts, hyphen = np.split(digits, (8, 12, 16, 20), axis=1), np.full((len(column), 1), ord("-"), np.uint8)
    cells = np.hstack([parts[0], *(p for part in parts[1:] for p in (hyphen, part))])
    ends = np.arange(len(column) + 1, dtype=np.int32) * cells.shape[1]
    missing = column.is_null().to_numpy(zero_copy_only=False)
    texts = pa.StringArray.from_buffers(
        len(column), pa.py_buffer(ends), pa.py_buffer(np.ascontiguousarray(cells))
    )
    return pc.if_else(pa.array(missing), pa.scalar(None, pa.string()), texts) if missing.any() else texts


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

    Checking the bytes at once costs a fifth of checking text by text; numbers and codes need not even that.
    """
    if is_ascii(texts):
        return True
    bounds, used = bytes_of(texts)
    ends = pa.py_buffer(np.array([0, len(used)], np.int64))
    whole = pl.Series(pa.Array.from_buffers(pa.large_binary(), 1, [None, ends, pa.py_buffer(used)]))
    try:
        whole.cast(pl.String)
    except pl.exceptions.PolarsError:
        return False
    begins = bounds[: np.searchsorted(bounds, bounds[-1])]
    return not bool((used.take(begins) & 0xC0 == 0x80).any())


def _decodes(cell: bytes | None) -> bool:
    try:
        (cell or b"").decode()
    except UnicodeDecodeError:
        return False
    return True
