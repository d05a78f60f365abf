"""Local recoding: every tuple is released at levels of its own, as fine as its neighbours allow.

Regions are gathered from nearly raw values up, then costly ones are dissolved into their neighbours. Nothing
is proven optimal: what comes out costs no more than the regions, and these no more than the full-domain
optimum.

Exact: every class is asked every model before it is released, with the whole file's shares; and at the end
the classes that readers of the release will see are counted anew. Where they break a model, because classes
of different levels share their labels or people stand in several, the regions are taken as they are.
"""

from __future__ import annotations

from tokumei.transforms.recode.assignment import Assignment, count_assignment, holds
from tokumei.transforms.recode.dissolving import Dissolving
from tokumei.transforms.recode.lattice import Lattice
from tokumei.transforms.recode.objectives.base import NodeCount, Objective
from tokumei.transforms.recode.objectives.by_column import Columnwise, Loss
from tokumei.transforms.recode.prices import label_prices
from tokumei.transforms.recode.regions import MAX_DIVIDED, multidimensional
from tokumei.transforms.values.steady import significant


def local(lattice: Lattice, objective: Objective, optimum: Assignment) -> tuple[Assignment, int]:
    """Return a release that costs and suppresses no more than the full-domain optimum, and its classes.

    The geometric mean of the loss is priced around what the first regions lose, for the second ones, and
    around what these lose, for all that follows.

    Args:
        lattice: ladders, histogram and models.
        objective: the policy's, over the same ladders and histogram.
        optimum: full-domain, within the suppression limit.
    """

    def count(assignment: Assignment) -> NodeCount:
        return count_assignment(assignment, lattice.ladders, lattice.histogram)

    found, classes = multidimensional(lattice, objective, optimum)
    if not isinstance(objective, Columnwise) or len(lattice.histogram) > MAX_DIVIDED:
        return found, classes  # it only counts how large classes are, or there are too many to mend
    lost = None
    if isinstance(objective, Loss):
        found, classes = multidimensional(lattice, objective, found, objective.columns(count(found)))
        lost = objective.columns(count(found))
    dissolving = Dissolving(lattice, label_prices(objective, lost), found)
    dissolving.dissolve()
    dissolved = dissolving.assignment()
    before, after = count(found), count(dissolved)
    cheaper = significant(objective.value(after)) < significant(objective.value(before))
    if cheaper and holds(dissolved, lattice.ladders, lattice.histogram, lattice.models):
        return dissolved, after.kept
    return found, classes
