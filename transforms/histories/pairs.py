"""People who have two facts, exactly: a sparse matrix over the facts that occur, which adds up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tokumei.transforms.engine.distinct import distinct

if TYPE_CHECKING:
    import scipy.sparse as sp


Hashes = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class PairCounts:
    """People by pair of facts.

    Attributes:
        facts: their hashes, ascending.
        people: shape (facts, facts), the upper triangle; on its diagonal the people who have one fact.
    """

    facts: Hashes
    people: sp.csr_array

    def at(self, facts: Hashes) -> sp.csr_array:
        """Return the counts over more facts, which hold its own."""
        import scipy.sparse as sp

        places = np.searchsorted(facts, self.facts)
        starts = np.zeros(len(facts) + 1, np.int64)
        starts[places + 1] = np.diff(self.people.indptr)
        inside = (self.people.data, places[self.people.indices], np.cumsum(starts))
        return sp.csr_array(inside, shape=(len(facts), len(facts)))


def count_pairs(persons: npt.NDArray[np.int64], facts: Hashes, *, single: bool) -> PairCounts:
    """Count the people of each pair of facts.

    Args:
        persons: of each distinct (person, fact), a number from 0.
        facts: its fact.
        single: count facts alone; the diagonal is then all there is.
    """
    import scipy.sparse as sp

    known, places = np.unique(facts, return_inverse=True)
    if single:
        alone = np.bincount(places, minlength=len(known)).astype(np.int32)
        return PairCounts(known, sp.diags_array(alone).tocsr())
    size = (int(persons.max(initial=-1)) + 1, len(known))
    has = sp.csr_array((np.ones(len(places), np.int32), (persons, places)), shape=size)
    return PairCounts(known, sp.csr_array(sp.triu(has.T @ has)))


def add_pairs(parts: Sequence[PairCounts]) -> PairCounts:
    """Add up the counts of different people."""
    if len(parts) == 1:
        return parts[0]
    facts = distinct(np.concatenate([part.facts for part in parts]))
    total = parts[0].at(facts)
    for part in parts[1:]:
        total = total + part.at(facts)
    return PairCounts(facts, total)
