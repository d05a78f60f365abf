"""The search for the full-domain generalization that costs least while every class passes every model.

Nodes of the lattice are visited best bound first. A node's bound is its cost without any suppression, raised
by what counted nodes imply: whom a more general node must suppress because of a model that is monotone in
records (k, distinct ℓ, k-map), a more specific one suppresses too, because classes only shrink as values get
finer. For the same reason a node that suppresses too many people that way rules out every more specific one
(predictive tagging); where nobody may be suppressed, so does a failure of any model that merging cannot
break. A binary search up a path from each visited node finds feasible nodes early (Flash: Kohlmayer et al.
2012). When every open node's bound exceeds the best cost found, that cost is the optimum.

Costs equal to 12 digits are ties: broken by what the caller prefers, then by fewer suppressed records, by the
smaller sum of levels, and by the smaller levels from the first column on. So the answer does not depend on
the order of visits, and a batch of nodes may be counted at once, on one worker or on many.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from tokumei.transforms.recode.anytime import AnytimeSearch
from tokumei.transforms.recode.given import GivenSearch
from tokumei.transforms.recode.lattice import Lattice
from tokumei.transforms.recode.models import PrivacyModel
from tokumei.transforms.recode.objectives.base import Node, NodeCount, Objective
from tokumei.transforms.recode.ranking import TIE, Choice, InfeasibleError, Known, Rank, nearness, rank

MAX_NODES = 4_000_000  # larger lattices are searched by `tokumei.transforms.recode.anytime`
MAX_CHECKS = 20_000  # nodes counted before the search says "best found" instead of "proven": at least this
MAX_TIED = 100  # nodes of equal cost that a preference is asked for
_MAX_TUPLES_READ = 20_000_000_000  # or as many as read so many tuples; minutes, and the same on every machine


class Search(Known):
    """What is known of one lattice: ask it for nodes, tell it their counts."""

    def __init__(self, objective: Objective, models: Sequence[PrivacyModel], allowed: int) -> None:
        super().__init__(objective, models, allowed)
        self._plain = objective.floors((0,) * len(self.top), self.top)
        self._bounds = self._plain.copy()  # of the open nodes; infinite for those visited or ruled out
        self._feasible: set[Node] = set()
        self._path: list[Node] = []
        self._low, self._high = 0, -1

    @property
    def bound(self) -> float:
        """The least that any open node can cost."""
        return float(self._bounds.min())

    def propose(self, n: int) -> list[Node]:
        """Return up to n open nodes to count next; none once the optimum is proven."""
        while self._low <= self._high:
            start, step = self._path[0], self._path[(self._low + self._high) // 2]
            if self._open(start) and self._worse(start):
                break
            if self._open(step):
                return [step, *(node for node in self._most_promising(n) if node != step)][:n]
            self._narrow(step)
        if not (nodes := self._most_promising(n)):
            return []
        self._path = self._path_up(nodes[0])
        self._low, self._high = 0, len(self._path) - 1
        middle = self._path[self._high // 2]
        return [middle, *(node for node in nodes if node != middle)][:n] if self._open(middle) else nodes

    def learn(self, count: NodeCount) -> None:
        """Take in a node's count."""
        self.note(count)
        node = count.node
        below = tuple(slice(0, level + 1) for level in node)
        if self.rules_out(count):
            self._bounds[below] = math.inf
        else:
            np.maximum(self._bounds[below], self.objective.below(count), out=self._bounds[below])
            self._raise_above(node, self.objective.above(count))
            self._bounds[node] = math.inf
        if self.feasible(count):
            self._feasible.add(node)
        if self._low <= self._high and node == self._path[(self._low + self._high) // 2]:
            self._narrow(node)

    def _raise_above(self, node: Node, bound: float) -> None:
        if bound > -math.inf:
            above = tuple(slice(level, None) for level in node)
            np.maximum(self._bounds[above], bound, out=self._bounds[above])

    def _narrow(self, step: Node) -> None:
        middle = (self._low + self._high) // 2
        if step in self._feasible:
            self._high = middle - 1
        else:
            self._low = middle + 1

    def _open(self, node: Node) -> bool:
        return bool(self._bounds[node] < math.inf)

    def _worse(self, node: Node) -> bool:
        return bool(self._bounds[node] > self.cost + TIE * max(1.0, abs(self.cost)))

    def _most_promising(self, n: int) -> list[Node]:
        flat = self._bounds.ravel()
        if n == 1:
            chosen = np.array([np.argmin(flat)])
        else:
            last = np.partition(flat, min(n, flat.size) - 1)[min(n, flat.size) - 1]
            # Of equal ones at the edge the first: which a partition leaves there differs by processor.
            chosen = np.concatenate([np.flatnonzero(flat < last), np.flatnonzero(flat == last)])[:n]
            chosen = chosen[np.lexsort((chosen, flat[chosen]))]
        nodes = [tuple(int(i) for i in np.unravel_index(c, self._bounds.shape)) for c in chosen]
        return [node for node in nodes if self._open(node) and not self._worse(node)]

    def _path_up(self, node: Node) -> list[Node]:
        """Return a chain from ``node`` to the top, always raising the column that costs least."""
        path = [node]
        while True:
            here = path[-1]
            above = [
                (*here[:i], level + 1, *here[i + 1 :])
                for i, level in enumerate(here)
                if level + 1 < self._plain.shape[i]
            ]
            if not above:
                return path
            path.append(min(above, key=lambda n: (self._plain[n], n)))


def find_optimum(
    objective: Objective,
    models: Sequence[PrivacyModel],
    count: Callable[[Node], NodeCount],
    allowed: int,
    *,
    max_checks: int = MAX_CHECKS,
    watch: Callable[[Known], None] = lambda _: None,
    prefer: Callable[[Node], float] | None = None,
) -> Choice:
    """Return the feasible node that costs least, or the best found and how far from it that may be.

    Proven, unless too many nodes had to be counted or the lattice has more than MAX_NODES. A proven search
    has met every feasible node that costs as little.

    Args:
        objective: over the lattice.
        models: what every released class must satisfy.
        count: counts a node.
        allowed: people who may lose a record.
        max_checks: nodes to count at most.
        watch: is told after each count.
        prefer: of the nodes met that cost as little as the best (the first `MAX_TIED` by rank), the one for
            which this is least is taken.

    Raises:
        InfeasibleError: no node was found that suppresses as few people.
    """
    search = (AnytimeSearch if _large(objective) else Search)(objective, models, allowed)
    met: list[Rank] = []
    while search.checked < max_checks and (nodes := search.propose(1)):
        for node in nodes:
            counted = count(node)
            search.learn(counted)
            watch(search)
            if prefer is not None and search.feasible(counted):
                met.append(rank(objective.value(counted), counted))
    choice = conclude(search, count)
    return choice if prefer is None else _preferred(choice, met, prefer, count)


def _preferred(
    choice: Choice, met: Sequence[Rank], prefer: Callable[[Node], float], count: Callable[[Node], NodeCount]
) -> Choice:
    """Return the choice, or one that costs the same and is preferred."""
    cost, *_ = rank(choice.cost, choice.count)
    tied = sorted(at for at in met if at[0] == cost)[:MAX_TIED]
    if len(tied) < 2:
        return choice
    *_, node = min(tied, key=lambda at: (prefer(at[-1]), at))
    return choice if node == choice.node else replace(choice, count=count(node))


def counter(lattice: Lattice, objective: Objective, allowed: int) -> Callable[[Node], NodeCount]:
    """Return what counts nodes of a lattice for `find_optimum`, as far as its search looks at counts."""
    # Of nodes that are ruled out the search over an array looks at nothing, the other one at their classes.
    return lattice.count if _large(objective) else partial(lattice.count_within, allowed)


def _large(objective: Objective) -> bool:
    return math.prod(objective.shape) > MAX_NODES


def affordable_checks(tuples: int) -> int:
    """Return how many nodes to count over a histogram of so many tuples."""
    return max(MAX_CHECKS, _MAX_TUPLES_READ // max(tuples, 1))


def conclude(search: Search | AnytimeSearch | GivenSearch, count: Callable[[Node], NodeCount]) -> Choice:
    """Return the best node found, with what is proven of it.

    Raises:
        InfeasibleError: none was found.
    """
    if search.best is None:
        top = count(search.top)
        closest = search.closest
        raise InfeasibleError(top if closest is None or nearness(top) < nearness(closest) else closest)
    cost = search.objective.value(search.best)
    gap = cost - search.bound
    open_ = gap > TIE * max(1.0, abs(cost))  # of an exhausted search the bound is above the best cost
    return Choice(
        count=search.best,
        cost=cost,
        lattice_nodes=search.nodes,
        nodes_checked=search.checked,
        gap=gap if open_ else 0.0,
    )
