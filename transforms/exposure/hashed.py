"""Columns as keyed 64-bit numbers, one for each value: what tuples of values are counted by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tokumei.transforms.counting.keyed import encrypted, joint_keys, keyed_hashes
from tokumei.transforms.criteria.encoding import Indices, encode
from tokumei.transforms.values.cells import as_text, present, without_dictionary

Hashes = npt.NDArray[np.uint64]

_DIGITS = 32  # of a pseudonym
_WORD = 8  # bytes


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

    def taken(self, rows: npt.NDArray[np.intp]) -> HashedColumn:
        """Return some rows of it, in that order."""
        if self.codes is None:
            return HashedColumn(None, self.values[rows])
        return HashedColumn(self.codes[rows], self.values)


def hashed(values: pa.Array, key: bytes, *, drawn: bool = False) -> HashedColumn:
    """Return a column by keyed hashes.

    Args:
        values: cells.
        key: 32 bytes, of the run and the column: equal values of a column get equal hashes in every part.
        drawn: whether they are pseudonyms, which are keyed already: half of their digits tell them apart.
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
        return joint_keys(digits[:, 0], digits[:, 1])
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


def last_bytes(values: pa.Array, key: bytes) -> Hashes:
    """Return keyed numbers by which values are drawn: of the last bytes of their texts, which is quick.

    Equal values get equal numbers, and some others too.
    """
    texts = as_text(without_dictionary(values))
    _, offsets, data = texts.buffers()
    if not len(texts) or data is None:
        return np.zeros(len(texts), np.uint64)
    bounds = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1].astype(np.int64)
    padded = np.concatenate((np.zeros(_WORD, np.uint8), np.frombuffer(data, np.uint8)[: bounds[-1]]))
    words = np.lib.stride_tricks.sliding_window_view(padded, _WORD)[bounds[1:]].view(np.uint64)[:, 0]
    others = np.uint64(8) * (np.uint64(_WORD) - np.minimum(np.diff(bounds), _WORD).astype(np.uint64))
    # Bytes of the text before are shifted out; of an empty text all are.
    own = np.where(
        others < 64, words >> np.minimum(others, np.uint64(63)) << np.minimum(others, np.uint64(63)), 0
    )
    seed = np.frombuffer(key[:_WORD], np.uint64)
    return joint_keys(own.astype(np.uint64), np.broadcast_to(seed, own.shape))
