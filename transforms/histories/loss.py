"""What releasing leaves at levels loses: the share of all leaves below each node (NCP); deleted, all."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from tokumei.transforms.histories.problem import Codes, Problem
from tokumei.transforms.histories.vocabulary import Flags, Ints, Levels


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


def finest(problem: Problem, levels: Levels) -> Levels:
    """Return a cut by which the same people have the same facts under finer labels.

    A node over one leaf hides nothing of it, so that the leaf's own label costs nothing; unless some facts
    see it beside others.
    """
    out = []
    for number, (group, level) in enumerate(zip(problem.groups, levels, strict=True)):
        places, finer = np.arange(group.leaves), level.copy()
        views = [group.chain, *_seen_of(problem, number)]
        alone = [_over_one(view) for view in views]
        for target in reversed(range(group.levels)):
            may = level > target
            for view, one in zip(views, alone, strict=True):
                low, high = view[target], view[level, places]
                may &= (low == high) | (one[low] & one[high])
            finer[may] = target
        out.append(finer)
    return tuple(out)


def _seen_of(problem: Problem, number: int) -> Iterator[Codes]:
    """Yield what each kind of facts sees of a group's leaves at each level, where that is not the node."""
    for kind in problem.kinds:
        for group, seen in zip(kind.groups, kind.seen, strict=True):
            if group == number and seen is not None:
                yield seen[problem.groups[number].chain]


def _over_one(view: Codes) -> Flags:
    """Return, by what is seen, whether it is seen of one leaf alone, at any level; the last is nothing."""
    lowest = np.full(int(view.max(initial=-1)) + 2, view.shape[1])
    highest = np.full(len(lowest), -1)
    places = np.broadcast_to(np.arange(view.shape[1]), view.shape)
    np.minimum.at(lowest, view, places)
    np.maximum.at(highest, view, places)
    over_one: Flags = lowest == highest
    over_one[-1] = False
    return over_one
