"""Texts to typed values, vectorised and strict: a text that is not cleanly of the type becomes null."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from tokumei.schemas.date_formats import FORMATS_OF, DateReading
from tokumei.schemas.treatment_base import ColumnType
from tokumei.transforms.formats.written_numbers import plain_numbers
from tokumei.transforms.values.dates import parse_dates, parse_datetimes, parse_months


def _same(texts: pa.StringArray) -> pa.Array:
    return texts


# Arrow's own casts would take hexadecimal and cannot tell which cell was bad; polars' grammar is the wanted
# one: an optional sign, ASCII digits, no spaces. What it does not take is looked at again.
def _integers(texts: pa.StringArray) -> pa.Array:
    return _cast(_series(texts), pl.Int64).to_arrow()


def _cast(texts: pl.Series, kind: type[pl.Int64 | pl.Float64]) -> pl.Series:
    """Parse texts; those that are no numbers at once, perhaps many, once more as people write them."""
    found = texts.cast(kind, strict=False)
    if found.null_count() == texts.null_count():
        return found
    failed = (found.is_null() & texts.is_not_null()).arg_true()
    again = plain_numbers(texts.gather(failed), whole=kind is pl.Int64).cast(kind, strict=False)
    return found.scatter(failed, again)


def _numbers(texts: pa.StringArray) -> pa.Array:
    found = _cast(_series(texts), pl.Float64)
    # NaN, infinity, and numbers too large for a float are no numbers to anonymize.
    return plain_zero(found.set(~found.is_finite(), None).to_arrow())


def plain_zero(numbers: pa.DoubleArray) -> pa.DoubleArray:
    """Return the numbers without a negative zero.

    Models and rarity count it as zero; a release must not tell it apart, as it would be borne by few people.
    """
    return pc.add(numbers, 0.0)


def _series(texts: pa.StringArray) -> pl.Series:
    return cast(pl.Series, pl.from_arrow(texts))


def _booleans(texts: pa.StringArray) -> pa.Array:
    # Not ascii_lower: pyarrow 25 answers with other memory where texts do not begin at their buffer's start,
    # as those of a large_string column cut at a row group do not.
    spelled = pc.index_in(pc.utf8_lower(texts), value_set=pa.array(["true", "1", "false", "0"]))
    return pc.less(spelled, 2)


PARSE: dict[ColumnType, Callable[..., pa.Array]] = {
    "string": _same,
    "text": _same,
    "integer": _integers,
    "number": _numbers,
    "date": parse_dates,
    "month": parse_months,
    "datetime": parse_datetimes,
    "boolean": _booleans,
}


def parse(texts: pa.StringArray, kind: ColumnType, how: DateReading) -> pa.Array:
    """Return texts as values of a type, null where they are none of it.

    Args:
        texts: UTF-8.
        kind: the type.
        how: what the column declares of its dates.
    """
    return PARSE[kind](texts, how) if kind in FORMATS_OF else PARSE[kind](texts)
