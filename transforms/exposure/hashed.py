"""Columns as keyed 64-bit numbers, one for each value: what tuples of values are counted by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tokumei.transforms.counting.keyed import encrypted, keyed_hashes
from tokumei.transforms.criteria.encoding import Indices, encode
from tokumei.transforms.values.cells import as_text, present

Hashes = npt.NDArray[np.uint64]

_DIGITS = 32  # of a pseudonym


class HashedColumn(NamedTuple):
    """A column by keyed hashes of its values; a blank is 0.

    The hash of a tuple is the sum of those of its values: each is random and independent of the others, so
    that sums are, too.

    Attributes:
        codes: the place of each row's value in ``values``; None where there is one a row.
        values: hashes.
    """

    codes: Indices | None
    values: Hashes

    def rows(self) -> Hashes:
        """Return one hash a row."""
        return self.values if self.codes is None else self.values.take(self.codes)


def hashed(values: pa.Array, key: bytes, *, drawn: bool = False) -> HashedColumn:
    """Return a column by keyed hashes.

    Args:
        values: cells.
        key: 32 bytes, of the run and the column: equal values of a column get equal hashes in every part.
        drawn: whether they are pseudonyms, of which half of the digits tell as much as all.
    """
    codes, distinct = encode(values)
    return HashedColumn(codes, np.where(present(distinct), _hashes(distinct, key, drawn), np.uint64(0)))


def _hashes(values: pa.Array, key: bytes, drawn: bool) -> Hashes:
    if pa.types.is_integer(values.type) or pa.types.is_date(values.type):
        days = values.cast(pa.int32()) if pa.types.is_date(values.type) else values
        numbers = days.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False).view(np.uint64)
        return encrypted(np.stack([numbers, np.zeros_like(numbers)], axis=1), key)[:, 0]
    texts = as_text(values)
    if drawn and len(texts) and not texts.null_count and (digits := _of_one_width(texts)) is not None:
        return encrypted(digits[:, :2], key)[:, 0]
    return keyed_hashes(texts, key).view(np.uint64)[:, 0]


def _of_one_width(texts: pa.StringArray) -> Hashes | None:
    """Return texts that are as long as pseudonyms as numbers, shape (n, 4); None if others are among them."""
    _, offsets, data = texts.buffers()
    ends = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    if data is None or not (np.diff(ends) == _DIGITS).all():
        return None
    held = np.frombuffer(data, np.uint8)[ends[0] : ends[-1]]
    return np.ascontiguousarray(held).view(np.uint64).reshape(-1, _DIGITS // 8)


def summed(columns: Sequence[HashedColumn]) -> Hashes:
    """Return the hash of each row's tuple."""
    hashes = columns[0].rows()
    for column in columns[1:]:
        hashes = hashes + column.rows()
    return hashes
