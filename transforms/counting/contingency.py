"""People by tuple and sensitive value: what ℓ-diversity, t-closeness and their kin look at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

_Ints = npt.NDArray[np.int64]
_DENSE = 8  # up to this many possible groups an element, counting by position beats sorting
_MIN_DENSE, _MAX_DENSE = 1 << 19, 1 << 26


def group(keys: _Ints, possible: int) -> tuple[_Ints, _Ints]:
    """Return the distinct keys, ascending, and each key's place among them.

    Where too many keys are possible to count by position, their leading digits are grouped first.

    Args:
        keys: shape (n,), from 0 to ``possible`` - 1.
        possible: how many different keys there may be.
    """
    dense = min(max(_DENSE * len(keys), _MIN_DENSE), _MAX_DENSE)
    if possible <= dense:
        return _by_position(keys, possible)
    digits = -(-possible // dense)
    leading, rest = np.divmod(keys, digits)
    heads, place = _by_position(leading, dense)
    if len(heads) * digits <= dense:
        distinct, place = _by_position(place * digits + rest, len(heads) * digits)
        return heads[distinct // digits] * digits + distinct % digits, place
    distinct = pl.Series(keys).unique().sort().to_numpy()
    return distinct, np.searchsorted(distinct, keys)


def _by_position(keys: _Ints, possible: int) -> tuple[_Ints, _Ints]:
    present = np.zeros(possible, dtype=bool)
    present[keys] = True
    distinct = np.flatnonzero(present)
    place = np.empty(possible, dtype=np.int32)  # half the cache that int64 would take
    place[distinct] = np.arange(len(distinct), dtype=np.int32)
    return distinct, place.take(keys).astype(np.int64)


@dataclass(frozen=True, kw_only=True)
class Contingency:
    """How many people of each tuple have each sensitive value; a person counts once for each value.

    Attributes:
        tuples, values: shape (n,), ascending by tuple, then by value; where ``persons`` is given, one entry
            for each person of a value.
        counts: shape (n,), people of the entry (1 where ``persons`` is given).
        size: number of values of the column's domain.
        persons: person hashes where a person may have several records; None where records are people.
    """

    tuples: _Ints
    values: _Ints
    counts: _Ints
    size: int
    persons: npt.NDArray[np.uint64] | None = None

    def regroup(self, of_tuple: _Ints, groups: int) -> Contingency:
        """Return the table over coarser tuples; ``of_tuple`` maps each tuple to one of ``groups``."""
        keys = of_tuple[self.tuples] * self.size + self.values
        if self.persons is not None:
            frame = pl.DataFrame({"k": keys, "p": self.persons}).unique().sort("k", "p")
            tuples, values = np.divmod(frame["k"].to_numpy(), self.size)
            return Contingency(
                tuples=tuples,
                values=values,
                counts=np.ones(len(tuples), np.int64),
                size=self.size,
                persons=frame["p"].to_numpy(),
            )
        distinct, place = group(keys, groups * self.size)
        counts = np.bincount(place, weights=self.counts, minlength=len(distinct)).astype(np.int64)
        tuples, values = np.divmod(distinct, self.size)
        return Contingency(tuples=tuples, values=values, counts=counts, size=self.size)

    def only(self, chosen: npt.NDArray[np.bool_]) -> Contingency:
        """Return the table of some of the tuples, renumbered."""
        inside = chosen[self.tuples]
        return Contingency(
            tuples=(np.cumsum(chosen) - 1)[self.tuples[inside]],
            values=self.values[inside],
            counts=self.counts[inside],
            size=self.size,
            persons=None if self.persons is None else self.persons[inside],
        )

    def cells(self) -> Contingency:
        """Return one entry a tuple and value, people counted."""
        if self.persons is None:
            return self
        distinct, counts = np.unique(self.tuples * self.size + self.values, return_counts=True)
        tuples, values = np.divmod(distinct, self.size)
        return Contingency(tuples=tuples, values=values, counts=counts.astype(np.int64), size=self.size)

    def distribution(self) -> npt.NDArray[np.float64]:
        """Return the share of each value over all tuples, shape (size,)."""
        total = self.regroup(np.zeros(int(self.tuples.max(initial=0)) + 1, np.int64), 1).cells()
        people = np.zeros(self.size)
        people[total.values] = total.counts
        shares: npt.NDArray[np.float64] = people / people.sum()
        return shares
