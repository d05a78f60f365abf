"""What releasing leaves at levels loses: the share of all leaves below each node (NCP); deleted, all."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from tokumei.transforms.histories.problem import Problem
from tokumei.transforms.histories.vocabulary import Ints, Levels


def generalized(problem: Problem, levels: Levels, leaves: Sequence[Ints]) -> float:
    """Return the sum over occurrences, by leaf, of the share of all leaves below what is released."""
    return math.fsum(
        int((n * group.weights()[group.chain[level, np.arange(group.leaves)]]).sum()) / group.domain
        for group, level, n in zip(problem.groups, levels, leaves, strict=True)
    )


def most_generalized(problem: Problem, levels: Levels) -> float:
    """Return the greatest share of leaves below what is released: a deletion loses at least the rest."""
    return max(
        (
            int(group.weights()[group.chain[level, np.arange(group.leaves)]].max(initial=0)) / group.domain
            for group, level in zip(problem.groups, levels, strict=True)
        ),
        default=0.0,
    )
