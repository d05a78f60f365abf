"""要約: how much was released, what became of the columns, and the smallest groups."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from tokumei.schemas.people import UNCOUNTED
from tokumei.schemas.register import SMALL_FILE
from tokumei.schemas.report import Report, TableReport
from tokumei.schemas.report_exposure import ExposureReport
from tokumei.schemas.report_histories import HistoryReport
from tokumei.transforms.report.sections.base import fate_of
from tokumei.transforms.report.sections.histories import Curve, curve_of
from tokumei.transforms.report.sections.risk import measured, smallest_class


class Group(NamedTuple):
    """The smallest group of a table, before and after generalization; whether it is joined with others."""

    table: TableReport
    before: str
    after: str
    joined: bool


class Totals(NamedTuple):
    """Columns in all and released, columns by fate, and the smallest group of each table that has groups.

    ``histories``: each declaration of facts with its curve. ``small_file``: a file of fewer people is no
    register matter. ``uncounted`` is said of records. ``exposed``: the undeclared danger (宣言のない危険)
    that concerns most people, of those that no reason accepts, and ``exposures`` of these in all.
    """

    columns: int
    released: int
    fates: Counter[str]
    groups: tuple[Group, ...]
    histories: tuple[tuple[HistoryReport, Curve | None], ...]
    small_file: int
    uncounted: str
    exposed: ExposureReport | None
    exposures: int


def view(report: Report) -> Totals:
    """Return what the template prints."""
    columns = [column for table in report.tables for column in table.columns]
    exposed = [found for found in report.exposure.findings if found.because is None]
    return Totals(
        columns=len(columns),
        released=sum(column.released for column in columns),
        fates=Counter(map(fate_of, columns)),
        groups=tuple(
            Group(
                table,
                smallest_class(found.before, found.k),
                smallest_class(found.after, found.k),
                any(table.name in join.tables for join in report.joined),
            )
            for table in report.tables
            if (found := measured(table))
        ),
        histories=tuple((history, curve_of(history.sampled)) for history in report.histories),
        small_file=SMALL_FILE,
        uncounted=UNCOUNTED,
        exposed=max(exposed, key=lambda found: (found.people, found.alone), default=None),
        exposures=len(exposed),
    )
