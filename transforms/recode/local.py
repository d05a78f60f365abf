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


def local(lattice: Lattice, objective: Objective, optimum: Assignment) -> tuple[Assignment, int]:
    """Return a release that costs and suppresses no more than the full-domain optimum, and its classes.

    Args:
        lattice: ladders, histogram and models.
        objective: the policy's, over the same ladders and histogram.
        optimum: full-domain, within the suppression limit.
    """
    found, classes = multidimensional(lattice, objective, optimum)
    if not isinstance(objective, Loss):
        return found, classes
    lost = objective.columns(count_assignment(found, lattice.ladders, lattice.histogram))
    return multidimensional(lattice, objective, found, lost)
