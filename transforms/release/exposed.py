"""What a written table exposes, from what was counted of it."""

from __future__ import annotations

from collections.abc import Mapping

from tokumei.transforms.exposure.judge import Finding, findings_of
from tokumei.transforms.exposure.verdict import refuse_exposure
from tokumei.transforms.planning.plan import Plan, TablePlan
from tokumei.transforms.release.written import TableWritten, Written


def exposures(table: TablePlan, written: TableWritten, people: int) -> tuple[Finding, ...]:
    """Return what a written table exposes.

    Args:
        table: the plan.
        written: what was written of it.
        people: of the released table.
    """
    if written.recount.exposed is None:
        return ()
    return findings_of(table, written.recount.exposed, written.sources, people)


def refuse_exposures(plan: Plan, written: Written, people: Mapping[str, int]) -> None:
    """Stop the run where the policy refuses what a table exposes.

    Args:
        plan: the run.
        written: what was written.
        people: released people by table, where they were counted one by one.

    Raises:
        RequirementError: requirement.exposure.
    """
    for name, table in plan.tables.items():
        found = written[name]
        refuse_exposure(table, exposures(table, found, people.get(name, found.tally.records_out)))
