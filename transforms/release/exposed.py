"""What a written table exposes, from what was counted of it."""

from __future__ import annotations

from tokumei.transforms.exposure.judge import Finding, findings_of
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.release.written import TableWritten


def exposures(table: TablePlan, written: TableWritten, people: int) -> tuple[Finding, ...]:
    """Return what a written table exposes.

    Args:
        table: the plan.
        written: what was written of it.
        people: of the released table.
    """
    if written.recount.exposed is None:
        return ()
    sources = written.sources
    return findings_of(table, written.recount.exposed, sources.moved, sources.repeated, people)
