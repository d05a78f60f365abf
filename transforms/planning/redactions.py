"""Which texts of a table are redacted, and what must not stand in them."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import version

from tokumei.schemas.redaction import RedactText
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.redaction.own_columns import OwnColumn


def redacted_columns(table: TablePlan) -> dict[str, RedactText]:
    """Return what the policy says of each column of text that is released with labels."""
    steps = {name: column.treat[-1] for name, column in table.table.columns.items() if column.treat}
    return {name: step for name, step in steps.items() if isinstance(step, RedactText)}


def dictionaries_of(tables: Iterable[TablePlan]) -> dict[str, str]:
    """Return the packages by whose version sentences are read, if any text is redacted: others find more."""
    if not any(map(redacted_columns, tables)):
        return {}
    return {name: version(name) for name in ("sudachipy", "sudachidict-core")}


def own_columns(table: TablePlan) -> tuple[OwnColumn, ...]:
    """Return the columns whose values must not stand in the texts of the same record.

    They are those that the leak search looks for: what it seeks, and dates of birth.
    """
    columns = table.table.columns
    own = (OwnColumn.of(n, columns[n].title, dates=columns[n].dates) for n in table.compared)
    return tuple(column for column in own if column.name in table.sought or column.born)
