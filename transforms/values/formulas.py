"""Cells of a CSV file that a spreadsheet would take for formulas (CSV injection)."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

# As OWASP lists them, full-width forms included, which spreadsheets in Japanese also take.
_BEGINS = r"\A[=+\-@\t\r\n＝＋－＠]"
_NUMBER = r"\A[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\z"


def neutralized(table: pa.Table) -> pa.Table:
    """Put an apostrophe before texts that begin like a formula; numbers, also those in texts, stay.

    Columns of other types than string, names of columns and nulls stay as they are.
    """
    for i, field in enumerate(table.schema):
        if pa.types.is_string(field.type):
            texts = table.column(i)
            risky = pc.and_(
                pc.match_substring_regex(texts, _BEGINS), pc.invert(pc.match_substring_regex(texts, _NUMBER))
            )
            marked = pc.if_else(risky, pc.binary_join_element_wise("'", texts, ""), texts)
            table = table.set_column(i, field, marked)
    return table
