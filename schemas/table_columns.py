"""What the columns of a table say of one another: texts put before others, and zeros restored in codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tokumei.schemas.column import Column
from tokumei.schemas.source import Source
from tokumei.schemas.strict import broken


def refuse_unrestorable(sources: Sequence[Source], columns: Mapping[str, Column]) -> None:
    """Refuse leading zeros for columns that the table has not, or that are no codes.

    Raises:
        PydanticCustomError: placed below the table.
    """
    for name in dict.fromkeys(name for source in sources for name in source.leading_zeros):
        if name not in columns or columns[name].type != "string":
            raise broken(
                "source.leading_zeros",
                "leading zeros are restored in columns of type string, which the table has",
                "correct the name, or the type of the column",
                ["source", "leading_zeros", name],
            )


def refuse_unjoinable(columns: Mapping[str, Column]) -> None:
    """Refuse texts to be put before others that the table has not, or that are no texts.

    Raises:
        PydanticCustomError: placed below the table.
    """
    for name, column in columns.items():
        for i, step in enumerate(column.treat):
            known = {other for other, c in columns.items() if c.type == "string" and other != name}
            if not known.issuperset(step.joined) or (i and step.joined):
                raise broken(
                    "table.with",
                    "with names other columns of this table, of type string, in the first method",
                    "declare the column under columns, with drop: true if it is not to be released",
                    ["columns", name, "treat", i, "with"],
                )
