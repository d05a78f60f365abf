"""Whether what was found stops the run."""

from __future__ import annotations

from collections.abc import Sequence

from tokumei.schemas.errors import RequirementError
from tokumei.schemas.exposure import ABOUT, EXPOSED, ExposureKind
from tokumei.transforms.exposure.judge import Finding
from tokumei.transforms.planning.plan import TablePlan

_FIX: dict[ExposureKind, str] = {
    "links": "drop it, coarsen it, or make it a quasi-identifier (criterion 5)",
    "labels": "rare_categories, a tail, or generalize it (criterion 5)",
    "blanks": "action: group, or blank one more label (a larger people)",
    "sets": "make them quasi-identifiers (criterion 5), or declare combinations",
    "restored": "drop or coarsen the first, or make it a quasi-identifier",
    "pseudonyms": "generalize it or keep its labels: pseudonyms are for codes",
    "homogeneous": "protect it (protect: [{model: distinct_l_diversity, l: 2}])",
    "perturbed": "a larger scale or within",
    "persons": "name the column of the person's own number as person, with rows_per_person: several",
}


def _told(finding: Finding) -> str:
    """Return what was found, in one English line without any value."""
    about = ABOUT[finding.counted]
    what = EXPOSED[finding.kind].format(columns=" × ".join(finding.columns))
    alone = f", {about}{finding.alone:,} of them alone" if finding.alone else ""
    return f"{what}: {about}{finding.people:,} of {finding.of:,} people{alone}"


def accepted(plan: TablePlan, finding: Finding) -> str | None:
    """Return why the policy accepts a finding; None where it does not say so."""
    if finding.kind == "labels":
        below = plan.table.columns[finding.columns[0]].may_fall_below
        if below is not None:
            return f"{below.because}"
    declared = plan.requirements.exposure
    return None if declared is None else declared.because(finding.kind, finding.columns)


def is_refused(plan: TablePlan, finding: Finding) -> bool:
    """Whether the policy refuses a finding."""
    declared = plan.requirements.exposure
    return (
        declared is not None
        and finding.kind in declared.refuse
        and finding.people > declared.at_most * finding.of
        and accepted(plan, finding) is None
    )


def refuse_exposure(plan: TablePlan, findings: Sequence[Finding]) -> None:
    """Stop the run where the policy refuses what was found.

    Raises:
        RequirementError: requirement.exposure, naming columns and counts, never a value.
    """
    refused = [finding for finding in findings if is_refused(plan, finding)]
    if not refused:
        return
    more = f"; and {len(refused) - 5} more" if len(refused) > 5 else ""
    raise RequirementError(
        "requirement.exposure",
        where=f"tables.{plan.name}",
        what="; ".join(_told(finding) for finding in refused[:5]) + more,
        fix=f"{_FIX[refused[0].kind]}; or, if it was looked at, accept these columns with a reason:"
        " requirements.exposure.accepted",
    )
