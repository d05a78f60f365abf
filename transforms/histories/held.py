"""The facts that people of a bucket hold: from lines to distinct (person, fact), and back to cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tokumei.transforms.counting.lookup import among
from tokumei.transforms.engine.distinct import distinct
from tokumei.transforms.histories.problem import DROPPED, Bucket, Lines, Masks, Problem
from tokumei.transforms.histories.vocabulary import Flags, Ints, Numbers, Vocabulary

if TYPE_CHECKING:
    import scipy.sparse as sp


TableMasks = list[Masks | None]
Slots = list[list[Numbers]]


@dataclass(frozen=True)
class Given:
    """What lines of a table give of one kind: line i gives `fact[i]` (a slot, -1 for none) of `person[i]`."""

    table: int
    kind: int
    person: npt.NDArray[np.int32]
    fact: Numbers


@dataclass(frozen=True)
class Held:
    """Distinct facts of people, ascending by person and then fact, and how many lines give each."""

    person: Ints
    fact: Ints
    lines: Ints

    def below(self, width: int) -> Held:
        """Return only the facts below `width`."""
        few = self.fact < width
        return self if few.all() else Held(self.person[few], self.fact[few], self.lines[few])

    def matrix(self, width: int) -> sp.csr_array:
        """Return people × facts, 1 where held, only for people who hold any (a row each)."""
        import scipy.sparse as sp

        starts = np.flatnonzero(np.diff(self.person, prepend=-1))
        indptr = np.append(starts, len(self.person))
        return sp.csr_array(
            (np.ones(len(self.fact), np.int32), self.fact.astype(np.int32), indptr.astype(np.int32)),
            shape=(len(starts), width),
        )


def given(
    problem: Problem, vocabulary: Vocabulary, lines: Sequence[Lines], masks: TableMasks, slots: Slots
) -> list[Given]:
    """Return what each line gives.

    Args:
        problem: the declared facts.
        vocabulary: their numbers.
        lines: by table.
        masks: what is blanked of them.
        slots: per kind, one or more rows: the slot of what each tuple gives, the last for no tuple.
    """
    out = []
    for i, kind in enumerate(problem.kinds):
        here = lines[kind.table]
        tuples = vocabulary.tuples_of(i, here, masks[kind.table])
        out += [Given(kind.table, i, here.person, slot[tuples]) for slot in slots[i]]
    return out


def held(found: Sequence[Given], width: int, among: Flags | None = None) -> Held:
    """Return the distinct (person, fact) of what lines give; only facts `among` these, if told."""
    keys = []
    for one in found:
        wanted = one.fact >= 0
        if among is not None:
            wanted &= among[one.fact]
        keys.append(one.person[wanted].astype(np.int64) * width + one.fact[wanted])
    distinct, lines = np.unique(np.concatenate([np.zeros(0, np.int64), *keys]), return_counts=True)
    person, fact = np.divmod(distinct, width)
    return Held(person, fact, lines)


def of_people(lines: Sequence[Lines], masks: TableMasks, people: Flags) -> tuple[list[Lines], TableMasks]:
    """Return the lines, and their masks, of some people."""
    few, kept = [], []
    for here, mask in zip(lines, masks, strict=True):
        at = np.flatnonzero(people[here.person])
        few.append(
            Lines(
                person=here.person[at],
                leaves=here.leaves[:, at],
                fixed={kind: codes[at] for kind, codes in here.fixed.items()},
            )
        )
        kept.append(None if mask is None else mask[at])
    return few, kept


def sensitive_rows(bucket: Bucket, holds: Held) -> tuple[Ints, Ints] | None:
    """Return the sensitive values of people by their row in `Held.matrix`."""
    if bucket.sensitive is None:
        return None
    people = distinct(holds.person)
    person, value = bucket.sensitive
    has = np.isin(person, people)
    return np.searchsorted(people, person[has]), value[has].astype(np.int64)


class Eraser:
    """Which cell of a line goes, or whether all of it does, so that it no longer gives a fact."""

    def __init__(self, problem: Problem) -> None:
        looks = np.bincount(
            [group for kind in problem.kinds for group in kind.groups], minlength=len(problem.groups)
        )
        self._bits = []
        for kind in problem.kinds:
            if kind.delete == "line" or not kind.groups:
                self._bits.append(DROPPED)
                continue
            # The column in fewest declarations, and of these the last: least else is lost with it.
            group = min(reversed(kind.groups), key=lambda group: looks[group])
            self._bits.append(np.uint32(1 << problem.of_table(kind.table).index(group)))

    def erase(
        self, bucket: Bucket, found: Sequence[Given], masks: TableMasks, keys: Ints, width: int
    ) -> None:
        """Blank in `masks` what gives the facts `keys` (person · width + fact, ascending)."""
        for one in found:
            at = np.flatnonzero(one.fact >= 0)
            mine = one.person[at].astype(np.int64) * width + one.fact[at]
            at = at[among(keys, mine)]
            if not len(at):
                continue
            mask = masks[one.table]
            if mask is None:
                mask = masks[one.table] = np.zeros(len(bucket.lines[one.table].person), np.uint32)
            mask[at] |= self._bits[one.kind]
