"""Local recoding: every tuple is released at levels of its own, as fine as its neighbours allow.

It is multidimensional recoding, mended again. The geometric mean of the loss is no sum over columns: what one
column loses weighs more where the others lose less. The first regions price every column as if nothing were
lost; now they are mended at prices around what they lose. New classes are founded too.
"""

from __future__ import annotations

from tokumei.transforms.recode.assignment import Assignment, count_assignment, holds
from tokumei.transforms.recode.boxes import Boxes
from tokumei.transforms.recode.cheapest import cheapest
from tokumei.transforms.recode.lattice import Lattice
from tokumei.transforms.recode.mending import Mending
from tokumei.transforms.recode.objectives.base import Objective
from tokumei.transforms.recode.objectives.by_column import Loss
from tokumei.transforms.recode.prices import label_prices
from tokumei.transforms.recode.regions import cheaper


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
    lost = None
    if isinstance(objective, Loss):
        lost = objective.columns(count_assignment(regions, lattice.ladders, lattice.histogram))
    boxes = Boxes(lattice, label_prices(objective, lost), regions.released)
    mended = Mending(lattice, boxes, cheapest(boxes), regions).mended(founded=True)
    if not holds(mended, lattice.ladders, lattice.histogram, lattice.models):
        return regions, classes
    return cheaper(lattice, objective, (regions, mended))
