"""The search of lattices too large for an array: the best node found, and how far from the optimum it may be.

The bound: raise all columns but a few to the top. Classes only merge, so where such a node suppresses too
many people because of a model that is monotone in records, so does every node with the same few levels. For
disjoint groups of columns the cheapest levels that are not ruled out in this way are found best first; put
together they cost no more than any feasible node (additive pattern databases: Korf & Felner 2002).

The best node: a binary search up a path (Flash: Kohlmayer et al. 2012), then columns are lowered one by one
while that costs less. From every node found so, best first, each column is moved and held, and the same is
done again with the others.

Deterministic: the budget is a number of counted nodes, never time.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Generator, Iterator, Sequence

import numpy as np

from tokumei.transforms.recode.models import PrivacyModel
from tokumei.transforms.recode.objectives.base import Node, NodeCount, Objective
from tokumei.transforms.recode.ranking import TIE, Known, Rank, rank

BUDGET = 4_000  # nodes counted in all
_FOR_BEST = 0.4  # share of the budget after which only the bound is improved
_GROUP_NODES = (1_000, 30_000, 1_000_000)  # sizes of the groups, in nodes


class AnytimeSearch(Known):
    """What is known of one large lattice; asked and told as `tokumei.transforms.recode.search.Search` is.

    Attributes:
        bound: no feasible node costs less.
    """

    def __init__(
        self, objective: Objective, models: Sequence[PrivacyModel], allowed: int, budget: int = BUDGET
    ) -> None:
        super().__init__(objective, models, allowed)
        self.bound = objective.floor((0,) * len(self.top))
        self._budget = budget
        self._low: Node = (0,) * len(self.top)  # per column, the lowest level that is not ruled out
        self._counted: dict[Node, NodeCount] = {}
        self._ruled_out, self._possible = _Nodes(len(self.top)), _Nodes(len(self.top))
        self._steps = self._run()
        self._next: Node | None = next(self._steps)

    def propose(self, n: int) -> list[Node]:
        """Return the node to count next; none once the budget is spent or nothing is left to try."""
        return [] if self._next is None or self.checked >= self._budget else [self._next][:n]

    def learn(self, count: NodeCount) -> None:
        """Take in the count of the proposed node."""
        self.note(count)
        self._counted[count.node] = count
        (self._ruled_out if self.rules_out(count) else self._possible).add(count.node)
        self._next = next(self._steps, None)

    def _run(self) -> Iterator[Node]:
        yield self.top
        if self._below_ruled_out(self.top):
            return
        yield from self._lowest_levels()
        self.bound = self.objective.floor(self._low)
        meet = yield from self._count(self._low)  # every feasible node is this one or more general
        if meet is not None:
            here = self.objective.value(meet) if self.feasible(meet) else math.inf
            self.bound = max(self.bound, min(self.objective.above(meet), here))
        yield from self._improve()
        yield from self._raise_bound()

    def _lowest_levels(self) -> Iterator[Node]:
        low = []
        for i, top in enumerate(self.top):
            first, last = 0, top
            while first < last:
                middle = (first + last) // 2
                node = (*self.top[:i], middle, *self.top[i + 1 :])
                yield from self._count(node)
                first, last = (middle + 1, last) if self._below_ruled_out(node) else (first, middle)
            low.append(first)
        self._low = tuple(low)

    def _improve(self) -> Iterator[Node]:
        """Visit nodes from which lowering any column gains nothing, best first."""
        found = yield from self._settle(self._low, ())
        heap, seen = [found] if found else [], {found}
        while heap:
            _, node = heapq.heappop(heap)
            for by, column in itertools.product((1, -1), range(len(node))):
                if not self._low[column] <= node[column] + by <= self.top[column]:
                    continue
                if self.checked >= self._budget * _FOR_BEST:
                    return
                found = yield from self._settle(_moved(node, column, by), [column])
                if found and found not in seen:
                    seen.add(found)
                    heapq.heappush(heap, found)

    def _settle(self, node: Node, held: Sequence[int]) -> Generator[Node, None, tuple[Rank, Node] | None]:
        """Raise columns until the node is feasible, then lower them while that costs less; some are held."""
        path = self._path_up(node, held)
        first, last = 0, len(path)
        while first < last:
            middle = (first + last) // 2
            count = yield from self._count(path[middle])
            feasible = count is not None and self.feasible(count)
            first, last = (first, middle) if feasible else (middle + 1, last)
        return None if first == len(path) else (yield from self._descend(self._counted[path[first]], held))

    def _descend(self, count: NodeCount, held: Sequence[int]) -> Generator[Node, None, tuple[Rank, Node]]:
        at, node = rank(self.objective.value(count), count), count.node
        closed = set(held)
        while True:
            options = [
                (self.objective.floor(_moved(node, i, -1)), i)
                for i, level in enumerate(node)
                if level > self._low[i] and i not in closed
            ]
            if not options:
                return at, node
            _, column = min(options)
            lower = yield from self._count(_moved(node, column, -1))
            closed.add(column)
            if lower is not None and self.feasible(lower):
                reached = rank(self.objective.value(lower), lower)
                if reached < at:
                    at, node = reached, lower.node
                    closed.remove(column)

    def _raise_bound(self) -> Iterator[Node]:
        """Find the cheapest possible levels of ever larger groups of columns."""
        for number, size in enumerate(_GROUP_NODES):
            if self.rank[0] <= self.bound + TIE * max(1.0, abs(self.bound)):
                return
            groups = self._groups(size)
            until = self.checked + (self._budget - self.checked) // (len(_GROUP_NODES) - number)
            together = list(self._low)
            for left, group in zip(range(len(groups), 0, -1), groups, strict=True):
                cheapest = yield from self._cheapest(group, self.checked + (until - self.checked) // left)
                for i in group:
                    together[i] = cheapest[i]
            self.bound = max(self.bound, self.objective.floor(tuple(together)))

    def _groups(self, size: int) -> list[list[int]]:
        """Part the columns into groups of at most so many nodes; those that tell most apart go together."""
        ladders, nodes = self.objective.ladders, 1
        groups: list[list[int]] = [[]]
        for i in sorted(range(len(ladders)), key=lambda i: -len(ladders[i].labels[self._low[i]])):
            levels = self.top[i] - self._low[i] + 1
            if groups[-1] and nodes * levels > size:
                groups.append([])
                nodes = 1
            groups[-1].append(i)
            nodes *= levels
        return groups[::-1]  # the last, largest one takes what budget the others leave

    def _cheapest(self, group: Sequence[int], until: int) -> Generator[Node, None, Node]:
        """Return the cheapest levels of a group that are not ruled out; cheaper ones if the budget ends."""
        low = self._low
        high = tuple(top if i in group else n for i, (n, top) in enumerate(zip(low, self.top, strict=True)))
        costs = self.objective.floors(low, high)
        rest = [i for i in range(len(low)) if i not in group]

        def raised(node: Node) -> Node:
            return tuple(
                n if i in group else top for i, (n, top) in enumerate(zip(node, self.top, strict=True))
            )

        def rule_out(node: Node) -> None:
            # A lower node is ruled out with this one; its columns outside the group are at the top.
            if all(node[i] == self.top[i] for i in rest):
                below = (slice(0, max(node[i] - low[i] + 1, 0) if i in group else 1) for i in range(len(low)))
                costs[tuple(below)] = math.inf

        for node in self._ruled_out:
            rule_out(node)
        while True:
            place = np.unravel_index(int(np.argmin(costs)), costs.shape)
            node = tuple(int(p) + n for p, n in zip(place, low, strict=True))
            if self._possible.any_below(raised(node)) or self.checked >= until:
                return node
            path = [raised(above) for above in self._path_up(node, rest)]
            first, last = 0, len(path) - 1
            while first < last:
                middle = (first + last) // 2
                yield from self._count(path[middle])
                if self._below_ruled_out(path[middle]):
                    rule_out(path[middle])
                    first = middle + 1
                else:
                    last = middle

    def _count(self, node: Node) -> Generator[Node, None, NodeCount | None]:
        """Return the node's count, or None where it is known to be infeasible without counting it."""
        if node not in self._counted and not self._below_ruled_out(node):
            yield node
        return self._counted.get(node)

    def _below_ruled_out(self, node: Node) -> bool:
        return self._ruled_out.any_above(node)

    def _path_up(self, node: Node, held: Sequence[int]) -> list[Node]:
        """Return a chain from ``node`` upwards, always raising the column that costs least; some are held."""
        path = [node]
        while True:
            here = path[-1]
            above = [
                _moved(here, i, 1) for i, level in enumerate(here) if i not in held and level < self.top[i]
            ]
            if not above:
                return path
            path.append(min(above, key=lambda n: (self.objective.floor(n), n)))


class _Nodes:
    """Nodes, asked whether one of them is more general or more specific than another."""

    def __init__(self, columns: int) -> None:
        self._levels = np.empty((64, columns), dtype=np.int16)
        self._size = 0

    def add(self, node: Node) -> None:
        if self._size == len(self._levels):
            self._levels = np.concatenate([self._levels, np.empty_like(self._levels)])
        self._levels[self._size] = node
        self._size += 1

    def __iter__(self) -> Iterator[Node]:
        return (tuple(levels) for levels in self._levels[: self._size].tolist())

    def any_above(self, node: Node) -> bool:
        return bool((self._levels[: self._size] >= np.array(node)).all(axis=1).any())

    def any_below(self, node: Node) -> bool:
        return bool((self._levels[: self._size] <= np.array(node)).all(axis=1).any())


def _moved(node: Node, column: int, by: int) -> Node:
    return (*node[:column], node[column] + by, *node[column + 1 :])
