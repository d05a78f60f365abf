"""Names and titles of columns are released too: no code or contact may stand in them.

A pivoted table, with people for columns, has some.
"""

from __future__ import annotations

from collections.abc import Mapping

from tokumei.schemas.errors import PolicyError
from tokumei.schemas.table import Table
from tokumei.transforms.detect.names import kinds_of


def refuse_codes_in_names(tables: Mapping[str, Table]) -> None:
    """Check the names and titles of what is released, but for columns with ``codes_allowed``.

    Raises:
        PolicyError: column.code_in_name, telling the column by its place.
    """
    for of_table, table in tables.items():
        named = [
            (place, what, text)
            for place, (name, column) in enumerate(table.columns.items(), start=1)
            if column.released and column.codes_allowed is None
            for what, text in (("name", name), ("title", column.title))
            if text and _perhaps(text)
        ]
        for (place, what, _), kind in zip(named, kinds_of([text for _, _, text in named]), strict=True):
            if kind is not None:
                raise PolicyError(
                    "column.code_in_name",
                    where=f"tables.{of_table}.columns, number {place} of them",
                    what=f"its {what}, which is released with the data, holds: {kind}",
                    fix="rename it; where columns are people, turn the table so that each has a record",
                )


def _perhaps(text: str) -> bool:
    """Whether a name may hold something: few names have two digits, or signs of an address."""
    return sum(map(str.isnumeric, text)) > 1 or not {"@", "＠", "/", "／", "\\", "%"}.isdisjoint(text)
