"""Sets of two and three facts that a person holds, in pieces of bounded size; triples counted exactly."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from tokumei.transforms.histories.held import Held
from tokumei.transforms.histories.problem import Codes, Problem, TooManyFactsError
from tokumei.transforms.histories.table import judge
from tokumei.transforms.histories.vocabulary import Flags, Ints

Counts = npt.NDArray[np.unsignedinteger]

_PIECE = 1 << 19  # sets at once: some 60 bytes each
_COUNTED = 1 << 21  # cells that are all counted, rather than those alone that occur
_TRIPLE_BYTES = 256 << 20


def pairs_of(held: Held) -> Iterator[Ints]:
    """Yield (2, n) positions in `held` of all pairs that a person holds, the lower fact first."""
    ends = _ends(held)
    for start, stop in _pieces(ends - np.arange(len(ends)) - 1):
        yield _extended(np.arange(start, stop)[None], ends)


def triples_of(held: Held, leading: Flags | None = None) -> Iterator[Ints]:
    """Yield (3, n) positions in `held` of triples that people hold; `leading`: by their first two facts."""
    ends = _ends(held)
    after = ends - np.arange(len(ends)) - 1
    for start, stop in _pieces(after * (after - 1) // 2):
        pairs = _extended(np.arange(start, stop)[None], ends)
        if leading is not None:
            pairs = pairs[:, leading[held.fact[pairs[0]], held.fact[pairs[1]]]]
        yield _extended(pairs, ends)


def _ends(held: Held) -> Ints:
    return np.searchsorted(held.person, held.person, side="right")


def _pieces(work: Ints) -> Iterator[tuple[int, int]]:
    """Yield (start, stop) with about _PIECE of work each, at least one row."""
    done = np.cumsum(work)
    start = 0
    while start < len(work):
        before = int(done[start - 1]) if start else 0
        stop = max(start + 1, int(np.searchsorted(done, before + _PIECE, side="right")))
        yield start, stop
        start = stop


def _extended(sets: Ints, ends: Ints) -> Ints:
    """Return the sets with one later position of the same person added, in all ways."""
    last = sets[-1]
    count = ends[last] - last - 1
    which = np.repeat(np.arange(len(last)), count)
    step = np.arange(len(which)) - np.repeat(np.cumsum(count) - count, count)
    return np.concatenate([sets[:, which], (last[which] + 1 + step)[None]])


def most_facts_of_triples(problem: Problem) -> int:
    """Return of how many facts triples can be counted."""
    cells = _TRIPLE_BYTES // (2 if problem.share is None else 4 * (1 + problem.sensitive_values))
    return int((6 * cells) ** (1 / 3))


class Triples:
    """People per triple of facts: a cell for each a < b < c at C(c, 3) + C(b, 2) + a."""

    def __init__(self, problem: Problem, facts: int) -> None:
        """Make an empty table.

        Raises:
            TooManyFactsError: more facts than `most_facts_of_triples`.
        """
        if facts > most_facts_of_triples(problem):
            raise TooManyFactsError(facts, most_facts_of_triples(problem), 3)
        self._problem = problem
        layers = 1 if problem.share is None else 1 + problem.sensitive_values
        self._most = (1 << 16) - 1 if problem.share is None else (1 << 32) - 1
        kind: type[np.unsignedinteger] = np.uint16 if problem.share is None else np.uint32
        self._people: list[Counts] = [
            np.zeros(facts * (facts - 1) * (facts - 2) // 6, kind) for _ in range(layers)
        ]

    def add(self, held: Held, sensitive: tuple[Codes, Codes] | None, sign: int = 1) -> None:
        """Add the triples of people (sign 1), or take them away again (-1); a full cell stays so.

        Args:
            held: the facts of people.
            sensitive: distinct (person, value), where sensitive values are counted.
            sign: 1 or -1.
        """
        for sets in triples_of(held):
            cells = triple_cells(held.fact[sets])
            self._add(0, cells, sign)
            if len(self._people) > 1 and sensitive is not None:
                for value in np.unique(sensitive[1]):
                    those = sensitive[0][sensitive[1] == value]
                    self._add(1 + int(value), cells[np.isin(held.person[sets[0]], those)], sign)

    def _add(self, layer: int, cells: Ints, sign: int) -> None:
        people = self._people[layer]
        if len(people) <= _COUNTED:
            count = np.bincount(cells, minlength=len(people))
            distinct = np.flatnonzero(count)
            count = count[distinct]
        else:
            distinct, count = np.unique(cells, return_counts=True)
        old = people[distinct].astype(np.int64)
        new = np.minimum(old + sign * count, self._most)
        people[distinct] = new if sign > 0 else np.where(old == self._most, old, new)

    def bad(self) -> Flags:
        """Return, by cell, the triples that too few hold, or that tell a sensitive value."""
        return judge(self._problem, self._people[0], self._people[1:])


def triple_cells(facts: Ints) -> Ints:
    """Return the cells of triples (3, n) of facts, each ascending."""
    low, middle, high = facts.astype(np.int64)
    cells: Ints = high * (high - 1) * (high - 2) // 6 + middle * (middle - 1) // 2 + low
    return cells


def triples_at(cells: Ints) -> Ints:
    """Return the triples (3, n) that stand at cells: the inverse of `triple_cells`."""
    high = np.cbrt(6.0 * cells).astype(np.int64) + 2
    high -= high * (high - 1) * (high - 2) // 6 > cells
    high -= high * (high - 1) * (high - 2) // 6 > cells
    high -= high * (high - 1) * (high - 2) // 6 > cells
    rest = cells - high * (high - 1) * (high - 2) // 6
    middle = np.sqrt(2.0 * rest).astype(np.int64) + 1
    middle -= middle * (middle - 1) // 2 > rest
    middle -= middle * (middle - 1) // 2 > rest
    return np.stack([rest - middle * (middle - 1) // 2, middle, high])
