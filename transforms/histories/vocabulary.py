"""The numbers of all facts that lines can give, at every level of their trees.

A kind that looks at one tree alone is numbered by the nodes of the tree. Others are numbered by the tuples
that really occur, found in one reading of the lines.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tokumei.transforms.histories.problem import (
    Buckets,
    FactKind,
    Lines,
    Masks,
    Problem,
    TooManyFactsError,
)

Ints = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]
Levels = tuple[npt.NDArray[np.int8], ...]

_MOST_TUPLES = 20_000_000
_WIDEST = 1 << 62


@dataclass(frozen=True, kw_only=True)
class KindFacts:
    """One kind's facts.

    Attributes:
        fixed: the codes of the undeletable part that occur, ascending; None without one.
        tuples: packed tuples of leaves (and fixed part) that occur, ascending; None where a leaf is the
            tuple.
        leaves: per group, the leaf in each tuple.
        of: shape (combinations of levels, tuples), the fact that a tuple gives; -1 for none.
        values: per group, what each fact of this kind shows of it (node, or what is seen of it).
        first: number of its first fact.
        size: how many facts it has, over all levels.
    """

    fixed: Ints | None
    tuples: Ints | None
    leaves: tuple[Ints, ...]
    of: Numbers
    values: tuple[Ints, ...]
    first: int
    size: int


class Vocabulary:
    """All facts at all levels, numbered from 0 in an order that depends on the trees and tuples alone."""

    def __init__(self, problem: Problem, buckets: Buckets) -> None:
        """Read the lines for the tuples that occur, after a reading for fixed parts, where needed.

        Raises:
            TooManyFactsError: more tuples occur than are kept in memory.
        """
        self._problem = problem
        self._rows = [
            tuple(problem.of_table(kind.table).index(group) for group in kind.groups)
            for kind in problem.kinds
        ]
        self._fixed: list[Ints | None] = [None] * len(problem.kinds)
        self._tuples: list[Ints | None] = [None] * len(problem.kinds)
        fixed = [i for i, kind in enumerate(problem.kinds) if kind.fixed]
        if fixed:
            found = _distinct(buckets, [(i, problem.kinds[i].table) for i in fixed], self._fixed_codes)
            for i in fixed:
                self._fixed[i] = found[i]
        packed = [i for i, kind in enumerate(problem.kinds) if kind.fixed or len(kind.groups) != 1]
        if packed:
            found = _distinct(buckets, [(i, problem.kinds[i].table) for i in packed], self._packed)
            for i in packed:
                self._tuples[i] = found[i]
        self.kinds: list[KindFacts] = []
        for i in range(len(problem.kinds)):
            self.kinds.append(self._number(i, sum(kind.size for kind in self.kinds)))
        self.facts = sum(kind.size for kind in self.kinds)
        self.deletable = np.concatenate(
            [np.zeros(0, bool)]
            + [
                np.full(facts.size, bool(kind.groups))
                for kind, facts in zip(problem.kinds, self.kinds, strict=True)
            ]
        )

    def _fixed_codes(self, i: int, lines: Lines) -> Ints:
        codes = lines.fixed[i]
        return codes[codes >= 0]

    def _packed(self, i: int, lines: Lines) -> Ints:
        code, known = self._pack(i, lines)
        return code[known]

    def _pack(self, i: int, lines: Lines) -> tuple[Ints, Flags]:
        code = np.zeros(len(lines.person), np.int64)
        known = np.ones(len(lines.person), bool)
        width = 1
        codes = self._fixed[i]
        if codes is not None:
            known &= lines.fixed[i] >= 0
            code = np.searchsorted(codes, lines.fixed[i])
            width = max(1, len(codes))
        for group, row in zip(self._problem.kinds[i].groups, self._rows[i], strict=True):
            leaves = self._problem.groups[group].leaves
            width *= max(1, leaves)
            if width > _WIDEST:
                raise TooManyFactsError(width, _WIDEST, 1)
            leaf = lines.leaves[row].astype(np.int64)
            known &= leaf >= 0
            code = code * leaves + leaf
        return code, known

    def _number(self, i: int, first: int) -> KindFacts:
        kind, tuples = self._problem.kinds[i], self._tuples[i]
        groups = [self._problem.groups[group] for group in kind.groups]
        rest = np.arange(groups[0].leaves) if tuples is None else tuples
        leaves: list[Ints] = []
        for group in reversed(groups):
            leaves.insert(0, rest % group.leaves)
            rest = rest // group.leaves
        tables, sizes = shown_by(self._problem, kind)
        combinations = list(itertools.product(*(range(group.levels) for group in groups)))
        packed = np.empty((len(combinations), len(rest)), np.int64)
        for out, levels in zip(packed, combinations, strict=True):
            out[:] = rest
            known = np.ones(len(rest), bool)
            for group, level, leaf, shows, size in zip(groups, levels, leaves, tables, sizes, strict=True):
                value = shows[group.chain[level, leaf]]
                known &= value >= 0
                out[:] = out * size + value
            out[~known] = -1
        distinct = np.unique(packed)
        distinct = distinct[distinct >= 0]
        of = np.where(packed >= 0, np.searchsorted(distinct, packed) + first, -1).astype(np.int32)
        values: list[Ints] = []
        left = distinct
        for size in reversed(sizes):
            values.insert(0, left % size)
            left = left // size
        return KindFacts(
            fixed=self._fixed[i],
            tuples=tuples,
            leaves=tuple(leaves),
            of=of,
            values=tuple(values),
            first=first,
            size=len(distinct),
        )

    def tuples_of(self, i: int, lines: Lines, masks: Masks | None) -> Ints:
        """Return the tuple of kind `i` that each line gives, -1 where a part is blank or the line gone."""
        tuples = self._tuples[i]
        if tuples is None:
            tuple_ = lines.leaves[self._rows[i][0]].astype(np.int64)
            known = tuple_ >= 0
        else:
            code, known = self._pack(i, lines)
            tuple_ = np.searchsorted(tuples, code)
        if masks is not None:
            for row in self._rows[i]:
                known &= (masks >> np.uint32(row)) & np.uint32(1) == 0
        return np.where(known, tuple_, -1)

    def at(self, levels: Levels) -> list[list[Numbers]]:
        """Return, per kind, a row: the fact that each tuple gives at the leaves' levels; last: -1."""
        found = []
        for kind, facts in zip(self._problem.kinds, self.kinds, strict=True):
            combination: Ints = np.zeros(facts.of.shape[1], np.int64)
            for group, leaf in zip(kind.groups, facts.leaves, strict=True):
                combination = combination * self._problem.groups[group].levels + levels[group][leaf]
            number = facts.of[combination, np.arange(facts.of.shape[1])]
            found.append([np.append(number, np.int32(-1))])
        return found

    def from_levels(self, floor: Sequence[int]) -> list[list[Numbers]]:
        """Return, per kind, rows: the facts that each tuple gives at the levels from `floor` up; last: -1."""
        found = []
        for kind, facts in zip(self._problem.kinds, self.kinds, strict=True):
            combinations = itertools.product(*(range(self._problem.groups[g].levels) for g in kind.groups))
            rows = [
                np.append(row, np.int32(-1))
                for row, levels in zip(facts.of, combinations, strict=True)
                if all(level >= floor[group] for level, group in zip(levels, kind.groups, strict=True))
            ]
            found.append(_different(rows))
        return found


def nested(problem: Problem) -> bool:
    """Return whether a fact, where it is released at all, is so for everybody below it, under every cut.

    It is where facts see nodes, or the first columns of a joint tree: what is seen begins at the leaves or at
        one
    node, and ends at one node. It is not where facts see the last columns alone: an item may keep months
    where another has quarters.
    """
    return all(
        seen is None or _begins_and_ends_once(problem.groups[group].chain, seen)
        for kind in problem.kinds
        for group, seen in zip(kind.groups, kind.seen, strict=True)
    )


def _begins_and_ends_once(chain: Numbers, seen: Numbers) -> bool:
    shown = seen[chain]
    begins, ends = [np.zeros((2, 0), np.int64)], [np.zeros((2, 0), np.int64)]
    for low, high, node in zip(shown, shown[1:], chain[1:], strict=False):
        change = low != high
        begins.append(np.stack([high, node])[:, change & (high >= 0)])
        ends.append(np.stack([low, node])[:, change & (low >= 0)])
    first, last = (np.unique(np.concatenate(some, axis=1), axis=1) for some in (begins, ends))
    return not (
        len(np.unique(first[0])) < first.shape[1]
        or len(np.unique(last[0])) < last.shape[1]
        or np.isin(first[0], shown[0]).any()
    )


def shown_by(problem: Problem, kind: FactKind) -> tuple[list[Ints], list[int]]:
    """Return, per group of a kind, what it shows of each node (-1: nothing), and how many values."""
    tables = [
        np.arange(problem.groups[group].nodes) if seen is None else seen.astype(np.int64)
        for group, seen in zip(kind.groups, kind.seen, strict=True)
    ]
    return tables, [int(table.max(initial=0)) + 1 for table in tables]


def _different(rows: Sequence[Numbers]) -> list[Numbers]:
    """Return the rows without those equal to one before."""
    out: list[Numbers] = []
    for row in rows:
        if not any(np.array_equal(row, other) for other in out):
            out.append(row)
    return out


def _distinct(buckets: Buckets, wanted, codes) -> dict[int, Ints]:  # type: ignore[no-untyped-def]
    found: dict[int, Ints] = {i: np.zeros(0, np.int64) for i, _ in wanted}
    for bucket in buckets():
        for i, table in wanted:
            found[i] = np.union1d(found[i], codes(i, bucket.lines[table]))
            if len(found[i]) > _MOST_TUPLES:
                raise TooManyFactsError(len(found[i]), _MOST_TUPLES, 1)
    return found
