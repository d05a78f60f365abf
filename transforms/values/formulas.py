"""Cells of a CSV file that a spreadsheet would take for formulas (CSV injection)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

# As OWASP lists them (a tab or a line break whatever follows; ASVS adds NUL). Spreadsheets in Japanese take
# full-width signs too; here all that NFKC makes one of them, and U+2212, which some tables call 「－」.
_SIGNS = r"=+\-@＝＋－＠−﹦﹢﹣﹫⁼⁺₌₊⩵⩶﬩"
# Before them, what importers trim or nobody sees: spaces of any width, control characters, byte order marks.
_FORMULA = rf"\A(?:[\t\r\n\x00]|[\p{{Z}}\p{{Cc}}\p{{Cf}}]*[{_SIGNS}])"
_NUMBER = r"\A *[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\z"


def inert(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula, by an apostrophe before what might be one.

    For cells that are read by people alone: numbers get one too, and so does a text that begins with an
    apostrophe, so that taking the first one away restores every cell.
    """
    return inert_all([text])[0]


def inert_all(texts: Sequence[str]) -> list[str]:
    """Return each of many cells as `inert` does."""
    risky = _may_be_formula(pa.array(texts, pa.string())).to_pylist()
    return [
        f"'{text}" if risk or text.startswith("'") else text for text, risk in zip(texts, risky, strict=True)
    ]


def neutralized(table: pa.Table) -> pa.Table:
    """Put an apostrophe before texts that might be formulas; numbers, also those in texts, stay.

    Columns of other types than string, names of columns and nulls stay as they are.
    """
    for i, field in enumerate(table.schema):
        if pa.types.is_string(field.type):
            texts = table.column(i)
            risky = pc.and_not(_may_be_formula(texts), pc.match_substring_regex(texts, _NUMBER))
            marked = pc.if_else(risky, pc.binary_join_element_wise("'", texts, ""), texts)
            table = table.set_column(i, field, marked)
    return table


def _may_be_formula(texts: Any) -> Any:
    """Tell it of texts, or of one; the rule is one for whatever is written."""
    return pc.match_substring_regex(texts, _FORMULA)
