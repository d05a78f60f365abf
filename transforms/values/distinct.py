"""Run a columnar kernel once per distinct value instead of once per row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Callable

_SAMPLE = 2048
_WORTH = 0.5  # dictionaries above this share of the rows cost more than they save


def over_distinct(kernel: Callable[[pa.Array], pa.Array], values: pa.Array) -> pa.Array:
    """Apply an element-wise kernel to the distinct values of a column and spread the answers back.

    Args:
        kernel: a function of one array that answers element by element, whatever stands beside it; its
            answer has the length of its argument and is null where its argument is null.
        values: any array: slice, empty, all null or already dictionary-encoded.

    Returns:
        What ``kernel(values)`` returns, never dictionary-encoded by this function. Columns that are mostly
        distinct are given to the kernel directly.

    Raises:
        ValueError: the kernel's answer has another length than its argument.
    """
    if isinstance(values, pa.DictionaryArray):
        if len(values.dictionary) > len(values):
            return over_distinct(kernel, values.dictionary_decode())
        encoded = values
    elif _mostly_distinct(values):
        return _run(kernel, values)
    else:
        encoded = values.dictionary_encode()
        if len(encoded.dictionary) > _WORTH * len(values):
            return _run(kernel, values)
    return _run(kernel, encoded.dictionary).take(encoded.indices)


def _mostly_distinct(values: pa.Array) -> bool:
    """Judge by an evenly spaced sample, so that a long distinct column is not encoded for nothing."""
    if len(values) < 4 * _SAMPLE:
        return False
    sample = values.take(pa.array(range(0, len(values), len(values) // _SAMPLE), type=pa.int64()))
    return bool(pc.count_distinct(sample, mode="only_valid").as_py() > 0.9 * len(sample))


def _run(kernel: Callable[[pa.Array], pa.Array], values: pa.Array) -> pa.Array:
    answer = kernel(values)
    if len(answer) != len(values):
        raise ValueError(f"the kernel answered {len(answer)} values for {len(values)}")
    return answer
