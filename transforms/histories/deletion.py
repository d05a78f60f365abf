"""A candidate carried out: facts at given levels, and what breaks the promise deleted until nothing does."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from tokumei.transforms.histories.count import (
    Blanked,
    FactCounts,
    Histories,
    Present,
    bits,
    count,
    count_triples,
    dense,
    renumbered,
    sparse,
)
from tokumei.transforms.histories.cover import (
    TooDearError,
    bad_sets,
    cover_everywhere,
    cover_of_people,
    ranks,
)
from tokumei.transforms.histories.held import (
    Eraser,
    Held,
    Slots,
    TableMasks,
    given,
    held,
    of_people,
    sensitive_rows,
)
from tokumei.transforms.histories.loss import generalized, most_generalized
from tokumei.transforms.histories.problem import Bucket, Masks, Problem
from tokumei.transforms.histories.sets import Triples, triples_at
from tokumei.transforms.histories.table import FactTable
from tokumei.transforms.histories.vocabulary import Flags, Ints, Levels, Vocabulary

Manner = Literal["local", "global"]
Choose = Callable[[Held], Flags]


class StuckError(Exception):
    """Facts that cannot be deleted break the promise among themselves, for so many people."""

    def __init__(self, people: int) -> None:
        self.people = people
        super().__init__()


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What every candidate starts from.

    Attributes:
        histories: what is to hold, and the lines.
        counted: people by facts at all levels (from a floor up).
        present: what stands in the lines before anything is deleted.
        exact: counts at all levels are those under any cut.
    """

    histories: Histories
    counted: FactCounts
    present: Present
    exact: bool

    @property
    def problem(self) -> Problem:
        """Return what is to hold."""
        return self.histories.problem

    @property
    def vocabulary(self) -> Vocabulary:
        """Return the facts at all levels."""
        return self.histories.vocabulary


class Deletion:
    """Deletes, round by round, until a recount finds nothing.

    Each round judges all sets by one count, deletes for all people at once, and takes what changed for the
    people concerned out of the count. Occurrences only shrink, so it ends.
    """

    def __init__(self, ground: Ground, levels: Levels, manner: Manner) -> None:
        """Begin; reads the lines only where counts at all levels do not tell those under this cut."""
        self._ground, self.levels, self.manner = ground, levels, manner
        self._problem = ground.problem
        self._facts = ground.vocabulary.at(levels)
        self.kept = [leaves.copy() for leaves in ground.present.leaves]
        self.blanked: Blanked | None = None
        self.rounds = 0
        self._eraser = Eraser(ground.problem)
        self._occurrences = sum(int(leaves.sum()) for leaves in ground.present.leaves)
        self._stop = math.inf
        if ground.exact:
            released = np.zeros(ground.vocabulary.facts + 1, bool)
            for rows in self._facts:
                for row in rows:
                    released[row] = True
            counted, released = ground.counted, released[:-1]
            at = np.flatnonzero(released[counted.common])
            self._start(counted.common[at], counted.table.some(at))
        else:
            self._recount()

    def _start(self, common: Ints, table: FactTable) -> None:
        self._common, self._table = common, table
        self._triples: Triples | None = None
        # Facts that are not common enough alone share the slot after the last: whatever stands there has to
        # go.
        facts = self._ground.vocabulary.facts
        self._slots: Slots = renumbered(self._facts, common, facts, other=len(common))
        self._rank = ranks(table.ones[0], common, self._problem.seed)
        self._deletable = np.append(self._ground.vocabulary.deletable[common], True)

    def _recount(self) -> FactCounts:
        counted = count(self._ground.histories, self._facts, self.blanked)
        self._start(counted.common, counted.table)
        return counted

    def loss(self) -> float:
        """Return the mean over occurrences of what is lost of each: leaves below its node, or all."""
        deleted = self._occurrences - sum(int(kept.sum()) for kept in self.kept)
        return (generalized(self._problem, self.levels, self.kept) + deleted) / max(1, self._occurrences)

    def facts_left(self) -> int:
        """Return how many distinct facts are left, by the last count."""
        return int((self._table.ones[0] > 0).sum())

    def run(self, stop: float) -> bool:
        """Delete until the count finds nothing; False as soon as the loss is above `stop`.

        Raises:
            StuckError: what is left cannot be deleted.
            TooManyFactsError: too many facts for triples.
        """
        self._stop = stop
        try:
            return self._run()
        except TooDearError:
            return False

    def _run(self) -> bool:
        self._alone()
        while self.loss() <= self._stop:
            ones = self._table.bad_ones()
            pairs = self._table.bad_pairs(ones)
            triples = None
            if not ones.any() and not pairs.any() and self._problem.known == 3:
                triples = self._bad_triples()
            if not ones.any() and not pairs.any() and triples is None:
                return True
            self.rounds += 1
            erase = self._everywhere if self.manner == "global" else self._by_person
            if not erase(ones, pairs, triples):
                # A cell that was full has not been told what was taken from it.
                self._recount()
                self._alone()
        return False

    def verify(self) -> bool:
        """Count everything afresh; return whether nothing is found, and go on from this count otherwise."""
        counted = self._recount()
        if counted.bad.any() or counted.table.bad_pairs(counted.table.bad_ones()).any():
            return False
        return self._problem.known < 3 or self._bad_triples() is None

    def _affordable(self) -> float:
        """Return how many more lines can be concerned by deletions before the loss is above where it stops.

        A deletion loses at least what no released node has lost; a cell can be concerned once by every kind
        of facts.
        """
        if self._stop == math.inf:
            return math.inf
        most = most_generalized(self._problem, self.levels)
        left = (self._stop - self.loss()) * self._occurrences * len(self._problem.kinds)
        return (left + 1) / (1 - most) if most < 1 else math.inf

    def _bad_triples(self) -> Flags | None:
        if self._triples is None:
            self._triples = count_triples(
                self._ground.histories, self._slots, self.blanked, len(self._common)
            )
        bad = self._triples.bad()
        return bad if bad.any() else None

    def _alone(self) -> None:
        """Delete what is not common enough alone."""
        rare = len(self._common)
        hot = np.zeros(rare + 1, bool)
        hot[rare] = True
        fixed = ~self._ground.vocabulary.deletable
        bad = self._ground.counted.bad
        if bad[fixed].any():
            raise StuckError(int(self._ground.counted.ones[fixed & bad].sum()))
        self._erase(hot, lambda holds: np.ones(len(holds.fact), bool))

    def _everywhere(self, ones: Flags, pairs: Flags, triples: Flags | None) -> bool:
        sets = [np.stack(np.nonzero(np.triu(pairs)))] if pairs.any() else []
        if triples is not None:
            sets.append(triples_at(np.flatnonzero(triples)))
        cost = np.maximum(1, self._ground.counted.lines[self._common])
        deletable = self._deletable[:-1]
        self._refuse(ones & ~deletable)
        # What a fact cost at first is what it costs now only in the first round, and if facts share no cells.
        most = self._affordable() if self.rounds == 1 and len(self._problem.kinds) == 1 else math.inf
        gone = cover_everywhere(sets, cost, self._rank, deletable, most) | ones
        for some in sets:
            left = some[:, ~gone[some].any(axis=0)]
            if left.size:
                raise StuckError(int(self._table.ones[0][np.unique(left)].min()))
        hot = np.append(gone, False)
        return self._erase(hot, lambda holds: np.ones(len(holds.fact), bool))

    def _refuse(self, stuck: Flags) -> None:
        if stuck.any():
            raise StuckError(int(self._table.ones[0][stuck].sum()))

    def _by_person(self, ones: Flags, pairs: Flags, triples: Flags | None) -> bool:
        self._refuse(ones & ~self._deletable[:-1])
        hot = ones | (pairs.any(axis=1) if pairs.size else False)
        leading = None
        if triples is not None:
            bad = triples_at(np.flatnonzero(triples))
            hot[np.unique(bad)] = True
            leading = np.zeros((len(hot), len(hot)), bool)
            leading[bad[0], bad[1]] = True
        rank = np.append(self._rank, len(self._rank))

        def choose(holds: Held) -> Flags:
            alone = ones[holds.fact]
            rest = np.flatnonzero(~alone)
            few = Held(holds.person[rest], holds.fact[rest], holds.lines[rest])
            sets = bad_sets(few, pairs if pairs.any() else None, triples, leading)
            gone, stuck = cover_of_people(few, sets, rank, self._deletable, self._affordable())
            if len(stuck):
                raise StuckError(len(stuck))
            alone[rest] = gone
            return alone

        return self._erase(np.append(hot, False), choose)

    def _erase(self, hot: Flags, choose: Choose) -> bool:
        """Blank what `choose` picks among the hot facts that each person holds; return whether anything."""
        width = len(self._common) + 1
        out: Blanked = []
        erased = False
        for number, bucket in enumerate(self._ground.histories.buckets()):
            masks = dense(bucket, self.blanked, number)
            found = given(self._problem, self._ground.vocabulary, bucket.lines, masks, self._slots)
            holds = held(found, width, hot)
            keys = (holds.person * width + holds.fact)[choose(holds)] if len(holds.fact) else holds.fact
            if not len(keys):
                out.append(self.blanked[number] if self.blanked else tuple(sparse(mask) for mask in masks))
                continue
            erased = True
            people = np.zeros(bucket.people, bool)
            people[keys // width] = True
            self._change(bucket, masks, people, -1)
            before = [None if mask is None else mask.copy() for mask in masks]
            self._eraser.erase(bucket, found, masks, keys, width)
            self._change(bucket, masks, people, 1)
            self._account(bucket, before, masks)
            out.append(tuple(sparse(mask) for mask in masks))
        self.blanked = out
        return erased

    def _change(self, bucket: Bucket, masks: TableMasks, people: Flags, sign: int) -> None:
        lines, few = of_people(bucket.lines, masks, people)
        holds = held(
            given(self._problem, self._ground.vocabulary, lines, few, self._slots), len(self._common) + 1
        ).below(len(self._common))
        self._table.add(holds.matrix(len(self._common)), sensitive_rows(bucket, holds), sign)
        if self._triples is not None:
            self._triples.add(holds, bucket.sensitive, sign)

    def _account(self, bucket: Bucket, before: TableMasks, after: TableMasks) -> None:
        for table, lines in enumerate(bucket.lines):
            mask = after[table]
            if mask is None:
                continue
            old: Masks | None = before[table]
            was = dict(bits(self._problem, table, old, lines.leaves))
            for row, (group, there) in enumerate(bits(self._problem, table, mask, lines.leaves)):
                lost = lines.leaves[row][was[group] & ~there]
                self.kept[group] -= np.bincount(lost, minlength=len(self.kept[group]))
