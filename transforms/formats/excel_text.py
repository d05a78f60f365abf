"""Texts as spreadsheets write them to keep them texts: ``="0312"``, and an apostrophe before a code."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import pyarrow as pa

_FORMULA = r'^="(?s:(.*))"$'
_CODE = r"^'(0[0-9]{3,})$"


def may_hold_marked(text: bytes, *, quoted: bool) -> bool:
    """Return whether cells of a text, which may have quotes or not, can be marked.

    Single bytes that are rare are looked for first, which costs next to nothing.
    """
    return (quoted and b"=" in text and b'="' in text) or (b"'" in text and b"'0" in text)


def unmarked(texts: pa.StringArray, null_values: Sequence[str]) -> pa.StringArray:
    """Return texts without the marks: what stands within ``="…"``, and codes without their apostrophe.

    Such a code is at least four digits, the first of which is 0. What then is a null text is null.
    """
    cells = pl.Series(pl.from_arrow(texts))
    marked = cells.str.contains(r"^(=\"|'0)").fill_null(False)
    if not marked.any():
        return texts
    inner = cells.str.extract(_FORMULA).str.replace_all('""', '"', literal=True)
    found = pl.select(pl.coalesce(inner, cells.str.extract(_CODE), cells)).to_series()
    nulled = marked & found.is_in(list(null_values))
    return found.set(nulled, None).to_arrow(compat_level=pl.CompatLevel.oldest()).cast(pa.string())
