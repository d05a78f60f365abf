"""What a treatment took, and whether that is within what may be lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from tokumei.schemas.histories import LostAtMost
from tokumei.transforms.histories.count import present_in
from tokumei.transforms.histories.deletion import Deletion, Ground

Cause = Literal["fixed", "occurrences", "lines", "people"]


@dataclass(frozen=True, kw_only=True)
class TakenFacts:
    """What the treatment took.

    Attributes:
        occurrences: cells of the source that are not blank, one a distinct line of a person and group.
        by_level: per group, occurrences released at each level.
        deleted: per group, occurrences deleted.
        lines: lines that tell a fact; all records of these, where lines may be deleted. lines_lost: those
            left with none, deleted ones among them.
        people: people with a fact. people_lost: those left with none, or without any line of a table.
        loss: mean over occurrences of the share of the tree's leaves below what is released; deleted counts
            1.
        facts: distinct facts that are left.
        method: how was deleted, "nothing" where nothing was.
        rounds: rounds of deletion.
    """

    occurrences: int
    by_level: tuple[tuple[int, ...], ...]
    deleted: tuple[int, ...]
    lines: int
    lines_lost: int
    people: int
    people_lost: int
    loss: float
    facts: int
    method: str
    rounds: int

    def shares(self) -> dict[Cause, float]:
        """Return the shares lost."""
        return {
            "occurrences": sum(self.deleted) / max(1, self.occurrences),
            "lines": self.lines_lost / max(1, self.lines),
            "people": self.people_lost / max(1, self.people),
        }


def taken_of(done: Deletion, ground: Ground) -> TakenFacts:
    """Return what a treatment took; reads the lines once."""
    problem, before = ground.problem, ground.present
    after = present_in(ground.histories, ground.vocabulary.at(done.levels), done.blanked)
    by_level = tuple(
        tuple(int(n) for n in np.bincount(level, leaves, minlength=group.levels))
        for group, level, leaves in zip(problem.groups, done.levels, after.leaves, strict=True)
    )
    deleted = tuple(int(old.sum() - new.sum()) for old, new in zip(before.leaves, after.leaves, strict=True))
    return TakenFacts(
        occurrences=sum(int(leaves.sum()) for leaves in before.leaves),
        by_level=by_level,
        deleted=deleted,
        lines=before.lines,
        lines_lost=before.lines - after.lines,
        people=before.people,
        people_lost=before.people - after.people,
        loss=done.loss(),
        facts=done.facts_left(),
        method=done.manner if any(deleted) else "nothing",
        rounds=done.rounds,
    )


def exceeded(allowed: LostAtMost, taken: TakenFacts) -> tuple[Cause, float, float] | None:
    """Return which share is lost beyond what may be, how much it is and may be; None where none is."""
    for cause, share in taken.shares().items():
        most: float = getattr(allowed, cause)
        if share > most:
            return cause, share, most
    return None
