"""Numbers as people and spreadsheets write them: ``1,234``, ``￥500``, ``△3``, ``３５``; ``35.0`` is whole.

Read is only what has one meaning: full-width digits and marks are those of ASCII; spaces around are no
part; commas stand before every group of three digits or nowhere; one sign, which may be △ or ▲ for minus; one
mark of yen before the digits, or 円 after them. So ``1,23``, ``1.234,5`` and ``12 34`` are no numbers.
"""

from __future__ import annotations

import polars as pl

_WIDE = "０１２３４５６７８９，．＋－−△▲￥＼\u3000"
_ASCII = "0123456789,.+----¥¥ "
_WRITTEN = r"^(?:[+-]?[¥\\]?|[¥\\][+-]?) ?(?:[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)(?:\.[0-9]+)?円?$"


def plain_numbers(texts: pl.Series, *, whole: bool) -> pl.Series:
    """Return texts of numbers in the one way that a parser takes, null for all other texts.

    Args:
        texts: texts that are no numbers for a parser as they are.
        whole: only whole numbers are wanted; ``35.0`` is one.
    """
    cells = texts.str.replace_many(list(_WIDE), list(_ASCII)).str.strip_chars(" \t")
    cells = cells.set(~cells.str.contains(_WRITTEN).fill_null(False), None)
    cells = cells.str.replace_all(r"[¥\\,円 ]", "")
    return cells.str.replace(r"\.0+$", "") if whole else cells
