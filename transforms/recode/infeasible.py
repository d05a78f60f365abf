"""Why no generalization meets the requirements: which one fails most, how far off, and what to relax."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tokumei.schemas.errors import RequirementError
from tokumei.transforms.hierarchies.ladders import Ladder
from tokumei.transforms.recode.figures import amount, plain_digits
from tokumei.transforms.recode.lattice import Lattice
from tokumei.transforms.recode.models import PrivacyModel
from tokumei.transforms.recode.objectives.base import NodeCount


def no_node(
    where: str, names: Sequence[str], lattice: Lattice, closest: NodeCount, allowed: int
) -> RequirementError:
    """Return the error for classes of which no node of the lattice meets the requirements.

    Args:
        where: the table, or those that are joined.
        names: of the lattice's columns.
        lattice: the lattice.
        closest: the node that would leave out fewest people.
        allowed: people who may be left out.
    """
    classes, _ = lattice.classes(closest.node)
    total = lattice.histogram.total_people
    failing = []
    for model in lattice.models:
        fails = model.failing(classes)
        if fails.any():
            failing.append((classes.people_in(fails), model.wording, amount(model.reached(classes))))
    failing.sort(key=lambda entry: -entry[0])
    return closest_node(
        where,
        dict(zip(names, lattice.ladders, strict=True)),
        lattice.models,
        closest,
        total,
        allowed=allowed,
        failing=failing,
    )


def closest_node(
    where: str,
    ladders: Mapping[str, Ladder],
    models: Sequence[PrivacyModel],
    closest: NodeCount,
    total: int,
    *,
    allowed: int,
    failing: Sequence[tuple[int, str, str]] = (),
) -> RequirementError:
    """Return the same error from ``total`` people and ``failing`` models (people, name, weakest class)."""
    names = [model.wording for model in models]
    worst = [name for _, name, _ in failing] or names
    left_out = closest.suppressed_people
    told = [
        f"{name} fails for {people:,} people (the weakest class reaches {reached})"
        for people, name, reached in failing
    ]
    told.append(
        "some class of the population has nobody in the file"
        if left_out > total
        else f"{left_out:,} of {total:,} people would have to be left out (allowed: {allowed:,})"
    )
    if rest := [name for name in names if name not in worst]:
        told.append(f"{' and '.join(rest)} must hold too")
    levels = ", ".join(
        f"{name}: {ladder.titles[level]}"
        for (name, ladder), level in zip(ladders.items(), closest.node, strict=True)
        if ladder.levels > 1
    )
    # Rounded up, so that the limit to set lets the closest generalization through.
    limit = -(-left_out * 10_000 // total) / 10_000
    return RequirementError(
        "requirement.unmet",
        where=where,
        what=f"{' and '.join(worst)} cannot be met at the closest generalization ({levels}): "
        + "; ".join(told),
        fix=f"relax {worst[0] if failing or len(names) == 1 else 'one of them'} with a reason"
        + (f", raise suppression_limit to {plain_digits(limit)}" if limit < 1 and left_out < total else "")
        + ", or release more people",
    )
