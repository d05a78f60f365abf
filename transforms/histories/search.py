"""Choosing a cut through the trees: what generalizing saves in deletions, against the detail that it takes.

Counts of all nodes of all levels, and of all their pairs, judge any cut without reading a line: the pairs of
its nodes that too few share are what would have to be deleted. A pair is charged to the fact that fewer
people hold; what a fact is charged with, times an `eagerness` (deletions make other pairs rare), is at most
the people who hold it. From a level for all, every subtree is set to every level below its root as long as
that gains anything.

Costs are whole numbers, so that every machine chooses the same. Source of the greedy that this extends:
Terrovitis, Mamoulis, Kalnis, VLDB 2008 (global recoding along a hierarchy).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tokumei.transforms.histories.deletion import Ground
from tokumei.transforms.histories.released import Released
from tokumei.transforms.histories.vocabulary import Ints, Levels

Eagerness = tuple[int, int]

_FINE = 1 << 16
_SWEEPS = 12


@dataclass(frozen=True)
class Move:
    """Releasing all leaves below a node of one level at another level, at most that one."""

    group: int
    leaves: Ints
    root: int
    level: int


class CutSearch:
    """Finds cuts for one ground."""

    def __init__(self, ground: Ground, floor: Sequence[int]) -> None:
        """Prepare; `floor`: the finest level that may be chosen, by group."""
        self._ground, self._problem = ground, ground.problem
        common, people = ground.counted.common, ground.counted.ones
        self._people, self._bad, self._common = people, ground.counted.bad, common
        self._rare = _rare(ground)
        # A pair is charged to the fact that comes first: what can be deleted, then what fewer people hold.
        self._order = np.empty(len(common), np.int64)
        first = np.lexsort((common, people[common], ~ground.vocabulary.deletable[common]))
        self._order[first] = np.arange(len(common))
        self._place = np.full(ground.vocabulary.facts, -1, np.int64)
        self._place[common] = np.arange(len(common))
        self._weight = _weights(ground)
        self._moves = [
            move for group in range(len(self._problem.groups)) for move in self._moves_of(group, floor[group])
        ]

    def _moves_of(self, number: int, floor: int) -> Iterator[Move]:
        group = self._problem.groups[number]
        for level in range(floor, group.levels if group.leaves else 0):  # all of it may be blank
            node = group.chain[level]
            order = np.argsort(node, kind="stable")
            for leaves in np.split(order, np.flatnonzero(np.diff(node[order])) + 1) if len(order) else ():
                for target in range(floor, level + 1):
                    yield Move(number, leaves, level, target)

    def cut(self, start: Levels, eagerness: Eagerness) -> Levels:
        """Return the cut reached from `start`; eagerness as a fraction (above, below)."""
        state = _State(self, start, eagerness)
        for _ in range(_SWEEPS):
            changed = False
            for _, move in self._ranked(state, 0):
                if state.gain(move) < 0:
                    state.make(move)
                    changed = True
            if not changed:
                break
        return state.levels

    def around(self, levels: Levels, eagerness: Eagerness, most: int) -> list[Levels]:
        """Return the cuts one move away, the most promising first."""
        state = _State(self, levels, eagerness)
        out = []
        for _, move in self._ranked(state, None)[:most]:
            after = [level.copy() for level in levels]
            after[move.group][move.leaves] = move.level
            out.append(tuple(after))
        return out

    def _ranked(self, state: _State, below: int | None) -> list[tuple[int, Move]]:
        gains = [(state.gain(move), i) for i, move in enumerate(self._moves) if state.allows(move)]
        return [(gain, self._moves[i]) for gain, i in sorted(gains) if below is None or gain < below]


class _State:
    """A cut with what each released fact is charged with."""

    def __init__(self, search: CutSearch, levels: Levels, eagerness: Eagerness) -> None:
        self.levels = tuple(level.copy() for level in levels)
        self._search, self._eagerness = search, eagerness
        self._released = Released(search._problem, search._ground.vocabulary, self.levels)
        facts = self._released.facts()
        self._at = search._place[facts[search._place[facts] >= 0]]
        self._charged = np.zeros(len(search._common), np.int64)
        self._charged[self._at] = self._charge(self._at, self._at)

    def allows(self, move: Move) -> bool:
        """Return whether the node of a move is released, or above what is, and the move changes anything."""
        level = self.levels[move.group]
        return bool(level[move.leaves[0]] <= move.root) and bool((level[move.leaves] != move.level).any())

    def gain(self, move: Move) -> int:
        """Return the change of cost that a move makes: negative is better."""
        gone, come = self._released.change(move.group, move.leaves, self.levels[move.group], move.level)
        if not len(gone) and not len(come):
            return 0
        stay, out, new, charged, fresh = self._after(gone, come)
        search = self._search
        cost = self._detail(move)
        cost += self._deleted(search._common[stay], charged) - self._deleted(
            search._common[stay], self._charged[stay]
        )
        cost += self._deleted(search._common[new], fresh) - self._deleted(
            search._common[out], self._charged[out]
        )
        return cost + self._alone(come) - self._alone(gone)

    def make(self, move: Move) -> None:
        """Make a move."""
        gone, come = self._released.change(move.group, move.leaves, self.levels[move.group], move.level)
        stay, out, new, charged, fresh = self._after(gone, come)
        self._charged[stay] = charged
        self._charged[out] = 0
        self._charged[new] = fresh
        self._at = np.concatenate([stay, new])
        self._released.move(move.group, move.leaves, self.levels[move.group], move.level)
        self.levels[move.group][move.leaves] = move.level

    def _after(self, gone: Ints, come: Ints) -> tuple[Ints, Ints, Ints, Ints, Ints]:
        place = self._search._place
        out, new = place[gone], place[come]
        out, new = out[out >= 0], new[new >= 0]
        stay = self._at if not len(out) else self._at[~np.isin(self._at, out)]
        charged = self._charged[stay]
        if len(self._search._rare):
            charged = charged + self._charge(stay, new) - self._charge(stay, out)
        return stay, out, new, charged, self._charge(new, np.concatenate([stay, new]))

    def _charge(self, of: Ints, among: Ints) -> Ints:
        search = self._search
        if not len(search._rare):
            return np.zeros(len(of), np.int64)
        above = search._order[among][None] > search._order[of][:, None]
        charged: Ints = np.einsum("ij,ij->i", search._rare[np.ix_(of, among)], above, dtype=np.int64)
        return charged

    def _detail(self, move: Move) -> int:
        group = self._search._problem.groups[move.group]
        leaves, weights = move.leaves, self._search._ground.problem.groups[move.group].weights()
        before = weights[group.chain[self.levels[move.group][leaves], leaves]] * _FINE // group.domain
        after = weights[group.chain[move.level, leaves]] * _FINE // group.domain
        return int((self._search._ground.present.leaves[move.group][leaves] * (after - before)).sum())

    def _deleted(self, facts: Ints, charged: Ints) -> int:
        above, below = self._eagerness
        guess = np.minimum(self._search._people[facts], charged * above // below)
        return int((guess * self._search._weight[facts]).sum())

    def _alone(self, facts: Ints) -> int:
        bad = facts[self._search._bad[facts]]
        return int((self._search._people[bad] * self._search._weight[bad]).sum())


def _rare(ground: Ground) -> npt.NDArray[np.unsignedinteger]:
    """Return, for pairs that too few hold, how many people hold them; 0 for others."""
    table, k = ground.counted.table, ground.problem.k
    if not table.pairs:
        return np.zeros((0, 0), np.uint8)
    kind: type[np.unsignedinteger] = np.uint8 if k <= 256 else np.uint16
    rare = np.where(table.pairs[0] < k, table.pairs[0], 0).astype(kind)
    np.fill_diagonal(rare, 0)
    return rare


def _weights(ground: Ground) -> Ints:
    """Return what deleting a fact of one person loses: its lines, less what its level has lost already.

    Where lines are deleted, all of their cells are lost.
    """
    counted, problem = ground.counted, ground.problem
    each = counted.lines * _FINE // np.maximum(1, counted.ones)
    for kind, facts in zip(problem.kinds, ground.vocabulary.kinds, strict=True):
        if len(kind.groups) == 1 and kind.seen[0] is None:
            group = problem.groups[kind.groups[0]]
            left = group.domain - group.weights()[facts.values[0]]
            span = slice(facts.first, facts.first + facts.size)
            each[span] = each[span] * left // group.domain
        if kind.delete == "line":
            each[facts.first : facts.first + facts.size] *= len(problem.of_table(kind.table))
    return each
