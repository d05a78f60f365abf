"""Whom a reader learns something of because a method loses as little as it may (minimality attack).

Everybody's quasi-identifiers are in a list that the reader has: a register, a roll. From it the reader sees
that one level finer all classes would have had their k people, and yet these were not released. So some of
them would have broken a model of sensitive values: all six men of a class have the same illness, and
therefore men and women were put together (R. C.-W. Wong, A. W.-C. Fu, K. Wang, J. Pei, Minimality Attack in
Privacy Preserving Data Publishing, VLDB 2007). How often each value occurs in the coarser class then often
tells which of them it was.

The audit knows which, and counts the people of those classes: they are the ones who may be told. It looks one
level below the node that was chosen, column by column.
"""

from __future__ import annotations

import numpy as np

from tokumei.transforms.recode.lattice import Lattice, failing_classes
from tokumei.transforms.recode.objectives.base import Node


def told_by_values(lattice: Lattice, node: Node, allowed: int) -> int:
    """Count people in finer classes that were not released because of their sensitive values alone.

    Args:
        lattice: ladders, histogram and models.
        node: at which everybody is released, chosen because no finer one holds.
        allowed: people who may lose a record.
    """
    open_models = [model for model in lattice.models if model.watches is None]
    if len(open_models) == len(lattice.models):
        return 0
    told = np.zeros(len(lattice.histogram), bool)
    for column, level in enumerate(node):
        if level == 0:
            continue
        classes, of_tuple = lattice.classes((*node[:column], level - 1, *node[column + 1 :]))
        few, failing = (failing_classes(models, classes)[0] for models in (open_models, lattice.models))
        if classes.people_in(few) <= allowed < classes.people_in(failing):
            told |= (failing & ~few)[of_tuple]
    return lattice.histogram.people_in(told & (lattice.histogram.records > 0))
