"""The distinct values of a column, gathered over the whole file in pass 1."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import pyarrow as pa

from tokumei.schemas.errors import InputError
from tokumei.transforms.counting.extremes import VALUE

MAX_DISTINCT = 2_000_000
MAX_TEXT_BYTES = 256 << 20  # of their texts; every worker gets them


def find_domain(values: pa.Array, where: str) -> pl.Series:
    """Return the distinct values of one batch, null included.

    Raises:
        InputError: more than `bounded` allows.
    """
    return bounded(pl.Series(VALUE, values).unique(), where)


def merge_domains(parts: Sequence[pl.Series], where: str) -> pl.Series:
    """Merge distinct values; associative and commutative in the set they hold.

    Raises:
        InputError: more than `bounded` allows.
    """
    return bounded(pl.concat(parts).unique(), where) if len(parts) > 1 else parts[0]


def bounded(values: pl.Series, where: str) -> pl.Series:
    """Return distinct values that every worker can hold.

    Raises:
        InputError: more than `MAX_DISTINCT`, or more than `MAX_TEXT_BYTES` of text.
    """
    # The estimated size is never less: it may count the buffers of all texts that they were taken from.
    large = values.estimated_size() > MAX_TEXT_BYTES and _bytes(values) > MAX_TEXT_BYTES
    if len(values) > MAX_DISTINCT or large:
        raise InputError(
            "input.too_many_values",
            where=where,
            what="a quasi-identifier, a protected column, one in combinations or of rare_categories may have"
            f" at most {MAX_DISTINCT:,} distinct values, of {MAX_TEXT_BYTES >> 20} MiB in all",
            fix="coarsen it first, for example with year_month, bands or postal_prefix",
        )
    return values


def _bytes(values: pl.Series) -> int:
    return int(values.str.len_bytes().sum()) if values.dtype == pl.String else 0
