"""Every declared statistic can be answered: a table counts its columns together, and numbers are numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tokumei.schemas.column import Column
from tokumei.schemas.queries import Query
from tokumei.schemas.strict import broken
from tokumei.schemas.table import Table

_NUMBERS = frozenset({"integer", "number", "coded numbers"})


def check_queries(queries: Sequence[Query], tables: Mapping[str, Table]) -> None:
    """Check that each query is about columns of a table that its classes are counted by.

    Args:
        queries: as declared under ``requirements.metric``.
        tables: of the policy.

    Raises:
        PydanticCustomError: one is not.
    """
    for i, query in enumerate(queries):
        at = ("requirements", "metric", "queries", i)
        answering = [
            table
            for table in tables.values()
            if query.fits(table.quasi_identifiers, [n for n, c in table.columns.items() if c.protect])
        ]
        if not answering:
            raise broken(
                "query.columns",
                "no table has all these columns as quasi-identifiers; one of them may be protected instead",
                "name columns with generalize, and at most one with protect, of one table",
                at,
            )
        for table in answering:
            for name in query.numbers:
                if _content(table.columns[name]) not in _NUMBERS:
                    raise broken(
                        "query.numbers",
                        "means and regressions are of columns of numbers, and one of these is none",
                        "give the column type: integer or number, or use counts",
                        at,
                    )


def _content(column: Column) -> str:
    """Return what the values are before they are generalized."""
    return column.contents[-2 if column.quasi_identifier else -1]
