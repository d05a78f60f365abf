"""Cell suppression: whom the full-domain optimum would suppress is kept with some cells blanked (セル削除).

Round by round, the residual (the tuples of failing classes) is given the node that costs least for it while
everybody in it may be suppressed: a column keeps its level or becomes ``*``. The classes that then pass every
model are released there, and what still fails is the next residual. What no round rescues stays suppressed
(レコード削除). The idea of recoding the residual is ARX's (Prasser et al. 2016). The rounds are greedy: no
bound on what they lose is proven.

Two searches begin from different nodes. The first begins from the full-domain optimum. The second begins from
the node that would be the optimum if there were no limit on suppression: it is finer for most people, and
leaves more of them to rescue. The result of the second is taken if it costs less than that of the first and
suppresses no more people than the optimum does.

Exact: shares that models compare with are those of the whole file throughout, and after each round the
classes that readers of the release will see are counted anew. Classes of different rounds may share their
labels; models that merging cannot break hold then as well, for the others a round that breaks one is not
taken.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from tokumei.transforms.counting.histogram import Histogram, Mask
from tokumei.transforms.hierarchies.ladders import Ladder
from tokumei.transforms.recode.assignment import Assignment, count_assignment, full_domain, holds
from tokumei.transforms.recode.lattice import Lattice
from tokumei.transforms.recode.objectives.base import Node, NodeCount, Objective
from tokumei.transforms.recode.objectives.by_column import Precision
from tokumei.transforms.recode.ranking import TIE, InfeasibleError
from tokumei.transforms.recode.search import find_optimum

MAX_ROUNDS = 100
_CHECKS = 1_000  # nodes counted a round at most


@dataclass(frozen=True)
class Round:
    """Whom the rescue releases at one node: how many records and people it saves."""

    node: Node
    records: int
    people: int


def rounds_of(assignment: Assignment, histogram: Histogram) -> tuple[Round, ...]:
    """Return whom each node but the first saves, in their order."""
    saved = [(node, assignment.of_tuple == i + 1) for i, node in enumerate(assignment.nodes[1:].tolist())]
    return tuple(
        Round(tuple(node), int(histogram.records[some].sum()), histogram.people_in(some))
        for node, some in saved
    )


def _free_start(lattice: Lattice, objective: Objective) -> Assignment:
    """Return the full-domain recoding that costs least if everybody may be suppressed, as far as is searched.

    Args:
        lattice: ladders, histogram and models, which some node meets.
        objective: the policy's, over the same ladders and histogram.
    """
    people = lattice.histogram.total_people
    node = find_optimum(objective, lattice.models, lattice.count, people, max_checks=_CHECKS).node
    return full_domain(node, lattice.failing(node))


def rescue(lattice: Lattice, objective: Objective, optimum: Assignment) -> Assignment:
    """Return the release in which as many of the suppressed are saved as models and objective allow.

    Args:
        lattice: ladders, histogram and models.
        objective: the policy's, over the same ladders and histogram.
        optimum: full-domain, within the suppression limit.

    Returns:
        A release that costs no more than ``optimum`` and suppresses no more people.
    """
    ladders, histogram = lattice.ladders, lattice.histogram
    best, free = _rounds(lattice, objective, optimum), _free_start(lattice, objective)
    if not free.released.any():
        return best
    other = _rounds(lattice, objective, free)
    if histogram.people_in(~other.released) > histogram.people_in(~optimum.released):
        return best
    costs = [objective.value(count_assignment(found, ladders, histogram)) for found in (best, other)]
    return other if costs[1] < costs[0] - TIE * max(1.0, abs(costs[0])) else best


def _rounds(lattice: Lattice, objective: Objective, start: Assignment) -> Assignment:
    """Extend a full-domain recoding round by round, while the release costs no more and no model breaks."""
    ladders, histogram = lattice.ladders, lattice.histogram
    find = _Blanking(lattice, objective, start)
    assignment = start
    cost = objective.value(count_assignment(start, ladders, histogram))
    while len(assignment.nodes) <= MAX_ROUNDS and not assignment.released.all():
        residual = ~assignment.released
        found = find.cheapest(histogram.only(residual))
        if found is None:
            break
        node, passing = found
        saved = residual.copy()
        saved[residual] = passing
        extended = Assignment(
            np.vstack([assignment.nodes, np.array([node], np.int32)]),
            np.where(saved, len(assignment.nodes), assignment.of_tuple).astype(np.int32),
        )
        costs = objective.value(count_assignment(extended, ladders, histogram))
        if costs > cost + TIE * max(1.0, abs(cost)) or not holds(
            extended, ladders, histogram, lattice.models
        ):
            break
        assignment, cost = extended, costs
    return assignment


class _Blanking:
    """Finds the cheapest columns to blank: in the lattice of the residual's own labels and ``*``."""

    def __init__(self, lattice: Lattice, objective: Objective, start: Assignment) -> None:
        self.ladders, self.models = lattice.ladders, lattice.models
        self.node, self.top = tuple(start.nodes[0].tolist()), lattice.top
        self.own = [_own_or_any(ladder, level) for ladder, level in zip(self.ladders, self.node, strict=True)]
        self.objective, self.weights = type(objective), objective.weights
        if isinstance(objective, Precision):  # what is left to climb above each column's level
            left = [1 - level / max(top, 1) for level, top in zip(self.node, self.top, strict=True)]
            self.weights = objective.weights * left

    def cheapest(self, residual: Histogram) -> tuple[Node, Mask] | None:
        """Return the node, and which tuples pass there; None where blanking lets none pass."""
        if self.node == self.top:
            return None
        columns = list(zip(self.ladders, self.node, strict=True))
        own, of_tuple = residual.coarsen(
            [ladder.codes[level] for ladder, level in columns],
            [len(ladder.labels[level]) for ladder, level in columns],
            [ladder.null_code(level) for ladder, level in columns],
        )
        if (found := self._cheapest_of_own(own)) is None:
            return None
        blank, passing = found
        node = tuple(t if b else n for n, t, b in zip(self.node, self.top, blank, strict=True))
        return node, passing[of_tuple]

    def _cheapest_of_own(self, residual: Histogram) -> tuple[Node, Mask] | None:
        part = Lattice(self.own, residual, self.models)
        people = residual.people_in(np.ones(len(residual), dtype=bool))
        records = int(residual.records.sum())

        def count(node: Node) -> NodeCount:
            counted = part.count(node)
            if counted.kept:
                return counted
            none_left = counted.doomed_records == records  # and so at every more specific node
            doomed = people + 1 if none_left else counted.doomed_people
            return replace(counted, suppressed_people=people + 1, doomed_people=doomed)

        objective = self.objective(self.own, residual.marginals(), self.weights.tolist())
        try:
            choice = find_optimum(objective, self.models, count, people, max_checks=_CHECKS)
        except InfeasibleError:
            return None
        return choice.node, ~part.failing(choice.node)


def _own_or_any(ladder: Ladder, level: int) -> Ladder:
    """Return a ladder of the labels of one level and, above them, ``*``."""
    top = ladder.levels - 1
    kept = [level] if level == top else [level, top]
    return Ladder(
        values=ladder.labels[level],
        codes=tuple(ladder.upward(level, at) for at in kept),
        labels=tuple(ladder.labels[at] for at in kept),
        leaves=tuple(ladder.leaves[at] for at in kept),
        domain_size=ladder.domain_size,
        titles=tuple(ladder.titles[at] for at in kept),
    )
