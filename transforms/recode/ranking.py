"""Which of two counted nodes is better, and what any search knows of a lattice."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tokumei.transforms.recode.models import Monotone, PrivacyModel
from tokumei.transforms.recode.objectives.base import Node, NodeCount, Objective
from tokumei.transforms.values.steady import significant

TIE = 2e-11  # a bound must exceed the best cost by more, to rule out a tie
Rank = tuple[float, int, int, Node]


@dataclass(frozen=True, kw_only=True)
class Choice:
    """The node chosen, and what it costs.

    Attributes:
        count: the node, and what it keeps and suppresses.
        cost: in the unit of the objective.
        lattice_nodes, nodes_checked: size of the search space and how much of it was counted.
        gap: no feasible node costs less than ``cost - gap``; 0 where the optimum is proven.
    """

    count: NodeCount
    cost: float
    lattice_nodes: int
    nodes_checked: int
    gap: float

    @property
    def node(self) -> Node:
        """The level of each quasi-identifier."""
        return self.count.node

    @property
    def proven(self) -> bool:
        """Whether no feasible node costs less."""
        return self.gap == 0


class InfeasibleError(ValueError):
    """No node meets the requirements; holds the node that would suppress fewest people."""

    def __init__(self, closest: NodeCount) -> None:
        self.closest = closest
        super().__init__(f"at least {closest.suppressed_people} people would have to be suppressed")


def rank(cost: float, count: NodeCount) -> Rank:
    """Return what nodes are compared by: cost, suppressed records, sum of levels, levels."""
    return significant(cost), count.suppressed_records, sum(count.node), count.node


def nearness(count: NodeCount) -> tuple[int, int, Node]:
    """Return what infeasible nodes are compared by: suppressed people, then the most general."""
    return count.suppressed_people, -sum(count.node), count.node


class Known:
    """What the counted nodes tell: the best one, and what one node implies for more specific ones.

    Args:
        objective: what to minimize.
        models: what every released class must satisfy.
        allowed: people who may lose a record.
    """

    def __init__(self, objective: Objective, models: Sequence[PrivacyModel], allowed: int) -> None:
        self.objective, self.allowed = objective, allowed
        self.nodes = math.prod(objective.shape)
        self.top: Node = tuple(levels - 1 for levels in objective.shape)
        self.checked = 0
        self.best: NodeCount | None = None
        self.cost = math.inf
        self.closest: NodeCount | None = None
        self.rank: Rank = (math.inf, 0, 0, ())
        self._failure_goes_down = allowed == 0 and all(m.monotone is not Monotone.NOTHING for m in models)

    def note(self, count: NodeCount) -> None:
        """Take in a node's count."""
        self.checked += 1
        if self.closest is None or nearness(count) < nearness(self.closest):
            self.closest = count
        if not self.feasible(count):
            return
        cost = self.objective.value(count)
        if (at := rank(cost, count)) < self.rank:
            self.rank, self.best, self.cost = at, count, cost

    def feasible(self, count: NodeCount) -> bool:
        """Say whether the node leaves out no more people than it may."""
        return count.suppressed_people <= self.allowed

    def rules_out(self, count: NodeCount) -> bool:
        """Say whether the node and every more specific one are infeasible."""
        infeasible = not self.feasible(count)
        return count.doomed_people > self.allowed or (infeasible and self._failure_goes_down)
