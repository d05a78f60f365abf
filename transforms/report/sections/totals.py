"""本人ごとの合計: what bounds on the lines of one person took, and people by what their lines come to."""

from __future__ import annotations

from typing import NamedTuple

from tokumei.schemas.report import Report, TableReport, TotalReport
from tokumei.transforms.report.sections.bars import Side, side_by_side

NOTHING = "一人の記録を合わせた値（合計、件数など）の上限は、方針で定めていない。"


class Bounded(NamedTuple):
    """A bound with its pictures."""

    table: TableReport
    total: TotalReport
    before: Side
    after: Side
    scales_differ: bool


def view(report: Report) -> tuple[Bounded, ...]:
    """Return every bound, in the order of the policy."""
    return tuple(
        Bounded(table, total, *side_by_side(total.before, total.after))
        for table in report.tables
        for total in table.totals
    )
