"""What exposures a policy accepts must be of columns that it has."""

from __future__ import annotations

from collections.abc import Mapping

from tokumei.schemas.exposure import Exposure
from tokumei.schemas.strict import broken
from tokumei.schemas.table import Table


def check_exposure(exposure: Exposure | None, tables: Mapping[str, Table]) -> None:
    """Check that findings of accepted columns can be made: they stand in one table, each once.

    Raises:
        PydanticCustomError: they cannot.
    """
    for i, accepted in enumerate(() if exposure is None else exposure.accepted):
        named = {*accepted.columns}
        if len(named) < len(accepted.columns):
            wrong = "a column stands twice"
        elif not any(named <= table.columns.keys() for table in tables.values()):
            wrong = "no table has these columns"
        else:
            continue
        raise broken(
            "exposure.column",
            wrong,
            "name columns of one table as the policy does, each once",
            ("requirements", "exposure", "accepted", i, "columns"),
        )
