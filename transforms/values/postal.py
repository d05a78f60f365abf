"""Shorten Japanese postal codes (郵便番号) to their leading digits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from tokumei.transforms.values.text import code_column, strings

if TYPE_CHECKING:
    import polars as pl

_POSTAL_CODE = r"^(?:(?:〒|郵便番号)[\s:.]*)?[0-9]{3}[-\s]?[0-9]{4}$"
_DECIMALS = r"^([0-9]{6,7})\.0$"  # of a number that a program read as a decimal one
_SHORT = r"^([1-9][0-9]{5})$"


def postal_prefix(values: pa.StringArray, digits: int = 3) -> pa.StringArray:
    """Return the first digits of postal codes.

    Args:
        values: seven-digit codes such as ``259-1113``, ``2591113``, ``〒259-1113``, full-width forms and
            hyphens of any kind too. A number of six digits has lost its leading zero (600000 of Sapporo). One
            of five has not: that is also what a code before 1998 looks like.
        digits: 1 to 5. The first two digits are roughly a prefecture, three an area, five a post office of
            the codes before 1998; the last two are a district and never kept.

    Returns:
        The digits with leading zeros; null for anything that is not a seven-digit code. A prefix given
        again is null, not itself.

    Raises:
        ValueError: digits is not 1 to 5.
    """
    if not 1 <= digits <= 5:
        raise ValueError(f"digits must be 1 to 5, not {digits}")
    codes: pl.Series = code_column(strings(values)).str.replace(_DECIMALS, "$1").str.replace(_SHORT, "0$1")
    valid = codes.str.contains(_POSTAL_CODE)
    prefix = codes.str.replace_all(r"[^0-9]", "").str.head(digits)
    return strings(prefix.set(~valid, None).to_arrow())
