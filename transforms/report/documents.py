"""The documents of a release, by file name."""

from __future__ import annotations

import json

from tokumei.schemas.policy import Policy
from tokumei.schemas.report import Report
from tokumei.transforms.report.notice import render_notice
from tokumei.transforms.report.page import render_report


def documents_of(policy: Policy, report: Report) -> dict[str, str]:
    """Return the texts of report.json, report.html and notice.md: the same for the same report."""
    return {
        "report.json": json.dumps(report.model_dump(mode="json"), ensure_ascii=False, indent=2) + "\n",
        "report.html": render_report(report),
        "notice.md": render_notice(policy, report),
    }
