"""Whether the policy lets a release pass beside earlier ones."""

from __future__ import annotations

from collections.abc import Sequence

from tokumei.schemas.earlier import Frozen
from tokumei.schemas.errors import RequirementError
from tokumei.schemas.privacy_models import Requirements
from tokumei.transforms.earlier.compare import Compared


def refuse_shown(compared: Sequence[Compared], needed: Requirements) -> None:
    """Stop the run where a release shows fewer people, beside earlier ones, than the policy asks for.

    Args:
        compared: the tables.
        needed: what the policy has; the advice names only what it lacks.

    Raises:
        RequirementError: it does.
    """
    for found in compared:
        if found.asked and (problems := found.problems):
            raise RequirementError(
                "requirement.earlier_releases",
                where=f"tables.{found.table}",
                what="; ".join(problems),
                fix=_advice(found, needed),
            )


def _advice(found: Compared, needed: Requirements) -> str:
    """Return what is left to do, of what the policy does not do already."""
    advice = []
    if not isinstance(needed.recoding, Frozen):
        advice.append(
            "levels: recoding: {frozen: <id of the last release>} keeps the classes that recipients hold"
            " already"
        )
    if not needed.hold_back:
        advice.append(
            f"people: action: hold_back keeps out who comes alone until {found.people} share a class"
        )
    elif found.by_counts:
        advice.append(
            f"of {found.by_counts:,} of the earlier releases no people are kept, for they were made without"
            " earlier_releases or person: nobody can be held back for them, and their counts stand against"
            " every further one of these levels"
        )
    return "; ".join([*advice, "or publish less often, or coarser"])
