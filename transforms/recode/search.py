"""The search for the full-domain generalization that loses least while every class has k people.

Nodes of the lattice (one level a quasi-identifier) are visited best bound first. A node's bound is its loss
without any suppression, raised by every more general node that was counted: what that one suppresses, this
one suppresses too, because classes only shrink as values get finer. A node is feasible when suppressing its
classes below k touches no more people than the limit allows; for the same reason an infeasible node rules
out every more specific one (predictive tagging). A binary search up a path from each visited node finds such
nodes early (Flash: Kohlmayer et al. 2012). When every open node's bound exceeds the best loss found, that
loss is the optimum.

Loss: per column (Σ share − N/|domain|)/(N − N/|domain|), share = leaves under the label ÷ |domain|, 1 for
suppressed records; over the columns Π(v+1)^(1/n) − 1 (ARX's loss metric, geometric mean).
Losses equal to 12 decimals are ties: broken by fewer suppressed records, then by the smaller sum of levels,
then by the smaller levels from the first column on.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from transforms.recode.histogram import Classes, Histogram, classes_of, people_in, radices
from transforms.recode.ladders import Ladder

MAX_NODES = 4_000_000
_DECIMALS, _TIE = 12, 1e-12  # losses this close are ties, whatever the processor's rounding
Node = tuple[int, ...]
_Floats = npt.NDArray[np.float64]


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
        self._records = float(histogram.records.sum())
        self._values = [column.astype(np.intp) for column in histogram.codes.T]
        # leaves under the label of every value, per column and level
        self._leaves = [
            np.array([n[codes] for n, codes in zip(ladder.leaves, ladder.codes, strict=True)], dtype=float)
            for ladder in self.ladders
        ]
        self._covered = self._leaves_over(np.arange(len(histogram.records)))

    def _leaves_over(self, tuples: npt.NDArray[np.int64]) -> list[_Floats]:
        """Return the leaves over the records of some tuples, summed, per column and level."""
        records = self.histogram.records.take(tuples).astype(float)
        return [
            leaves @ np.bincount(values.take(tuples), weights=records, minlength=leaves.shape[1])
            for leaves, values in zip(self._leaves, self._values, strict=True)
        ]

    def classes(self, node: Node) -> Classes:
        """Return the equivalence classes of a node."""
        sizes = [len(ladder.labels[level]) for ladder, level in zip(self.ladders, node, strict=True)]
        weights, possible = radices(sizes)
        packed = np.zeros(len(self.histogram.records), dtype=np.int64)
        for ladder, level, weight, values in zip(self.ladders, node, weights, self._values, strict=True):
            if len(ladder.labels[level]) > 1:
                packed += (ladder.codes[level] * weight).take(values)
        return classes_of(self.histogram, packed, possible)

    def suppressed(self, node: Node) -> tuple[Classes, npt.NDArray[np.bool_], int]:
        """Return a node's classes, which of them fall below k, and how many people those touch."""
        self.checked += 1
        classes = self.classes(node)
        small = classes.people < self.k
        return classes, small, people_in(self.histogram, classes, small)

    def level_losses(self, gone: npt.NDArray[np.int64]) -> list[_Floats]:
        """Return the loss per column at every level when the given tuples are suppressed."""
        kept = [a - b for a, b in zip(self._covered, self._leaves_over(gone), strict=True)]
        lost = float(self.histogram.records.take(gone).sum())
        n, losses = self._records, []
        for ladder, leaves in zip(self.ladders, kept, strict=True):
            size = ladder.domain_size
            # (Σ share − N/size)/(N − N/size), multiplied by size: all sums are of whole numbers, hence exact.
            whole = n * (size - 1)
            losses.append((leaves + lost * size - n) / whole if whole else np.zeros_like(leaves))
        return losses

    def bounds(self) -> _Floats:
        """Return each node's loss without suppression, over the whole lattice."""
        return _over_lattice(self.level_losses(np.arange(0)))


def _over_lattice(level_losses: Sequence[_Floats]) -> _Floats:
    """Return the geometric mean loss at every combination of levels."""
    product: _Floats = np.ones(())
    for losses in level_losses:
        product = product[..., None] * (losses + 1) ** (1 / len(level_losses))
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
    plain = search.bounds()
    bounds = plain.copy()  # of the open nodes; infinite for those visited or ruled out
    feasible: set[Node] = set()
    best: tuple[float, int, int, Node] = (math.inf, 0, 0, ())
    found: Choice | None = None

    def visit(node: Node) -> None:
        nonlocal best, found
        classes, small, people = search.suppressed(node)
        below = tuple(slice(0, level + 1) for level in node)
        if people > allowed:
            bounds[below] = math.inf
            return
        feasible.add(node)
        levels = search.level_losses(np.flatnonzero(small[classes.of_tuple]))
        np.maximum(
            bounds[below],
            _over_lattice([losses[: level + 1] for losses, level in zip(levels, node, strict=True)]),
            out=bounds[below],
        )
        bounds[node] = math.inf
        column_loss = tuple(float(losses[level]) for losses, level in zip(levels, node, strict=True))
        loss, records = combined_loss(column_loss), int(classes.records[small].sum())
        rank = (round(loss, _DECIMALS), records, sum(node), node)
        if rank < best:
            best = rank
            found = Choice(node, loss, column_loss, records, people, bounds.size, 0)

    def is_worse(node: Node) -> bool:
        return bool(bounds[node] > best[0] + _TIE)

    while True:
        node = tuple(int(i) for i in np.unravel_index(int(np.argmin(bounds)), search.shape))
        if bounds[node] == math.inf or is_worse(node):
            break
        path = _path_up(node, plain)
        low, high = 0, len(path) - 1
        while low <= high and not (is_worse(node) and bounds[node] < math.inf):
            middle = (low + high) // 2
            step = path[middle]
            if bounds[step] < math.inf:
                visit(step)
            low, high = (low, middle - 1) if step in feasible else (middle + 1, high)
    if found is None:
        top = tuple(size - 1 for size in search.shape)
        raise InfeasibleError(search.suppressed(top)[2], top)
    return replace(found, nodes_checked=search.checked)


def _path_up(node: Node, bounds: _Floats) -> list[Node]:
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
