"""Records without any value: rows that an editor emptied, and padding of exports. They are nobody's.

A cell has no value if it is null, or a text that is empty, of spaces only, or one of the source's null texts,
in any spelling that `folded` makes one of them.
A record is blank if that is so of all its columns, whatever columns are read: so every pass skips the same
records. Columns of lists and records are not looked at, as they can never be used.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tokumei.transforms.formats.batches import Rows
from tokumei.transforms.values.text import folded, folded_column

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


def without_blank(rows: Rows, blank: Marks) -> Rows:
    """Return rows without those that are blank, which are counted instead."""
    if not blank.any():
        return rows
    left = pa.array(np.flatnonzero(~blank))
    moved = np.cumsum(~blank) - 1
    return rows._replace(
        columns={name: cells.take(left) for name, cells in rows.columns.items()},
        numbers=rows.numbers[~blank],
        misfits={n: {int(moved[i]): why for i, why in bad.items()} for n, bad in rows.misfits.items()},
        blank=int(blank.sum()),
    )


def may_be_blank(rows: Rows, null_values: Sequence[str]) -> Marks:
    """Return which rows have no value in any of the columns at hand; cheap where one is always filled."""
    left = np.ones(len(rows.numbers), bool)
    starts = np.zeros(256, bool)
    starts[[*SPACES, *null_starts(null_values)]] = True
    for name, cells in sorted(rows.columns.items(), key=lambda column: column[1].null_count):
        left &= starts[first_bytes(cells)] if _is_text(cells.type) else nulls_of(cells)
        for row in rows.misfits.get(name, ()):
            left[row] = False
        if not left.any():
            return left
    for cells in rows.columns.values():
        at = np.flatnonzero(left)
        left[at] = blank_cells(cells.take(pa.array(at)), null_values)
    return left


def null_starts(null_values: Sequence[str]) -> list[int]:
    """Return the first bytes of texts that may be one of the null texts in some spelling; 0 for no byte."""
    listed = [text for text in map(folded, null_values) if text]
    return [*(text.encode()[0] for text in listed), *(range(0x80, 0x100) if listed else ())]


def blank_cells(cells: pa.Array, null_values: Sequence[str]) -> Marks:
    """Return which cells have no value."""
    if pa.types.is_dictionary(cells.type):
        blank: Marks = np.append(blank_cells(cells.dictionary, null_values), True)
        return blank[_places(cells)]
    if pa.types.is_binary(cells.type) or pa.types.is_large_binary(cells.type):
        try:
            cells = cells.cast(pa.string())
        except pa.ArrowInvalid:  # no texts
            return nulls_of(cells)
    if not _is_text(cells.type):
        return nulls_of(cells)
    texts = cells.cast(pa.string())
    empty = pc.equal(pc.binary_length(pc.utf8_trim_whitespace(texts)), 0)
    if len(texts) and any(text.strip() for text in null_values):
        listed = folded_column(pa.array(null_values, pa.string()))
        empty = pc.or_(empty, pc.is_in(folded_column(texts), value_set=listed))
    found: Marks = empty.fill_null(True).to_numpy(zero_copy_only=False)
    return found


def first_bytes(texts: pa.Array) -> npt.NDArray[np.uint8]:
    """Return the first byte of each text, 0 for none."""
    if pa.types.is_dictionary(texts.type):
        firsts: npt.NDArray[np.uint8] = np.append(first_bytes(texts.dictionary), np.uint8(0))
        return firsts[_places(texts)]
    _, offsets, data = texts.cast(pa.string()).buffers()
    if not len(texts) or data is None or not data.size:
        return np.zeros(len(texts), np.uint8)
    bounds = np.frombuffer(offsets, np.int32, len(texts) + 1, 4 * texts.offset)
    found: npt.NDArray[np.uint8] = np.frombuffer(data, np.uint8).take(bounds[:-1], mode="clip")
    empty = bounds[1:] == bounds[:-1]
    if texts.null_count:
        empty |= nulls_of(texts)
    if empty.any():
        found[empty] = 0
    return found


def _places(coded: pa.DictionaryArray) -> npt.NDArray[np.int64]:
    """Return each row's place in the dictionary; null is in the place after the last."""
    places: npt.NDArray[np.int64] = coded.indices.cast(pa.int64()).fill_null(len(coded.dictionary)).to_numpy()
    return places


def nulls_of(cells: pa.Array) -> Marks:
    """Return which cells are null."""
    nulls: Marks = cells.is_null().to_numpy(zero_copy_only=False)
    return nulls


def has_value(value: object, null_values: Sequence[str]) -> bool:
    """Return whether a single value of a record is one; lists and records never are."""
    if isinstance(value, bytes):
        try:
            value = value.decode()
        except UnicodeDecodeError:
            return True
    if isinstance(value, str):
        return bool(value.strip()) and folded(value) not in map(folded, null_values)
    return value is not None and not isinstance(value, list | dict)


def _is_text(kind: pa.DataType) -> bool:
    t = pa.types
    kind = kind.value_type if t.is_dictionary(kind) else kind
    return bool(t.is_string(kind) or t.is_large_string(kind) or t.is_string_view(kind))
