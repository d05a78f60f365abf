"""Texts by themselves, such as the names of columns: which of them hold a code or a contact."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import pyarrow as pa

from tokumei.transforms.detect.checked import is_whole, numbers_inside, whole_numbers
from tokumei.transforms.detect.contacts import contacts
from tokumei.transforms.detect.filled import with_gaps
from tokumei.transforms.detect.lookalikes import with_digits
from tokumei.transforms.detect.shadow import number_shadow
from tokumei.transforms.detect.worded import worded
from tokumei.transforms.values.code_formats import INSURER

_LONG = r"[0-9](?:[^0-9]{0,3}[0-9]){7}"  # no number with a check digit has fewer digits


def kinds_of(texts: Sequence[str]) -> list[str | None]:
    """Return for each text the name of a kind that it holds, of any one; None if it holds none."""
    if not texts:
        return []
    read = with_gaps(with_digits(number_shadow(pa.array(texts, pa.string()))), "")
    looks = [(kind.name, kind.holding(read)) for kind in (*worded(), *contacts())]
    seen = (next((name for name, holding in looks if holding[row]), None) for row in range(len(read)))
    long = read.str.contains(_LONG)
    return [kind or (_checked(read[row : row + 1]) if long[row] else None) for row, kind in enumerate(seen)]


def _checked(one: pl.Series) -> str | None:
    counts = whole_numbers(one) if is_whole(one)[0] else numbers_inside(one)
    # One number of an insurer in ten passes by chance, and days of eight digits are written so.
    found = (kind.name for kind, n in counts.items() if kind is not INSURER and (n.passing or n.sure))
    return next(found, None)
