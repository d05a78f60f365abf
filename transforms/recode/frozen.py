"""The levels of an earlier release, applied once more: they are counted, and hold or do not."""

from __future__ import annotations

import math

from tokumei.schemas.errors import RequirementError
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.recode.lattice import Lattice
from tokumei.transforms.recode.objectives.base import Objective
from tokumei.transforms.recode.ranking import Choice
from tokumei.transforms.recode.requirements import people_allowed

OTHER_PEOPLE = (
    "If other people are in the file than were, search for new levels with recoding: full_domain and"
    " earlier_releases: {action: refuse}; once released, they can be frozen"
)


def apply_frozen(table: TablePlan, lattice: Lattice, objective: Objective, early: int) -> Choice:
    """Return the one node that is asked for. No other is looked at, so nothing is known of their costs.

    Args:
        table: the plan, with its frozen levels.
        lattice: over today's values.
        objective: what it costs by.
        early: people left out before, because they are held back.

    Raises:
        RequirementError: at these levels more people would be left out than may be.
    """
    count = lattice.count(tuple(table.frozen[name] for name in table.quasi_identifiers))
    people = lattice.histogram.total_people + (0 if table.counts_people else early)
    left_out = count.suppressed_people + early
    if left_out > people_allowed(table, people):
        held = f", and {early:,} are held back" if early else ""
        raise RequirementError(
            "requirement.frozen",
            where=f"tables.{table.name}",
            what="the file has drifted from the frozen levels:"
            f" {count.suppressed_people:,} of {people:,} people"
            f" are in classes that do not hold what is required{held}; together"
            f" {left_out / max(1, people):.1%}, more than suppression_limit"
            f" {float(table.requirements.suppression_limit):.1%}",
            fix=f"raise suppression_limit to {math.ceil(1000 * left_out / max(1, people)) / 1000:g} or more:"
            " who is left of a class that has become too small can be shown at no other levels either."
            f" {OTHER_PEOPLE}",
        )
    cost = objective.value(count)
    return Choice(count=count, cost=cost, lattice_nodes=math.prod(objective.shape), nodes_checked=1, gap=cost)
