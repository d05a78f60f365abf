"""Number columns as fixed-width text: zero-padded digits and their check digits, without a Python loop."""

from __future__ import annotations

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from tokumei.transforms.values.check_digits import luhn_check, my_number_check

Ints = NDArray[np.int64]
Bytes = NDArray[np.uint8]

_ZERO = ord("0")
# Four digits per look-up: one division where a digit-wise conversion needs four.
_QUADS = np.array([f"{i:04d}" for i in range(10_000)], dtype="S4").view(np.uint32)


def ascii_digits(values: Ints, width: int) -> Bytes:
    """Write numbers as zero-padded ASCII digits.

    Args:
        values: n whole numbers, 0 <= value < 10^width (higher digits are dropped).
        width: digits per number.

    Returns:
        An n x width matrix of ASCII codes.
    """
    quads = -(-width // 4)
    out = np.empty((len(values), quads), dtype=np.uint32)
    rest = values
    for column in range(quads - 1, -1, -1):
        rest, low = np.divmod(rest, 10_000) if column else (rest, rest % 10_000)
        out[:, column] = _QUADS[low]
    return out.view(np.uint8)[:, quads * 4 - width :]


def with_my_number_check(digits: Bytes) -> Bytes:
    """Append the check digit of 個人番号 to an n x 11 digit matrix; gives n x 12."""
    return np.column_stack((digits, my_number_check(digits - _ZERO) + _ZERO))


def with_luhn_check(digits: Bytes) -> Bytes:
    """Append the Luhn digit to an n x w digit matrix."""
    return np.column_stack((digits, luhn_check(digits - _ZERO) + _ZERO))


def column(*parts: Bytes | str) -> pl.Series:
    """Join digit matrices and literal ASCII text into one string column.

    Args:
        parts: matrices with the same number of rows, and literals repeated on every row; at least one
            matrix.

    Returns:
        A String series of fixed width.
    """
    rows = next(len(part) for part in parts if not isinstance(part, str))
    blocks = [
        np.broadcast_to(np.frombuffer(part.encode("ascii"), dtype=np.uint8), (rows, len(part)))
        if isinstance(part, str)
        else part
        for part in parts
    ]
    joined = np.ascontiguousarray(np.hstack(blocks))
    width = joined.shape[1]
    offsets = np.arange(0, (rows + 1) * width, width, dtype=np.int64)
    array = pa.Array.from_buffers(
        pa.large_string(), rows, [None, pa.py_buffer(offsets), pa.py_buffer(joined)]
    )
    return pl.Series(values=array)


def numerals(values: Ints, width: int) -> pl.Series:
    """Return whole numbers as a String series of `width` zero-padded digits."""
    return column(ascii_digits(values, width))
