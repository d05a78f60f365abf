"""What a metric is, and what counting a node of the lattice tells it."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from tokumei.transforms.hierarchies.ladders import Ladder

Node = tuple[int, ...]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class NodeCount:
    """What counting one node tells; adds up over disjoint sets of its classes.

    Attributes:
        node: level of each quasi-identifier.
        classes, squares: classes, and the sum of their squared records, before suppression.
        kept, kept_squares: the same for the classes that pass every model.
        suppressed_records, suppressed_people: records and people of the failing classes. A failing class
            that only people of the population are in cannot be suppressed: then suppressed_people is more
            than all people, so that no limit allows the node.
        doomed_people: people in classes that fail a model which is monotone in records: every more specific
            node suppresses them too.
        gone: per column, suppressed records of each label of the node's level.
        doomed: per column, records of the doomed by their label of level ``resolved``, the node's or finer.
        kept_labels: per column and level, kept records of each label; None where everybody who is kept is
            released at ``node``, so that they are the file's less ``gone``.
    """

    node: Node
    classes: int
    squares: float
    kept: int
    kept_squares: float
    suppressed_records: int
    suppressed_people: int
    doomed_records: int
    doomed_people: int
    gone: tuple[Ints, ...]
    doomed: tuple[Ints, ...]
    resolved: Node
    kept_labels: tuple[Mapping[int, Ints], ...] | None = None


class Objective(ABC):
    """One metric over one lattice; smaller is better.

    Args:
        ladders: one a quasi-identifier.
        marginals: per column, the records of every value.
        weights: per column, how much it counts.
    """

    name: ClassVar[str]

    def __init__(
        self, ladders: Sequence[Ladder], marginals: Sequence[Ints], weights: Sequence[float]
    ) -> None:
        self.ladders, self.marginals = tuple(ladders), tuple(marginals)
        self.weights = np.array(weights, dtype=float) / math.fsum(weights)
        self.records = float(marginals[0].sum())
        self.shape = tuple(ladder.levels for ladder in ladders)
        self.by_level = [
            [ladder.lift(records, 0, level) for level in range(ladder.levels)]
            for ladder, records in zip(ladders, marginals, strict=True)
        ]

    @abstractmethod
    def floor(self, node: Node) -> float:
        """Return a lower bound of the node's cost; generalizing never lowers it."""

    def floors(self, low: Node, high: Node) -> Floats:
        """Return the floors of all nodes from ``low`` to ``high``, shape (high − low + 1 a column)."""
        return np.full(tuple(h - n + 1 for n, h in zip(low, high, strict=True)), self.floor(low))

    @abstractmethod
    def value(self, count: NodeCount) -> float:
        """Return the node's cost."""

    @abstractmethod
    def below(self, count: NodeCount) -> Floats:
        """Return lower bounds for the node and all more specific ones, shape (level + 1 a column)."""

    def above(self, count: NodeCount) -> float:
        """Return a lower bound for all more general nodes, without the node itself."""
        return -math.inf

    def kept(self, column: int, count: NodeCount) -> Mapping[int, Ints]:
        """Return the kept records of each label of one column, by level."""
        if count.kept_labels is not None:
            return count.kept_labels[column]
        level = count.node[column]
        return {level: self.by_level[column][level] - count.gone[column]}

    def _flat(self, count: NodeCount, bound: float) -> Floats:
        """Return one bound for all more specific nodes."""
        return np.full(tuple(level + 1 for level in count.node), bound)
