"""What the planted cases mean: a case that was missed stops the release."""

from __future__ import annotations

from tokumei.schemas.errors import RequirementError
from tokumei.transforms.redaction.counted import Redaction


def refuse_missed(table: str, column: str, found: Redaction | None) -> None:
    """Check that enough of the cases planted among a column's texts were found.

    Args:
        table: name of the table.
        column: name of the column.
        found: what was counted; None where no chunk told of it.

    Raises:
        RequirementError: requirement.redaction, with kinds and counts.
    """
    planted = {} if found is None else found.planted
    where = f"tables.{table}.columns.{column}"
    if found is None or not planted:
        raise RequirementError(
            "requirement.redaction",
            where=where,
            what="no case was planted, so nobody knows what redaction would have missed",
            fix="run again; if it fails again, report it: nothing was released",
        )
    short = [(kind, n) for kind, n in found.missed.items() if n]
    if short:
        told = "; ".join(f"{kind}: {n:,} of {planted[kind]:,} missed" for kind, n in short)
        raise RequirementError(
            "requirement.redaction",
            where=where,
            what=f"cases planted among the texts were not found: {told}",
            fix="delete the column ({criterion: 1, method: delete}), and report it: nothing was released",
        )
