"""What facts tell about people: who is singled out by one, by a pair, by all of them, by some at random.

Sources: unicity, the share of people that p random points single out: de Montjoye, Hidalgo, Verleysen,
Blondel, Scientific Reports 3, 2013; de Montjoye et al., Science 347, 2015.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tokumei.transforms.histories.count import Histories
from tokumei.transforms.histories.held import Held
from tokumei.transforms.histories.problem import Buckets, Problem
from tokumei.transforms.histories.protect import Protection
from tokumei.transforms.histories.sets import pairs_of
from tokumei.transforms.histories.table import FactTable, most_facts
from tokumei.transforms.histories.vocabulary import Ints, Vocabulary

Hashes = npt.NDArray[np.uint64]

_KNOWN = 5
_SAMPLE = 400
_MOST_SETS = 1 << 22


@dataclass(frozen=True)
class RareFacts:
    """Facts or pairs that few people hold, and the people whom these single out.

    Attributes:
        number: distinct facts, or pairs.
        of_one: held by one person.
        of_few: held by fewer than k.
        people_of_one: people with one held by nobody else.
        people_of_few: people with one held by fewer than k.
    """

    number: int
    of_one: int
    of_few: int
    people_of_one: int
    people_of_few: int


class Drawn(NamedTuple):
    """Shares of a sample of people, by how many have all facts that were drawn of each.

    Attributes:
        alone: nobody else.
        few: fewer than k people, themselves included.
        one_other: one other person, who is taken for the right one where the person is held out.
    """

    alone: float
    few: float
    one_other: float


@dataclass(frozen=True, kw_only=True)
class Unicity:
    """What facts tell about people.

    Attributes:
        people: people with at least one fact.
        largest: facts of the person who has most.
        facts: single facts; kinds: those of each kind.
        pairs: pairs of facts of one person, people found by a single fact included; None where there are more
            facts than pairs can be counted of.
        compared: people whose whole sets were compared: all, or those whose sets fall into a keyed part of
            all sets.
        unique: of these, people whose set nobody else has; few: whose set fewer than k have.
        sample: people drawn for `known`.
        known: what 1 to 5 facts drawn of each of them tell.
    """

    people: int
    largest: int
    facts: RareFacts
    kinds: tuple[RareFacts, ...]
    pairs: RareFacts | None
    compared: int
    unique: int
    few: int
    sample: int
    known: tuple[Drawn, ...]


def unicity(problem: Problem, buckets: Buckets, protection: Protection | None) -> Unicity:
    """Return what the facts tell: as the lines are, or as they are released.

    Everything is counted exactly over all people; three readings. Equal lines, in any order, give equal
    results.
    """
    reading = _Reading(problem, buckets, protection)
    table = FactTable(replace(problem, share=None, known=2 if reading.pairs else 1), reading.width)
    people = largest = 0
    for holds in reading.people():
        table.add(holds.matrix(reading.width), None)
        sizes = np.unique(holds.person, return_counts=True)[1]
        people, largest = people + len(sizes), max(largest, int(sizes.max(initial=0)))
    facts, *kinds = _rare_facts(problem, table.ones[0], reading)
    compared, unique, few, chosen = _sets(problem, reading, people)
    return Unicity(
        people=people,
        largest=largest,
        facts=facts,
        kinds=tuple(kinds),
        pairs=_rare_pairs(problem, table, reading) if reading.pairs else None,
        compared=compared,
        unique=unique,
        few=few,
        sample=len(chosen),
        known=_known(problem, reading, chosen),
    )


class _Reading:
    """The facts of people, with a keyed hash of every fact."""

    def __init__(self, problem: Problem, buckets: Buckets, protection: Protection | None) -> None:
        vocabulary = Vocabulary(problem, buckets)
        self._histories = Histories(problem, buckets, vocabulary)
        levels = (
            tuple(np.zeros(group.leaves, np.int8) for group in problem.groups)
            if protection is None
            else protection.levels
        )
        self._blanked = list(protection.blanks) if protection is not None and protection.blanks else None
        rows = vocabulary.at(levels)
        there = np.unique(
            np.concatenate([np.zeros(0, np.int32), *(row[:-1] for some in rows for row in some)])
        )
        there = there[there >= 0]
        place = np.full(vocabulary.facts + 1, -1, np.int32)
        place[there] = np.arange(len(there), dtype=np.int32)
        self._slots = [[place[row] for row in some] for some in rows]
        self.width = max(1, len(there))
        ends = np.cumsum([kind.size for kind in vocabulary.kinds])
        self.kinds: Ints = np.searchsorted(ends, there, side="right")
        self.pairs = self.width <= most_facts(replace(problem, share=None))
        drawn = hashlib.shake_256(problem.seed + b"facts").digest(8 * self.width)
        self.hashes: Hashes = np.frombuffer(drawn, "<u8").astype(np.uint64)

    def people(self) -> Iterator[Held]:
        """Yield, by bucket, the facts that people hold."""
        for _, holds in self._histories.read(self._slots, self._blanked, self.width):
            yield holds


def _rare_facts(problem: Problem, ones: Ints, reading: _Reading) -> tuple[RareFacts, ...]:
    """Return what single facts tell, of all kinds and of each."""
    k = problem.k
    among = [np.ones(len(reading.kinds), bool), *(reading.kinds == i for i in range(len(problem.kinds)))]
    people = np.zeros((len(among), 2), np.int64)
    for holds in reading.people():
        for column, least in enumerate((2, k)):
            rare = ones[holds.fact] < least
            person, fact = holds.person[rare], holds.fact[rare]
            for row, of in enumerate(among):
                people[row, column] += len(np.unique(person[of[fact]]))
    found = []
    for of, (of_one, of_few) in zip(among, people, strict=True):
        shared = ones[: len(of)][of]
        shared = shared[shared > 0]
        found.append(
            RareFacts(
                len(shared), int((shared == 1).sum()), int((shared < k).sum()), int(of_one), int(of_few)
            )
        )
    return tuple(found)


def _rare_pairs(problem: Problem, table: FactTable, reading: _Reading) -> RareFacts:
    ones, k = table.ones[0], problem.k
    found = [0, 0]
    for holds in reading.people():
        for i, least in enumerate((2, k)):
            people = [holds.person[ones[holds.fact] < least]]
            for low, high in pairs_of(holds):
                rare = table.pairs[0][holds.fact[low], holds.fact[high]] < least
                people.append(np.unique(holds.person[low[rare]]))
            found[i] += len(np.unique(np.concatenate(people)))
    number = of_one = of_few = 0
    for i, row in enumerate(table.pairs[0]):
        above = row[i + 1 :]
        number += int((above > 0).sum())
        of_one += int((above == 1).sum())
        of_few += int(((above > 0) & (above < k)).sum())
    return RareFacts(number, of_one, of_few, *found)


def _sets(problem: Problem, reading: _Reading, people: int) -> tuple[int, int, int, list[Ints]]:
    """Compare whole sets by sums of keyed hashes: (compared, unique, few), and the sets of a keyed sample."""
    part = np.uint64((1 << ((max(1, people) - 1) // _MOST_SETS).bit_length()) - 1)
    kept: list[Hashes] = []
    chosen: list[tuple[int, Ints]] = []
    for holds in reading.people():
        if not len(holds.fact):
            continue
        starts = np.flatnonzero(np.diff(holds.person, prepend=-1))
        ends = np.append(starts[1:], len(holds.fact))
        sums = _mixed(np.add.reduceat(reading.hashes[holds.fact], starts))
        kept.append(sums[sums & part == 0])
        for i in np.argsort(sums, kind="stable")[:_SAMPLE]:
            facts = holds.fact[starts[i] : ends[i]]
            drawn = np.argsort(_mixed(reading.hashes[facts] ^ sums[i]), kind="stable")
            chosen.append((int(sums[i]), facts[drawn[:_KNOWN]]))
        chosen = sorted(chosen, key=lambda one: one[0])[:_SAMPLE]
    count = np.unique(np.concatenate([np.zeros(0, np.uint64), *kept]), return_counts=True)[1]
    few = int(count[count < problem.k].sum())
    return int(count.sum()), int((count == 1).sum()), few, [facts for _, facts in chosen]


def _mixed(values: Hashes) -> Hashes:
    """Return values spread over 64 bits: the finalizer of splitmix64 (Steele, Lea, Flood, OOPSLA 2014)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _known(problem: Problem, reading: _Reading, chosen: list[Ints]) -> tuple[Drawn, ...]:
    """Return, for 1 to 5 drawn facts, the shares that they single out; who has fewer is known by all."""
    wanted = np.unique(np.concatenate([np.zeros(0, np.int64), *chosen]))
    having = np.zeros((len(chosen), _KNOWN), np.int64)
    for holds in reading.people() if chosen else ():
        if not len(holds.fact):
            continue
        # By fact, who holds it: a table of all people of the bucket by fact would be many times as large.
        holders = holds.matrix(reading.width)[:, wanted].tocsc()
        has = np.zeros(holders.shape[0], bool)
        for i, facts in enumerate(chosen):
            columns = [
                holders.indices[slice(*holders.indptr[c : c + 2])] for c in np.searchsorted(wanted, facts)
            ]
            among = columns[0]
            for n, people in enumerate(columns):
                has[people] = True
                among = among[has[among]]
                has[people] = False
                having[i, n] += len(among)
            having[i, len(columns) :] += len(among)
    size = max(1, len(chosen))
    return tuple(
        Drawn(*(int(met.sum()) / size for met in (column == 1, column < problem.k, column == 2)))
        for column in having.T
    )
