"""予行: what a rehearsal adds to a report; the template prints the report itself."""

from __future__ import annotations

from tokumei.schemas.report import Report


def is_rehearsal(report: Report) -> bool:
    """Whether the report is that of a rehearsal."""
    return report.rehearsal is not None
