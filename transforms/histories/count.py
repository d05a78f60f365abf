"""Reading all buckets: what stands in them, and people by fact and pair of facts under given slots."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from tokumei.transforms.histories.held import Held, Slots, TableMasks, given, held, sensitive_rows
from tokumei.transforms.histories.problem import (
    DROPPED,
    Bucket,
    Buckets,
    Codes,
    Lines,
    Masks,
    Problem,
)
from tokumei.transforms.histories.sets import Triples
from tokumei.transforms.histories.table import FactTable, most_facts
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


@dataclass(frozen=True)
class Histories:
    """What is to hold, the lines, and the numbers of the facts that they give."""

    problem: Problem
    buckets: Buckets
    vocabulary: Vocabulary

    def read(self, slots: Slots, blanked: Blanked | None, width: int) -> Iterator[tuple[Bucket, Held]]:
        """Yield every bucket with the facts that its people hold, as far as they have a slot."""
        for number, bucket in enumerate(self.buckets()):
            masks = dense(bucket, blanked, number)
            yield bucket, held(given(self.problem, self.vocabulary, bucket.lines, masks, slots), width)


def dense(bucket: Bucket, blanked: Blanked | None, number: int) -> TableMasks:
    """Return the masks of a bucket's lines, by table."""
    if blanked is None:
        return [None] * len(bucket.lines)
    return [
        blanks.dense(len(lines.person)) for blanks, lines in zip(blanked[number], bucket.lines, strict=True)
    ]


def bits(problem: Problem, table: int, mask: Masks | None, leaves: Codes) -> Iterator[tuple[int, Flags]]:
    """Yield (group, cells of it that are there and not blanked)."""
    for row, group in enumerate(problem.of_table(table)):
        there = leaves[row] >= 0
        if mask is not None:
            there = there & ((mask >> np.uint32(row)) & np.uint32(1) == 0)
        yield group, there


@dataclass(frozen=True)
class Present:
    """What stands in the lines.

    Attributes:
        leaves: for each group, occurrences by leaf.
        lines: records that tell some fact, as far as `Lines.records` counts them; else distinct lines.
        people: those with some fact, but for whom all lines of a table are deleted.
    """

    leaves: tuple[Ints, ...]
    lines: int
    people: int


def present_in(histories: Histories, slots: Slots, blanked: Blanked | None) -> Present:
    """Count what stands in the lines, and what of them tells a fact with a slot."""
    problem = histories.problem
    leaves = [np.zeros(group.leaves, np.int64) for group in problem.groups]
    lines = people = 0
    for number, bucket in enumerate(histories.buckets()):
        alive = np.zeros(bucket.people, bool)
        masks = dense(bucket, blanked, number)
        telling = [np.zeros(len(here.person), bool) for here in bucket.lines]
        for one in given(problem, histories.vocabulary, bucket.lines, masks, slots):
            telling[one.table] |= one.fact >= 0
        for table, (here, some) in enumerate(zip(bucket.lines, telling, strict=True)):
            for group, there in bits(problem, table, masks[table], here.leaves):
                row = problem.of_table(table).index(group)
                leaves[group] += np.bincount(here.leaves[row][there], minlength=len(leaves[group]))
            lines += int(some.sum() if here.records is None else here.records[some].sum())
            alive[here.person[some]] = True
        for here, mask in zip(bucket.lines, masks, strict=True):
            alive &= ~_emptied(here, mask, bucket.people)
        people += int(alive.sum())
    return Present(tuple(leaves), lines, people)


def _emptied(lines: Lines, mask: Masks | None, people: int) -> Flags:
    """Return the people who had lines in a table, and of whom all are deleted."""
    emptied = np.zeros(people, bool)
    if mask is not None:
        emptied[lines.person] = True
        emptied[lines.person[mask != DROPPED]] = False
    return emptied


@dataclass(frozen=True)
class FactCounts:
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
    table: FactTable


def count(histories: Histories, slots: Slots, blanked: Blanked | None) -> FactCounts:
    """Count people by fact, and by pair of facts that are common enough alone.

    One reading; two where there are too many facts for a table of all.

    Raises:
        TooManyFactsError: too many facts are common enough.
    """
    problem, facts = histories.problem, histories.vocabulary.facts
    if problem.known == 1 or facts <= most_facts(problem):
        whole = FactTable(problem, facts)
        lines = _fill(histories, slots, blanked, whole)
        bad = whole.bad_ones()
        common = np.flatnonzero((whole.ones[0] > 0) & ~bad)
        return FactCounts(whole.ones[0], lines, bad, common, whole.some(common))
    alone = FactTable(replace(problem, known=1), facts)
    lines = _fill(histories, slots, blanked, alone)
    bad = alone.bad_ones()
    common = np.flatnonzero((alone.ones[0] > 0) & ~bad)
    table = FactTable(problem, len(common))
    _fill(histories, renumbered(slots, common, facts), blanked, table)
    return FactCounts(alone.ones[0], lines, bad, common, table)


def renumbered(slots: Slots, wanted: Ints, facts: int, other: int = -1) -> Slots:
    """Return slots in which fact `wanted[i]` is i, and every other fact is `other`."""
    place = np.full(facts + 1, other, np.int32)
    place[wanted] = np.arange(len(wanted), dtype=np.int32)
    place[-1] = -1  # no fact
    return [[place[row] for row in rows] for rows in slots]


def _fill(histories: Histories, slots: Slots, blanked: Blanked | None, table: FactTable) -> Ints:
    lines = np.zeros(table.facts, np.int64)
    for bucket, holds in histories.read(slots, blanked, table.facts):
        lines += np.bincount(holds.fact, holds.lines, minlength=table.facts).astype(np.int64)
        table.add(holds.matrix(table.facts), sensitive_rows(bucket, holds))
    return lines


def count_triples(histories: Histories, slots: Slots, blanked: Blanked | None, facts: int) -> Triples:
    """Count people by triple of the first `facts` slots.

    Raises:
        TooManyFactsError: too many facts for triples.
    """
    triples = Triples(histories.problem, facts)
    for bucket, holds in histories.read(slots, blanked, facts + 1):
        triples.add(holds.below(facts), bucket.sensitive)
    return triples
