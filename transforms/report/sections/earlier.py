"""これまでの公表との比較: what a recipient of several releases of the file learns."""

from __future__ import annotations

from tokumei.schemas.report import Report
from tokumei.schemas.report_earlier import EarlierReport

NOTHING = "方針に、これまでの公表と比べる定めがないため、比べていない。"


def view(report: Report) -> tuple[EarlierReport, ...]:
    """Return the tables that were compared."""
    return report.earlier
