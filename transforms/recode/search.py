"""The search for the full-domain generalization that loses least while every class has k people.

Nodes of the lattice (one level a quasi-identifier) are visited in ascending order of a lower bound: their
loss without any suppression. A node is feasible when suppressing its classes below k touches no more
people than the limit allows. Suppression only shrinks as values get coarser, so an infeasible node rules
out every more specific one (predictive tagging); a binary search up a path from each visited node finds such
nodes early (Flash: Kohlmayer et al. 2012). When the next bound exceeds the best loss found, that loss is the
optimum.

Loss: per column (Σ share − N/|domain|)/(N − N/|domain|), share = leaves under the label ÷ |domain|, 1 for
suppressed records; over the columns Π(v+1)^(1/n) − 1 (ARX's loss metric, geometric mean).
Ties are broken by the smaller sum of levels, then by the smaller levels from the first column on.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from transforms.recode.histogram import Classes, Histogram, classes_of, pack, people_in
from transforms.recode.ladders import Ladder

MAX_NODES = 4_000_000
Node = tuple[int, ...]


@dataclass(frozen=True)
class Choice:
    """The node chosen, and what it costs.

    Attributes:
        node: level of each quasi-identifier.
        loss: 0 (nothing changed) to 1 (everything suppressed); ``column_loss`` the same per column.
        suppressed_records, suppressed_people: what lies in classes below k.
        lattice_nodes, nodes_checked: size of the search space and how much of it was counted.
    """

    node: Node
    loss: float
    column_loss: tuple[float, ...]
    suppressed_records: int
    suppressed_people: int
    lattice_nodes: int
    nodes_checked: int


class InfeasibleError(ValueError):
    """No node meets the requirement; says how far off the best one was."""

    def __init__(self, fewest_people: int, node: Node) -> None:
        self.fewest_people, self.node = fewest_people, node
        super().__init__(f"at least {fewest_people} people would have to be suppressed")


class Search:
    """Counts nodes of one lattice over one histogram."""

    def __init__(self, ladders: Sequence[Ladder], histogram: Histogram, k: int) -> None:
        self.ladders, self.histogram, self.k = tuple(ladders), histogram, k
        self.shape = tuple(ladder.levels for ladder in ladders)
        self.checked = 0
        # codes and leaf shares of every tuple, per column and level
        self._codes = [
            [level[histogram.codes[:, i]] for level in ladder.codes] for i, ladder in enumerate(self.ladders)
        ]
        total = float(histogram.records.sum())
        self._column_loss = [
            [
                self._normalised(total, float(self._shares(i, level) @ histogram.records), ladder.domain_size)
                for level in range(ladder.levels)
            ]
            for i, ladder in enumerate(self.ladders)
        ]

    def _shares(self, column: int, level: int) -> npt.NDArray[np.float64]:
        ladder = self.ladders[column]
        shares: npt.NDArray[np.float64] = (ladder.leaves[level] / ladder.domain_size)[
            self._codes[column][level]
        ]
        return shares

    @staticmethod
    def _normalised(records: float, shares: float, domain: int) -> float:
        floor = records / domain
        return 0.0 if domain <= 1 or records == 0 else max(0.0, (shares - floor) / (records - floor))

    def classes(self, node: Node) -> Classes:
        """Return the equivalence classes of a node."""
        sizes = [len(ladder.labels[level]) for ladder, level in zip(self.ladders, node, strict=True)]
        codes = [self._codes[i][level] for i, level in enumerate(node)]
        return classes_of(self.histogram, pack(codes, sizes), math.prod(sizes))

    def suppressed(self, node: Node) -> tuple[Classes, npt.NDArray[np.bool_], int]:
        """Return a node's classes, which of them fall below k, and how many people those touch."""
        self.checked += 1
        classes = self.classes(node)
        small = classes.people < self.k
        return classes, small, people_in(self.histogram, classes, small)

    def column_losses(self, node: Node, gone: npt.NDArray[np.bool_]) -> tuple[float, ...]:
        """Return the loss per column when the tuples marked ``gone`` are suppressed."""
        records = self.histogram.records
        lost = float(records[gone].sum())
        total = float(records.sum())
        return tuple(
            self._normalised(
                total,
                float(self._shares(i, level)[~gone] @ records[~gone]) + lost,
                self.ladders[i].domain_size,
            )
            for i, level in enumerate(node)
        )

    def bounds(self) -> npt.NDArray[np.float64]:
        """Return each node's loss without suppression, over the whole lattice."""
        product = np.ones(self.shape)
        for axis, losses in enumerate(self._column_loss):
            shape = [1] * len(self.shape)
            shape[axis] = -1
            product = product * ((np.array(losses) + 1) ** (1 / len(self.shape))).reshape(shape)
        return product - 1


def combined_loss(column_losses: Sequence[float]) -> float:
    """Return the geometric mean loss over the columns."""
    return float(math.prod((v + 1) ** (1 / len(column_losses)) for v in column_losses) - 1)


def find_optimum(ladders: Sequence[Ladder], histogram: Histogram, k: int, limit: float) -> Choice:
    """Return the loss-optimal feasible node, proven.

    Args:
        ladders: one a quasi-identifier, in column order; their product is at most MAX_NODES nodes.
        histogram: the distinct tuples over the ladders' level-0 codes.
        k: smallest number of people in a class.
        limit: largest share of the people that may lose a record.

    Raises:
        InfeasibleError: not even full generalization meets k within the limit.
    """
    search = Search(ladders, histogram, k)
    allowed = math.floor(limit * histogram.people + 1e-9)
    bounds = search.bounds()
    infeasible = np.zeros(search.shape, dtype=bool)
    level_sums = np.indices(search.shape).sum(axis=0).ravel()
    order = np.lexsort((np.arange(bounds.size), level_sums, bounds.ravel()))
    best: tuple[float, int, Node] | None = None
    found: Choice | None = None
    seen: set[Node] = set()

    def visit(node: Node) -> bool:
        nonlocal best, found
        classes, small, people = search.suppressed(node)
        seen.add(node)
        if people > allowed:
            infeasible[tuple(slice(0, level + 1) for level in node)] = True
            return False
        gone = small[classes.of_tuple]
        losses = search.column_losses(node, gone)
        rank = (combined_loss(losses), sum(node), node)
        if best is None or rank < best:
            best = rank
            records = int(classes.records[small].sum())
            found = Choice(node, rank[0], losses, records, people, bounds.size, 0)
        return True

    for flat in order:
        node = tuple(int(i) for i in np.unravel_index(flat, search.shape))
        if best is not None and bounds.ravel()[flat] > best[0]:
            break
        if infeasible[node] or node in seen:
            continue
        path = _path_up(node, bounds)
        low, high = 0, len(path) - 1
        while low <= high:
            middle = (low + high) // 2
            step = path[middle]
            feasible = not infeasible[step] and (visit(step) if step not in seen else True)
            low, high = (low, middle - 1) if feasible else (middle + 1, high)
    if found is None:
        top = tuple(size - 1 for size in search.shape)
        raise InfeasibleError(search.suppressed(top)[2], top)
    return Choice(**{**found.__dict__, "nodes_checked": search.checked})


def _path_up(node: Node, bounds: npt.NDArray[np.float64]) -> list[Node]:
    """Return a chain from ``node`` to the top, always raising the column that costs least."""
    path = [node]
    while True:
        here = path[-1]
        above = [
            (*here[:i], level + 1, *here[i + 1 :])
            for i, level in enumerate(here)
            if level + 1 < bounds.shape[i]
        ]
        if not above:
            return path
        path.append(min(above, key=lambda n: (bounds[n], n)))
