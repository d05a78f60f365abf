"""People per fact and per pair of facts, exactly: a table that is added to, bucket by bucket.

Every person is whole in one bucket, so counts add up. Cells saturate at the most that they hold, far above k;
with sensitive values, each value has a layer of its own and cells are wide enough for all people.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tokumei.transforms.histories.problem import Problem, TooManyFactsError
from tokumei.transforms.histories.vocabulary import Flags, Ints

if TYPE_CHECKING:
    import scipy.sparse as sp

Cells = npt.NDArray[np.unsignedinteger]

_PAIR_BYTES = 256 << 20
_BLOCK = 1 << 20


def most_facts(problem: Problem) -> int:
    """Return of how many facts pairs can be counted."""
    if problem.share is None:
        return int((_PAIR_BYTES // 2) ** 0.5)
    return int((_PAIR_BYTES // (4 * (1 + problem.sensitive_values))) ** 0.5)


class FactTable:
    """People by fact (`ones`, layer 0 of all people, then one a sensitive value) and by pair (`pairs`)."""

    def __init__(self, problem: Problem, facts: int) -> None:
        """Make an empty table.

        Raises:
            TooManyFactsError: more facts than `most_facts`.
        """
        self._problem = problem
        self._layers = 1 + (problem.sensitive_values if problem.share is not None else 0)
        self._most = (1 << 16) - 1 if problem.share is None else (1 << 32) - 1
        self.facts = facts
        self.ones: Ints = np.zeros((self._layers, facts), np.int64)
        self.pairs: list[Cells] = []
        if problem.known > 1:
            if facts > most_facts(problem):
                raise TooManyFactsError(facts, most_facts(problem), 2)
            kind: type[np.unsignedinteger] = np.uint16 if problem.share is None else np.uint32
            self.pairs = [np.zeros((facts, facts), kind) for _ in range(self._layers)]

    def some(self, slots: Ints) -> FactTable:
        """Return a table of some facts, in the order given."""
        out = FactTable(self._problem, 0)
        out.facts = len(slots)
        out.ones = self.ones[:, slots]
        out.pairs = [pairs[np.ix_(slots, slots)] for pairs in self.pairs]
        return out

    def add(self, matrix: sp.csr_array, sensitive: tuple[Ints, Ints] | None, sign: int = 1) -> None:
        """Add people × facts (sign 1), or take them away again (-1).

        Args:
            matrix: a row a person, 1 for a fact that is held.
            sensitive: (row, value), where sensitive values are counted.
            sign: 1 or -1. A cell that is full stays so when something is taken away.
        """
        self._add(0, matrix, sign)
        if self._layers > 1 and sensitive is not None:
            row, value = sensitive
            for one in np.unique(value):
                self._add(1 + int(one), matrix[row[value == one]], sign)

    def _add(self, layer: int, matrix: sp.csr_array, sign: int) -> None:
        import scipy.sparse as sp

        self.ones[layer] += sign * np.bincount(matrix.indices, minlength=self.facts)
        if not self.pairs or not matrix.nnz:
            return
        turned = sp.csr_array(matrix.T)
        step = max(1, _BLOCK // self.facts)
        flat = self.pairs[layer].reshape(-1)
        for start in range(0, self.facts, step):
            product = turned[start : start + step] @ matrix
            row = np.repeat(np.arange(start, start + product.shape[0]), np.diff(product.indptr))
            cell = row * self.facts + product.indices
            old = flat[cell].astype(np.int64)
            new = np.minimum(old + sign * product.data, self._most)
            flat[cell] = new if sign > 0 else np.where(old == self._most, old, new)

    def bad_ones(self) -> Flags:
        """Return the facts that too few hold, or that tell a sensitive value."""
        return judge(self._problem, self.ones[0], list(self.ones[1:]))

    def bad_pairs(self, bad_ones: Flags) -> Flags:
        """Return the pairs of facts not bad alone that too few hold, or that tell a sensitive value."""
        if not self.pairs:
            return np.zeros((self.facts, 0), bool)
        bad = judge(self._problem, self.pairs[0], self.pairs[1:])
        np.fill_diagonal(bad, False)
        bad[bad_ones] = False
        bad[:, bad_ones] = False
        return bad


def judge(problem: Problem, people: npt.NDArray, by_value: list[npt.NDArray]) -> Flags:  # type: ignore[type-arg]
    """Return which sets break the promise: held by 1 to k - 1, or a value's share of their people above h."""
    bad: Flags = (people > 0) & (people < problem.k)
    limit = problem.limit()
    if limit is not None:
        allowed = most_of(limit, people)
        for those in by_value:
            bad |= those > allowed
    return bad


def most_of(limit: Fraction, people: npt.NDArray) -> Ints:  # type: ignore[type-arg]
    """Return the greatest whole number of people that is at most the share `limit` of them."""
    return people.astype(np.int64) * limit.numerator // limit.denominator
