"""Choosing a cut through the trees: what generalizing saves in deletions, against the detail that it takes.

Counts of all nodes of all levels, and of all their pairs, judge any cut without reading a line: the pairs of its
nodes that too few share are what would have to be deleted. A pair is charged to the fact that fewer people hold; what
a fact is charged with, times an `eagerness` (deletions make other pairs rare), is at most the people who hold it.
From a level for all, every subtree is set to every level below its root as long as that gains anything.

Costs are whole numbers, so that every machine chooses the same. Source of the greedy that this extends: Terrovitis,
Mamoulis, Kalnis, VLDB 2008 (global recoding along a hierarchy).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tokumei.transforms.histories.treatment import Ground
from tokumei.transforms.histories.vocabulary import Flags, Ints, Levels

_FINE = 1 << 16
_SWEEPS = 12


@dataclass(frozen=True)
class Move:
    """Releasing all leaves below a node at one level, at most that of the node."""

    group: int
    leaves: Ints
    level: int


class Search:
    """Finds cuts for one ground; `cut` from a level for all and an eagerness."""

    def __init__(self, ground: Ground, floor: Sequence[int]) -> None:
        """Prepare; `floor`: the finest level that may be chosen, by group."""
        self._ground, self._problem = ground, ground.problem
        table, common = ground.counted.table, ground.counted.common
        people, vocabulary = ground.counted.ones, ground.vocabulary
        self._people = people
        self._rare: npt.NDArray[np.unsignedinteger] = np.zeros((len(common), len(common)), np.uint8)
        if table.pairs:
            kind = np.uint8 if self._problem.k <= 256 else np.uint16
            pairs = table.pairs[0]
            self._rare = np.where(pairs < self._problem.k, pairs, 0).astype(kind)
            np.fill_diagonal(self._rare, 0)
        order = np.lexsort((common, people[common], ~vocabulary.deletable[common]))
        self._order = np.empty(len(common), np.int64)
        self._order[order] = np.arange(len(common))
        self._place = np.full(vocabulary.facts, -1, np.int64)
        self._place[common] = np.arange(len(common))
        self._common = common
        self._weight = self._weights()
        self._moves = [move for group in range(len(self._problem.groups)) for move in self._moves_of(group, floor)]

    def _weights(self) -> Ints:
        """Return what deleting a fact of one person loses: its lines, less what its level has lost already."""
        counted = self._ground.counted
        each = counted.lines * _FINE // np.maximum(1, counted.ones)
        for kind, facts in zip(self._problem.kinds, self._ground.vocabulary.kinds, strict=True):
            if len(kind.groups) == 1 and kind.seen[0] is None:
                group = self._problem.groups[kind.groups[0]]
                left = group.domain - group.weights()[facts.values[0]]
                span = slice(facts.first, facts.first + facts.size)
                each[span] = each[span] * left // group.domain
        return each

    def _moves_of(self, number: int, floor: Sequence[int]) -> list[Move]:
        group = self._problem.groups[number]
        moves = []
        for level in range(floor[number], group.levels):
            node = group.chain[level]
            order = np.argsort(node, kind="stable")
            for leaves in np.split(order, np.flatnonzero(np.diff(node[order])) + 1):
                moves += [Move(number, leaves, target) for target in range(floor[number], level + 1)]
        return moves

    def cut(self, start: Levels, eagerness: tuple[int, int]) -> Levels:
        """Return the cut reached from `start`; eagerness as a fraction (above, below)."""
        levels = tuple(level.copy() for level in start)
        released = self._released(levels)
        charged = self._charged(np.flatnonzero(released))
        for _ in range(_SWEEPS):
            gains = [self._try(levels, released, charged, move, eagerness)[0] for move in self._moves]
            changed = False
            for i in np.argsort(gains, kind="stable"):
                if gains[i] >= 0:
                    break
                gain, now, new = self._try(levels, released, charged, self._moves[i], eagerness)
                if gain < 0:
                    levels[self._moves[i].group][self._moves[i].leaves] = self._moves[i].level
                    released, charged, changed = now, new, True
            if not changed:
                break
        return levels

    def _released(self, levels: Levels) -> Flags:
        nodes = self._nodes(levels)
        return np.concatenate(
            [np.zeros(0, bool)]
            + [self._ground.vocabulary.shown(kind, nodes) for kind in range(len(self._problem.kinds))]
        )

    def _nodes(self, levels: Levels) -> list[Flags]:
        out = []
        for group, level in zip(self._problem.groups, levels, strict=True):
            active = np.zeros(group.nodes, bool)
            active[group.chain[level, np.arange(group.leaves)]] = True
            out.append(active)
        return out

    def _charged(self, facts: Ints) -> Ints:
        """Return, for every fact of the vocabulary, the rare pairs' people that it is charged with among `facts`."""
        out = np.zeros(len(self._people), np.int64)
        at = self._place[facts]
        at = at[at >= 0]
        out[self._common[at]] = self._charge(at, at)
        return out

    def _charge(self, of: Ints, among: Ints) -> Ints:
        above = self._order[among][None] > self._order[of][:, None]
        return (self._rare[np.ix_(of, among)] * above).sum(axis=1, dtype=np.int64)

    def _try(
        self, levels: Levels, released: Flags, charged: Ints, move: Move, eagerness: tuple[int, int]
    ) -> tuple[int, Flags, Ints]:
        """Return the change of cost that a move makes (negative: better), with the state after it."""
        group = self._problem.groups[move.group]
        level = levels[move.group]
        own = level[move.leaves]
        if (own == move.level).all():
            return 0, released, charged
        root = int(own.max())
        if len(move.leaves) < group.leaves and root > move.level:
            # Only whole nodes are set to another level: a node above this one that is released stays.
            node = group.chain[root, move.leaves[own == root]]
            if np.isin(group.chain[root], node).sum() > np.isin(group.chain[root][move.leaves], node).sum():
                return 0, released, charged
        after = tuple(one if i != move.group else one.copy() for i, one in enumerate(levels))
        after[move.group][move.leaves] = move.level
        now = self._released(after)
        gone, come = np.flatnonzero(released & ~now), np.flatnonzero(now & ~released)
        if not len(gone) and not len(come):
            return 0, released, charged
        stay = np.flatnonzero(released & now)
        cost = self._generalized(move.group, after[move.group], move.leaves)
        cost -= self._generalized(move.group, level, move.leaves)
        new = self._recharged(charged, stay, gone, come)
        cost += self._deleted(np.concatenate([stay, come]), new, eagerness)
        cost -= self._deleted(np.concatenate([stay, gone]), charged, eagerness)
        return cost, now, new

    def _recharged(self, charged: Ints, stay: Ints, gone: Ints, come: Ints) -> Ints:
        new = charged.copy()
        new[gone] = 0
        places = [self._place[facts] for facts in (stay, gone, come)]
        stay_, gone_, come_ = (place[place >= 0] for place in places)
        at = self._common[stay_]
        new[at] += self._charge(stay_, come_) - self._charge(stay_, gone_)
        new[self._common[come_]] = self._charge(come_, np.concatenate([stay_, come_]))
        return new

    def _generalized(self, number: int, level: npt.NDArray[np.int8], leaves: Ints) -> int:
        group = self._problem.groups[number]
        lost = group.weights()[group.chain[level[leaves], leaves]] * _FINE // group.domain
        return int((self._ground.standing.leaves[number][leaves] * lost).sum())

    def _deleted(self, facts: Ints, charged: Ints, eagerness: tuple[int, int]) -> int:
        above, below = eagerness
        people = self._people[facts]
        guess = np.minimum(people, charged[facts] * above // below)
        return int((np.where(self._ground.counted.bad[facts], people, guess) * self._weight[facts]).sum())
