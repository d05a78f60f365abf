"""report.html, for the officer who answers for the release: head, contents, and the sections in their order.

It opens anywhere, without network, script or font. It states what was done and measured, and never concludes
from it that the law is satisfied: neither the law, 施行規則 34条・62条 nor the guideline sets any number.
"""

from __future__ import annotations

from tokumei.schemas.laws import LAWS
from tokumei.schemas.public_report import PublicReport
from tokumei.schemas.report import Report
from tokumei.transforms.pages.environment import html
from tokumei.transforms.report.contents import sections_of


def render_public_report(report: PublicReport) -> str:
    """Return public-report.html, the page of what may leave the house."""
    page = html().get_template("public_report/page.html.j2")
    return page.render(report=report, law=LAWS[report.regime])


def render_report(report: Report) -> str:
    """Return report.html: one self-contained page in Japanese, the same for the same report."""
    page = html().get_template("report/page.html.j2")
    several = len(report.tables) > 1
    return page.render(report=report, law=LAWS[report.regime], several=several, sections=sections_of(report))
