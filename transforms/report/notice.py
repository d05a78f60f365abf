"""notice.md, the public notice (公表) of a release."""

from __future__ import annotations

from tokumei.schemas.laws import LAWS
from tokumei.schemas.people import UNCOUNTED
from tokumei.schemas.policy import Policy
from tokumei.schemas.released_entry import released_items
from tokumei.schemas.report import Report
from tokumei.transforms.pages.environment import markdown


def render_notice(policy: Policy, report: Report) -> str:
    """Return notice.md (private: 法43条3項・4項; public: the outline of 法117条)."""
    name = f"notice/{'private' if policy.regime == 'private' else 'public'}.md.j2"
    law, tables = LAWS[policy.regime], released_items(report)
    template = markdown().get_template(name)
    return template.render(file=policy.file, law=law, report=report, tables=tables, uncounted=UNCOUNTED)
