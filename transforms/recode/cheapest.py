"""Rounds over a residual, the cheapest node first: what passes every model there is released there.

Begun with nearly raw values, every tuple is released at the first node, in the order of their costs, at
which the tuples that are left still form a class that passes. That is ARX's recoding of the residual (Prasser
et al. 2016) with a round for every node, and the greedy algorithm of covering: the class that costs least a
record is closed first. What no node releases is left over.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from tokumei.transforms.counting.histogram import Histogram, Ints, Mask, radices
from tokumei.transforms.recode.lattice import Lattice, failing_classes
from tokumei.transforms.recode.models import PrivacyModel
from tokumei.transforms.recode.objectives.base import Node

Levels = npt.NDArray[np.int32]
_READ = 2_000_000_000  # tuples read in order of cost at most; after that one chain of nodes, up to the top
_NODES = 400_000  # as many nodes at most
_MIXED = np.int64(-7046029254386353131)  # 2^64 ÷ the golden ratio, odd


def release_cheapest_first(
    lattice: Lattice,
    models: Sequence[PrivacyModel],
    prices: Sequence[Sequence[Ints]],
    *,
    levels: Levels,
    left: Mask,
    enough: int,
) -> Mask:
    """Release tuples of a residual, each at the first node that lets it pass, until few enough are left.

    Args:
        lattice: ladders and histogram.
        models: that each class is asked by itself.
        prices: of labels, by column and level; they never fall with the level.
        levels: shape (u, columns), the levels of each tuple; those of the tuples released now are entered.
        left: the residual.
        enough: how many tuples may be left.

    Returns:
        What is left over.
    """
    tables = _tables(lattice)
    least = max(1, *(model.least_people for model in models))
    left, read = left.copy(), 0
    rest, places = lattice.histogram.only(left), np.flatnonzero(left)
    nodes = _in_order(lattice, prices)
    chain: Iterator[Node] | None = None
    for visited, node in enumerate(nodes):
        if len(rest) <= enough:
            return left
        read += len(rest)
        passing = _passing(rest, models, tables, node, least)
        if passing.any():
            levels[places[passing]] = node
            left[places[passing]] = False
            rest, places = rest.only(~passing), places[~passing]
        if read > _READ or visited > _NODES:
            chain = _up(lattice, prices, node)
            break
    for node in chain or ():
        passing = _passing(rest, models, tables, node, least)
        levels[places[passing]] = node
        left[places[passing]] = False
        rest, places = rest.only(~passing), places[~passing]
    return left


def _tables(lattice: Lattice) -> list[list[Ints]]:
    """Return, by column and level, value code → label code in its place in a packed key."""
    weights, _ = radices(lattice.histogram.sizes)
    return [
        [codes.astype(np.int64) * weight for codes in ladder.codes]
        for ladder, weight in zip(lattice.ladders, weights, strict=True)
    ]


def _passing(
    rest: Histogram, models: Sequence[PrivacyModel], tables: Sequence[Sequence[Ints]], node: Node, least: int
) -> Mask:
    """Return which tuples lie in classes that pass every model; classes of few records are not formed."""
    keys = np.zeros(len(rest), dtype=np.int64)
    for levels, level, codes in zip(tables, node, rest.codes, strict=True):
        keys += levels[level].take(codes)
    bits = min(max(len(rest).bit_length() + 1, 10), 20)
    bucket = ((keys * _MIXED).view(np.uint64) >> np.uint64(64 - bits)).view(np.int64)
    passing = np.bincount(bucket, weights=rest.records, minlength=1 << bits).take(bucket) >= least
    if not passing.any():
        return passing
    _, of_tuple, records = np.unique(keys[passing], return_inverse=True, return_counts=True)
    classes = rest.only(passing).regroup(
        np.arange(len(records)), (len(records),), (-1,), of_tuple.astype(np.int64)
    )
    passing[passing] = ~failing_classes(models, classes)[0][of_tuple]
    return passing


def _costs(lattice: Lattice, prices: Sequence[Sequence[Ints]]) -> list[list[int]]:
    """Return what all records cost, by column and level, and that no level costs less than a finer one."""
    marginals = lattice.histogram.marginals()
    costs = [
        [int(price @ ladder.lift(records, 0, level)) for level, price in enumerate(levels)]
        for ladder, records, levels in zip(lattice.ladders, marginals, prices, strict=True)
    ]
    return [np.maximum.accumulate(levels).tolist() for levels in costs]


def _in_order(lattice: Lattice, prices: Sequence[Sequence[Ints]]) -> Iterator[Node]:
    """Yield all nodes by what they cost; of equal ones, those with the smaller levels first.

    A node follows that which is one level lower in the last column that it raises, so it is met once.
    """
    costs = _costs(lattice, prices)
    bottom = sum(levels[0] for levels in costs)
    queue: list[tuple[int, Node, int]] = [(bottom, lattice.bottom, 0)]
    while queue:
        cost, node, last = heapq.heappop(queue)
        yield node
        for i in range(last, len(node)):
            if node[i] < lattice.top[i]:
                more = costs[i][node[i] + 1] - costs[i][node[i]]
                heapq.heappush(queue, (cost + more, (*node[:i], node[i] + 1, *node[i + 1 :]), i))


def _up(lattice: Lattice, prices: Sequence[Sequence[Ints]], node: Node) -> Iterator[Node]:
    """Yield a chain from above a node to the top, which raises the column that costs least."""
    steps = [[b - a for a, b in pairwise(levels)] for levels in _costs(lattice, prices)]
    while node != lattice.top:
        _, i = min((steps[i][level], i) for i, level in enumerate(node) if level < lattice.top[i])
        node = (*node[:i], node[i] + 1, *node[i + 1 :])
        yield node
