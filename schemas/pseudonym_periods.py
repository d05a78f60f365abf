"""For how long a pseudonym stands (仮IDの期間): over the run, within a month, quarter or year, or in a table.

Pseudonyms of two periods cannot be joined, so what a release promises of facts about a person holds for each
person and period. Whoever has purchases of another period may still find the person by habit: A. J. Tournier,
Y.-A. de Montjoye, Expanding the attack surface: robust profiling attacks threaten the privacy of sparse
behavioral data, Science Advances 8 (33), 2022.
"""

from __future__ import annotations

from collections.abc import Mapping

from tokumei.schemas.strict import broken
from tokumei.schemas.table import Table
from tokumei.schemas.treatments import PseudonymPeriod

PERIOD_NAMES: Mapping[PseudonymPeriod, str] = {
    "month": "月ごと",
    "quarter": "四半期ごと",
    "year": "年ごと",
    "table": "表ごと",
}


def refuse_mixed_periods(tables: Mapping[str, Table]) -> None:
    """Refuse a link whose columns stand for different periods: some could be joined, and would join others.

    Raises:
        PydanticCustomError: two columns of a link say otherwise.
    """
    found: dict[str, PseudonymPeriod | None] = {}
    for table_name, table in tables.items():
        for name, column in table.columns.items():
            spec = column.pseudonym
            if spec is not None and found.setdefault(spec.link, spec.per) != spec.per:
                raise broken(
                    "policy.link_period",
                    "another column of this link has pseudonyms of another period; they could not be joined",
                    "say the same per in all columns of the link, or give this one another link",
                    ("tables", table_name, "columns", name, "treat", len(column.treat) - 1, "per"),
                )
