"""Why no generalization meets the requirements: which one fails most, how far off, and what to relax."""

from __future__ import annotations

from collections.abc import Sequence

from schemas.errors import RequirementError
from transforms.plan import TablePlan
from transforms.recode.ladders import Ladder
from transforms.recode.lattice import Lattice
from transforms.recode.models import PrivacyModel
from transforms.recode.objectives import NodeCount
from transforms.recode.wording import amount, name_of


def no_node(table: TablePlan, lattice: Lattice, closest: NodeCount, allowed: int) -> RequirementError:
    """Return the error for a table whose requirements no node of the lattice meets.

    Args:
        table: the table.
        lattice: its lattice.
        closest: the node that would leave out fewest people.
        allowed: people who may be left out.
    """
    classes, _ = lattice.classes(closest.node)
    total = lattice.histogram.total_people
    failing = []
    for model in lattice.models:
        fails = model.failing(classes)
        if fails.any():
            failing.append((classes.people_in(fails), name_of(model), amount(model.reached(classes))))
    failing.sort(key=lambda entry: -entry[0])
    return closest_node(
        table, lattice.ladders, lattice.models, closest, total, allowed=allowed, failing=failing
    )


def closest_node(
    table: TablePlan,
    ladders: Sequence[Ladder],
    models: Sequence[PrivacyModel],
    closest: NodeCount,
    total: int,
    *,
    allowed: int,
    failing: Sequence[tuple[int, str, str]] = (),
) -> RequirementError:
    """Return the same error from ``total`` people and ``failing`` models (people, name, weakest class)."""
    why = "; ".join(
        f"{name} fails for {people:,} people (the weakest class reaches {reached})"
        for people, name, reached in failing
    )
    levels = ", ".join(
        f"{name} {level} of {ladder.levels - 1}"
        for name, level, ladder in zip(table.quasi_identifiers, closest.node, ladders, strict=True)
    )
    if closest.suppressed_people > total:
        left_out = "some class of the population has nobody in the file"
    else:
        left_out = f"{closest.suppressed_people:,} of {total:,} people would have to be left out"
    relax = failing[0][1] if failing else f"k={table.k}"
    return RequirementError(
        "requirement.unmet",
        where=f"tables.{table.name}",
        what=f"{' and '.join(map(name_of, models))} cannot be met: at the closest generalization"
        f" ({levels}) {left_out} (allowed: {allowed:,})" + (f"; {why}" if why else ""),
        fix=f"relax {relax} with a reason, raise suppression_limit"
        + (f" to {closest.suppressed_people / total:.2%}" if 0 < closest.suppressed_people < total else "")
        + ", or release more people",
    )
