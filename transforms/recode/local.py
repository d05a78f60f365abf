"""Local recoding: every tuple is released at levels of its own, as fine as its neighbours allow.

Rounds from nearly raw values release what passes, the cheapest node first; then costly classes are dissolved
into their neighbours. Nothing is proven optimal. Where the release breaks a model, suppresses more people or
costs more than the full-domain optimum, the same is done with whom the optimum suppresses alone; and where
that fails too, the optimum is taken as it is.

Exact: every class is asked every model before it is released, with the whole file's shares; and at the end
the classes that readers of the release will see are counted anew. Classes of different nodes may share their
labels, which models that merging cannot break survive.
"""

from __future__ import annotations

import numpy as np

from tokumei.transforms.counting.histogram import Mask
from tokumei.transforms.decisions.recoder import SUPPRESSED
from tokumei.transforms.recode.assignment import Assignment, count_assignment, holds
from tokumei.transforms.recode.cheapest import Levels, release_cheapest_first
from tokumei.transforms.recode.dissolving import Dissolving
from tokumei.transforms.recode.lattice import Lattice
from tokumei.transforms.recode.objectives.base import Objective
from tokumei.transforms.recode.objectives.by_column import Columnwise, Loss
from tokumei.transforms.recode.prices import label_prices
from tokumei.transforms.values.steady import significant

_LEFT = 1_000  # one in so many tuples may be handed out one by one,
_HANDED_OUT = 20_000  # and as many in all


def local(lattice: Lattice, objective: Objective, optimum: Assignment) -> tuple[Assignment, int]:
    """Return a release that costs and suppresses no more than an optimum, and how many classes it has.

    Args:
        lattice: ladders, histogram and models.
        objective: the policy's, over the same ladders and histogram.
        optimum: full-domain, within the suppression limit.
    """
    ladders, histogram = lattice.ladders, lattice.histogram
    most = histogram.people_in(~optimum.released)
    before = count_assignment(optimum, ladders, histogram)
    for released in (np.zeros_like(optimum.released), optimum.released):
        found = _from(lattice, objective, optimum, released)
        count = count_assignment(found, ladders, histogram)
        if (
            histogram.people_in(~found.released) <= most
            and significant(objective.value(count)) < significant(objective.value(before))
            and holds(found, ladders, histogram, lattice.models)
        ):
            return found, count.kept
    return optimum, before.kept


def _from(lattice: Lattice, objective: Objective, optimum: Assignment, released: Mask) -> Assignment:
    """Recode all tuples but those that are released as in the optimum already."""
    models = tuple(asked for model in lattice.models if (asked := model.of_each()) is not None)
    levels: Levels = np.where(released[:, None], optimum.nodes[0], 0).astype(np.int32)
    enough = min(len(released) // _LEFT, _HANDED_OUT)
    prices = label_prices(objective)
    if isinstance(objective, Loss):  # the geometric mean is priced anew, around what is lost at first
        left = release_cheapest_first(
            lattice, models, prices, levels=(first := levels.copy()), left=~released, enough=enough
        )
        count = count_assignment(_assignment(first, ~left), lattice.ladders, lattice.histogram)
        prices = label_prices(objective, objective.columns(count))
    left = release_cheapest_first(lattice, models, prices, levels=levels, left=~released, enough=enough)
    if left.all():
        return optimum
    classes = Dissolving(lattice, models, prices, levels=levels, released=~left)
    classes.take_in(left)
    if isinstance(objective, Columnwise):  # other metrics only count how large classes are
        classes.dissolve()
    return _assignment(*classes.levels())


def _assignment(levels: Levels, released: Mask) -> Assignment:
    """Return the nodes in use, that of most tuples first, and which of them each tuple is released at."""
    nodes, of_released, tuples = np.unique(levels[released], axis=0, return_inverse=True, return_counts=True)
    order = np.argsort(-tuples, kind="stable")
    of_tuple = np.full(len(released), SUPPRESSED, dtype=np.int32)
    of_tuple[released] = np.argsort(order)[of_released.ravel()]
    return Assignment(nodes[order].astype(np.int32), of_tuple)
