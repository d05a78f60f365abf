"""Reading all buckets: what stands in them, and people by fact and pair of facts under given slots."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from tokumei.transforms.histories.held import Slots, TableMasks, given, held, sensitive_rows
from tokumei.transforms.histories.problem import DROPPED, Bucket, Buckets, Codes, Masks, Problem
from tokumei.transforms.histories.sets import Triples
from tokumei.transforms.histories.table import Table, most_facts
from tokumei.transforms.histories.vocabulary import Flags, Ints, Vocabulary


@dataclass(frozen=True)
class Blanks:
    """Lines of one table of one bucket in which something is blanked: positions ascending, and their masks.

    Bit i of a mask is the i-th group of the table; DROPPED means that the whole line goes.
    """

    line: Codes
    mask: Masks

    def dense(self, lines: int) -> Masks | None:
        """Return a mask for each line, None where nothing is blanked."""
        if not len(self.line):
            return None
        out = np.zeros(lines, np.uint32)
        out[self.line] = self.mask
        return out


def sparse(mask: Masks | None) -> Blanks:
    """Return what a dense mask blanks."""
    if mask is None:
        return Blanks(np.zeros(0, np.int32), np.zeros(0, np.uint32))
    line = np.flatnonzero(mask)
    return Blanks(line.astype(np.int32), mask[line])


Blanked = list[tuple[Blanks, ...]]


def dense(bucket: Bucket, blanked: Blanked | None, number: int) -> TableMasks:
    """Return the masks of a bucket's lines, by table."""
    if blanked is None:
        return [None] * len(bucket.lines)
    return [
        blanks.dense(len(lines.person)) for blanks, lines in zip(blanked[number], bucket.lines, strict=True)
    ]


def bits(problem: Problem, table: int, lines_mask: Masks | None, leaves: Codes) -> Iterator[tuple[int, Flags]]:
    """Yield (group, cells of it that are there and not blanked)."""
    for row, group in enumerate(problem.of_table(table)):
        there = leaves[row] >= 0
        if lines_mask is not None:
            there = there & ((lines_mask >> np.uint32(row)) & np.uint32(1) == 0) & (lines_mask != DROPPED)
        yield group, there


@dataclass(frozen=True)
class Standing:
    """What stands in the lines: occurrences by leaf for each group, lines and people with at least one."""

    leaves: tuple[Ints, ...]
    lines: int
    people: int


def standing(problem: Problem, buckets: Buckets, blanked: Blanked | None) -> Standing:
    """Count what stands in the lines."""
    leaves = [np.zeros(group.leaves, np.int64) for group in problem.groups]
    lines = people = 0
    for number, bucket in enumerate(buckets()):
        alive = np.zeros(bucket.people, bool)
        masks = dense(bucket, blanked, number)
        for table, here in enumerate(bucket.lines):
            some = np.zeros(len(here.person), bool)
            for group, there in bits(problem, table, masks[table], here.leaves):
                row = problem.of_table(table).index(group)
                leaves[group] += np.bincount(here.leaves[row][there], minlength=len(leaves[group]))
                some |= there
            lines += int(some.sum())
            alive[here.person[some]] = True
        people += int(alive.sum())
    return Standing(tuple(leaves), lines, people)


@dataclass(frozen=True)
class Counted:
    """People by fact of the whole vocabulary, and the table of the facts that are common enough alone.

    Attributes:
        ones: people per fact of the vocabulary.
        lines: lines per fact of the vocabulary.
        bad: facts that are held and not common enough.
        common: the facts in the table, ascending.
        table: counts of `common`, in this order.
    """

    ones: Ints
    lines: Ints
    bad: Flags
    common: Ints
    table: Table


def count(problem: Problem, vocabulary: Vocabulary, buckets: Buckets, slots: Slots, blanked: Blanked | None) -> Counted:
    """Count people by fact, and by pair of facts that are common enough alone: one reading, or two for many facts.

    Raises:
        TooManyFactsError: too many facts are common enough.
    """
    facts = vocabulary.facts
    if problem.known == 1 or facts <= most_facts(problem):
        whole = Table(problem, facts)
        lines = _fill(problem, vocabulary, buckets, slots, blanked, whole)
        bad = whole.bad_ones()
        common = np.flatnonzero((whole.ones[0] > 0) & ~bad)
        return Counted(whole.ones[0], lines, bad, common, whole.some(common))
    alone = Table(_alone(problem), facts)
    lines = _fill(problem, vocabulary, buckets, slots, blanked, alone)
    bad = alone.bad_ones()
    common = np.flatnonzero((alone.ones[0] > 0) & ~bad)
    table = Table(problem, len(common))
    _fill(problem, vocabulary, buckets, renumbered(slots, common, facts), blanked, table)
    return Counted(alone.ones[0], lines, bad, common, table)


def _alone(problem: Problem) -> Problem:
    return replace(problem, known=1)


def renumbered(slots: Slots, wanted: Ints, facts: int, other: int = -1) -> Slots:
    """Return slots in which fact `wanted[i]` is i, and every other fact is `other`."""
    place = np.full(facts + 1, other, np.int32)
    place[wanted] = np.arange(len(wanted), dtype=np.int32)
    place[-1] = -1  # no fact
    return [[place[row] for row in rows] for rows in slots]


def _fill(
    problem: Problem, vocabulary: Vocabulary, buckets: Buckets, slots: Slots, blanked: Blanked | None, table: Table
) -> Ints:
    lines = np.zeros(table.facts, np.int64)
    for number, bucket in enumerate(buckets()):
        masks = dense(bucket, blanked, number)
        holds = held(given(problem, vocabulary, bucket.lines, masks, slots), table.facts)
        lines += np.bincount(holds.fact, holds.lines, minlength=table.facts).astype(np.int64)
        table.add(holds.matrix(table.facts), sensitive_rows(bucket, holds))
    return lines


def bad_triples(
    problem: Problem, vocabulary: Vocabulary, buckets: Buckets, slots: Slots, blanked: Blanked | None, facts: int
) -> Flags | None:
    """Return the triples of `facts` slots that break the promise, by cell; None where none does.

    Raises:
        TooManyFactsError: too many facts for triples.
    """
    triples = Triples(problem, facts)
    for number, bucket in enumerate(buckets()):
        masks = dense(bucket, blanked, number)
        holds = held(given(problem, vocabulary, bucket.lines, masks, slots), facts + 1)
        holds = holds.below(facts)
        triples.add(holds, None if bucket.sensitive is None else _wide(bucket.sensitive))
    bad = triples.bad()
    return bad if bad.any() else None


def _wide(pairs: tuple[Codes, Codes]) -> tuple[Ints, Ints]:
    return pairs[0].astype(np.int64), pairs[1].astype(np.int64)
