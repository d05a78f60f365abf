"""Which released columns name the folders of a release's parts (パーティション), and which cannot."""

from __future__ import annotations

from collections.abc import Mapping

from tokumei.schemas.output import Output
from tokumei.schemas.strict import broken
from tokumei.schemas.table import Table

_NAMING = frozenset({"string", "integer", "date", "month", "boolean"})


def naming_columns(output: Output, table: Table) -> tuple[str, ...]:
    """Return the columns by whose values a table's parts are cut: those of the policy's that it releases."""
    return tuple(name for name in output.partition_by if name in table.released)


def check_partitions(output: Output, tables: Mapping[str, Table]) -> None:
    """Check that the declared columns can name folders.

    Args:
        output: how the release is written.
        tables: of the policy.

    Raises:
        PydanticCustomError: no table releases a column, it has values without number, or nothing else would
            be left in the files; or a table keeps its stretches.
    """
    for i, name in enumerate(output.partition_by):
        at = ("output", "partition_by", i)
        if output.partition_by.index(name) < i or not any(name in t.released for t in tables.values()):
            raise broken(
                "output.partition_column",
                "no table releases a column of this name, or it is named twice",
                "name released columns, as the source calls them, each once",
                at,
            )
        for table in tables.values():
            column = table.columns[name] if name in table.released else None
            if column is not None and (column.released_type not in _NAMING or column.link):
                raise broken(
                    "output.partition_values",
                    "its values cannot name folders: pseudonyms, numbers with a fraction, times and free text"
                    " are as many as the rows",
                    "name a column of few values: a category, a class, a day or a month",
                    at,
                )
    for name, table in tables.items():
        naming = naming_columns(output, table)
        if naming and len(naming) == len(table.released):
            raise broken(
                "output.partition_all",
                "the files of this table would have no column: all that it releases are in partition_by",
                "leave one of them out of output.partition_by",
                ("tables", name),
            )
        if naming and table.order == "stretch":
            raise broken(
                "output.partition_order",
                "a small file would tell where in the source its rows stood: order: stretch keeps that",
                "remove order: stretch, or output.partition_by",
                ("tables", name, "order"),
            )
