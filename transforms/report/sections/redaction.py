"""自由記述の置換え: which texts are released with labels, and what planted cases tell of what was missed."""

from __future__ import annotations

from tokumei.schemas.report import Report
from tokumei.schemas.report_redaction import RedactionReport

NOTHING = "自由記述を置き換えて公開する項目はない。"


def view(report: Report) -> tuple[RedactionReport, ...]:
    """Return every column of redacted text, in the order of the policy."""
    return report.redactions
