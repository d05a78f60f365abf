"""Which facts can occur under a cut, kept up to date while subtrees are set to other levels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tokumei.transforms.histories.problem import Problem
from tokumei.transforms.histories.vocabulary import Ints, Levels, Vocabulary, shown_by


@dataclass(frozen=True, kw_only=True)
class _Part:
    """What the facts of one kind show of one group.

    Attributes:
        kind: position of the kind.
        shows: per node of the group what is shown of it, -1 for nothing.
        values: per fact of the kind what it shows.
        order, ends: facts by what they show: order[ends[v]:ends[v + 1]] show v.
        nodes: per value, how many released nodes show it; changes.
    """

    kind: int
    shows: Ints
    values: Ints
    order: Ints
    ends: Ints
    nodes: Ints


class Released:
    """The facts that can occur, under levels that change."""

    def __init__(self, problem: Problem, vocabulary: Vocabulary, levels: Levels) -> None:
        """Begin with these levels."""
        self._problem, self._vocabulary = problem, vocabulary
        self._parts: list[list[_Part]] = [[] for _ in problem.groups]
        self._of_kind: list[list[_Part]] = []
        for i, (kind, facts) in enumerate(zip(problem.kinds, vocabulary.kinds, strict=True)):
            parts = []
            shows, sizes = shown_by(problem, kind)
            for group, values, table, size in zip(kind.groups, facts.values, shows, sizes, strict=True):
                order = np.argsort(values, kind="stable")
                ends = np.searchsorted(values[order], np.arange(size + 1))
                part = _Part(
                    kind=i,
                    shows=table,
                    values=values,
                    order=order,
                    ends=ends,
                    nodes=np.zeros(size, np.int64),
                )
                parts.append(part)
                self._parts[group].append(part)
            self._of_kind.append(parts)
        for number, (group_, level) in enumerate(zip(problem.groups, levels, strict=True)):
            nodes = np.unique(group_.chain[level, np.arange(group_.leaves)])
            for part in self._parts[number]:
                _count(part, nodes, 1, part.nodes)

    def facts(self) -> Ints:
        """Return the facts that can occur, ascending."""
        out = [np.zeros(0, np.int64)]
        for facts, parts in zip(self._vocabulary.kinds, self._of_kind, strict=True):
            can = np.ones(facts.size, bool)
            for part in parts:
                can &= part.nodes[part.values] > 0
            out.append(np.flatnonzero(can) + facts.first)
        return np.concatenate(out)

    def change(self, group: int, leaves: Ints, level: npt.NDArray[np.int8], target: int) -> tuple[Ints, Ints]:
        """Return the facts that no longer occur, and those that then can, if leaves are set to a level."""
        gone, come = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        old, new = self._nodes(group, leaves, level, target)
        for part in self._parts[group]:
            after = part.nodes.copy()
            touched = np.union1d(_count(part, old, -1, after), _count(part, new, 1, after))
            touched = touched[(after[touched] > 0) != (part.nodes[touched] > 0)]
            for facts, wanted in ((gone, touched[after[touched] == 0]), (come, touched[after[touched] > 0])):
                facts.append(self._with(part, wanted))
        return np.concatenate(gone), np.concatenate(come)

    def move(self, group: int, leaves: Ints, level: npt.NDArray[np.int8], target: int) -> None:
        """Set leaves to a level."""
        old, new = self._nodes(group, leaves, level, target)
        for part in self._parts[group]:
            _count(part, old, -1, part.nodes)
            _count(part, new, 1, part.nodes)

    def _nodes(
        self, group: int, leaves: Ints, level: npt.NDArray[np.int8], target: int
    ) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
        chain = self._problem.groups[group].chain
        return np.unique(chain[level[leaves], leaves]), np.unique(chain[target, leaves])

    def _with(self, part: _Part, values: Ints) -> Ints:
        """Return the facts that show one of these values of a part, and of the others what is released."""
        if not len(values):
            return values
        facts = np.concatenate([part.order[part.ends[value] : part.ends[value + 1]] for value in values])
        for other in self._of_kind[part.kind]:
            if other is not part:
                facts = facts[other.nodes[other.values[facts]] > 0]
        return facts + self._vocabulary.kinds[part.kind].first


def _count(part: _Part, nodes: npt.NDArray[np.int32], step: int, into: Ints) -> Ints:
    """Count released nodes by what they show; return the values touched."""
    values = part.shows[nodes]
    values = values[values >= 0]
    np.add.at(into, values, step)
    return np.unique(values)
