"""What the planted cases mean: a case of a code that was missed, or too many of names, stop the release."""

from __future__ import annotations

from collections.abc import Iterator

from tokumei.schemas.errors import RequirementError
from tokumei.schemas.redaction import RedactText
from tokumei.transforms.detect.words import dictionary_version
from tokumei.transforms.redaction.counted import Redaction
from tokumei.transforms.redaction.planted_kinds import described_kinds


def refuse_missed(where: str, spec: RedactText, found: Redaction | None) -> None:
    """Check that enough of the cases planted among a column's texts were found.

    Args:
        where: the column, for messages.
        spec: what the policy asks for.
        found: what was counted; None where no chunk told of it.

    Raises:
        RequirementError: requirement.redaction, with kinds and counts.
    """
    if found is None or not found.planted or found.dictionaries != {dictionary_version()}:
        raise RequirementError(
            "requirement.redaction",
            where=where,
            what="nobody knows what redaction would have missed: no case was planted, or workers read"
            " sentences by other dictionaries than this one",
            fix="install the same packages on all workers, and run again; nothing was released",
        )
    short = [
        f"{kind}: {found.missed[kind]:,} of {n:,} missed (at most {allowed:,})"
        for kind, n, allowed in _allowed(spec, found)
        if found.missed[kind] > allowed
    ]
    if short:
        raise RequirementError(
            "requirement.redaction",
            where=where,
            what=f"cases planted among the texts were not found: {'; '.join(short)}",
            fix="nothing was released; delete the column ({criterion: 1, method: delete}). Where names or"
            " places are missed, a lower floor is a decision about people",
        )


def _allowed(spec: RedactText, found: Redaction) -> Iterator[tuple[str, int, int]]:
    """Yield each kind, its cases, and how many of them may be missed."""
    described = {kind.title for kind in described_kinds(())}
    for kind, n in found.planted.items():
        yield kind, n, int(n * (1 - spec.floor) + 1e-9) if kind in described else 0
