"""The documents of a release, by file name."""

from __future__ import annotations

from tokumei.schemas.laws import LAWS
from tokumei.schemas.policy import Policy
from tokumei.schemas.public_report import PublicReport, public_part
from tokumei.schemas.report import Report
from tokumei.transforms.pages.notices import notice_page
from tokumei.transforms.report.notice import render_notice
from tokumei.transforms.report.page import render_public_report, render_report


def documents_of(policy: Policy, report: Report) -> dict[str, str]:
    """Return the texts of the documents, all that `DOCUMENTS` names: the same for the same report."""
    public, notice = public_part(report), render_notice(policy, report)
    return {
        "report.json": _json(report),
        "report.html": render_report(report),
        "public-report.json": _json(public),
        "public-report.html": render_public_report(public),
        "notice.md": notice,
        "notice.html": notice_page(notice, LAWS[policy.regime]),
    }


def _json(report: Report | PublicReport) -> str:
    return report.model_dump_json(indent=2) + "\n"
