"""表の結合: tables that share their people, as a reader of the release joins them."""

from __future__ import annotations

from tokumei.schemas.report import Report
from tokumei.schemas.report_joined import ApartTable, JoinedTables

NOTHING = "本人の仮IDで互いに結合できる表はない。"


def view(report: Report) -> tuple[JoinedTables | ApartTable, ...]:
    """Return whatever there is to tell; the template prints the report itself."""
    return *report.joined, *report.apart
