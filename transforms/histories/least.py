"""What a cut costs at least, told from the counts of all levels without reading a line: spares trying it."""

from __future__ import annotations

import numpy as np

from tokumei.transforms.histories.deletion import Ground
from tokumei.transforms.histories.loss import generalized, most_generalized
from tokumei.transforms.histories.vocabulary import Flags, Ints, Levels


def least_loss(ground: Ground, levels: Levels) -> float:
    """Return a bound below the loss of a cut with any deletion.

    Facts that too few hold lose a cell on each line. Of rare pairs that have no fact in common, each person
    who holds one loses a cell for it. A cell stands in at most one fact of each kind.
    """
    problem = ground.problem
    occurrences = sum(int(leaves.sum()) for leaves in ground.present.leaves)
    detail = generalized(problem, levels, ground.present.leaves)
    if not ground.exact:
        return detail / max(1, occurrences)
    released = np.zeros(ground.vocabulary.facts + 1, bool)
    for rows in ground.vocabulary.at(levels):
        for row in rows:
            released[row] = True
    released = released[:-1]
    cells = int(ground.counted.lines[released & ground.counted.bad].sum())
    cells += _disjoint(ground, np.flatnonzero(released[ground.counted.common]))
    most = most_generalized(problem, levels)
    return (detail + cells // len(problem.kinds) * (1 - most)) / max(1, occurrences)


def _disjoint(ground: Ground, slots: Ints) -> int:
    """Return how many people hold rare pairs that have no fact in common, pairs chosen greedily."""
    table, k = ground.counted.table, ground.problem.k
    if not table.pairs:
        return 0
    free: Flags = np.ones(len(slots), bool)
    people = 0
    for i in range(len(slots)):
        if not free[i]:
            continue
        row = table.pairs[0][slots[i]][slots]
        here = np.where(free & (row < k), row, 0)
        here[i] = 0
        best = int(here.argmax())
        if here[best]:
            free[i] = free[best] = False
            people += int(here[best])
    return people
