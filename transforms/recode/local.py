"""Local recoding: every tuple is released at levels of its own, as fine as its neighbours allow.

It is multidimensional recoding done twice. The geometric mean of the loss is no sum over columns: what one
column loses weighs more where the others lose less. The first regions price every column as if nothing were
lost; the second ones around what the first lose, and are taken where they cost less.
"""

from __future__ import annotations

from tokumei.transforms.recode.assignment import Assignment, count_assignment
from tokumei.transforms.recode.lattice import Lattice
from tokumei.transforms.recode.objectives.base import Objective
from tokumei.transforms.recode.objectives.by_column import Loss
from tokumei.transforms.recode.regions import multidimensional


def local(
    lattice: Lattice, objective: Objective, regions: Assignment, classes: int
) -> tuple[Assignment, int]:
    """Return a release that costs and suppresses no more than the first regions, and its classes.

    Args:
        lattice: ladders, histogram and models.
        objective: the policy's, over the same ladders and histogram.
        regions: the first ones, as `multidimensional` returns them.
        classes: how many they are.
    """
    if not isinstance(objective, Loss):
        return regions, classes
    lost = objective.columns(count_assignment(regions, lattice.ladders, lattice.histogram))
    return multidimensional(lattice, objective, regions, lost)
