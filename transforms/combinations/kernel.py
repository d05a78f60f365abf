"""Minimal rare combinations: few values of one record that together few people share.

Works on the distinct tuples of dictionary-coded columns, never on records. Level by level (Apriori): once a
combination is rare, the larger ones that contain it are not looked at, because they are rare too. For
"fewer than 2 people" the result is the minimal sample uniques of SUDA2 (Manning, Haglin, Keane: A recursive
search algorithm for statistical disclosure assessment, DMKD 16, 2008).
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from tokumei.transforms.counting.contingency import group
from tokumei.transforms.counting.histogram import Codes, Ints, Mask, pack, radices

MISSING = -1  # the code of "no value", which is part of no combination


@dataclass(frozen=True)
class CombinedTuples:
    """Distinct tuples of coded values, with their records and people.

    Attributes:
        codes: shape (columns, u); small integers from 0, or MISSING. The product of the numbers of codes of
            the columns looked at together must stay below 2^63.
        records: shape (u,), records a tuple.
        pair_rows, pair_persons: where a person may have several records, tuple numbers and person hashes of
            the people of each tuple, at least as many as rarity needs to tell apart; None where records are
            people.
    """

    codes: Codes
    records: Ints
    pair_rows: Ints | None = None
    pair_persons: npt.NDArray[np.uint64] | None = None


@dataclass(frozen=True)
class Rare:
    """The minimal rare combinations of one set of columns.

    Attributes:
        columns: which columns. combinations: how many combinations of their values.
        tuples: numbers of the tuples that hold one of them, ascending.
    """

    columns: tuple[int, ...]
    combinations: int
    tuples: Ints


def rare_combinations(
    tuples: CombinedTuples, columns: Sequence[int], size: int, people: int
) -> tuple[Rare, ...]:
    """Find every minimal combination of values that fewer than ``people`` people share, exactly.

    Args:
        tuples: the distinct tuples of the file.
        columns: the columns whose values are combined.
        size: largest number of values in a combination.
        people: a combination is rare when fewer distinct people than this have a record with it.
    """
    possible = tuples.codes.max(axis=1, initial=MISSING).astype(np.int64) + 1
    found: list[Rare] = []
    for subset in (s for n in range(1, size + 1) for s in itertools.combinations(columns, n)):
        candidate = (tuples.codes[list(subset)] != MISSING).all(axis=0)
        for inner in found:
            if set(inner.columns) < set(subset):
                candidate[inner.tuples] = False  # holds for all tuples with these values, or for none
        rows = np.flatnonzero(candidate)
        if len(rows) == 0:
            continue
        sizes = [int(possible[c]) for c in subset]
        packed = pack([tuples.codes[c][rows] for c in subset], sizes)
        distinct, of_row = group(packed, radices(sizes)[1])
        small = people_of_groups(tuples, rows, of_row, len(distinct)) < people
        if small.any():
            found.append(Rare(subset, int(small.sum()), rows[small[of_row]]))
    return tuple(found)


def people_of_groups(tuples: CombinedTuples, rows: Ints, of_row: Ints, groups: int) -> Ints:
    """Count the distinct people of each group; ``of_row`` is the group of each of some tuples, ``rows``."""
    if tuples.pair_rows is None:
        return np.bincount(of_row, weights=tuples.records[rows], minlength=groups).astype(np.int64)
    of_tuple = np.full(len(tuples.records), MISSING, dtype=np.int64)
    of_tuple[rows] = of_row
    of_pair = of_tuple[tuples.pair_rows]
    pairs = (
        pl.DataFrame({"group": of_pair, "person": tuples.pair_persons}).filter(pl.col("group") >= 0).unique()
    )
    return np.bincount(pairs["group"].to_numpy(), minlength=groups).astype(np.int64)


def cells_to_blank(rare: Sequence[Rare], columns: Sequence[int]) -> tuple[Ints, Mask]:
    """Choose few cells of each tuple so that none of its rare combinations is left whole.

    Greedy: the column that most of the tuple's remaining combinations contain, the earlier one on a tie,
    until none remains. (The fewest cells of all are a hitting-set problem; greed is its usual answer.)

    Returns:
        Numbers of the tuples with a rare combination, ascending, and a mask of shape (columns, tuples).
    """
    contains = np.array([[c in r.columns for c in columns] for r in rare])
    touched, row = np.unique(np.concatenate([r.tuples for r in rare]), return_inverse=True)
    kind = np.repeat(np.arange(len(rare)), [len(r.tuples) for r in rare])
    blank = np.zeros((len(columns), len(touched)), dtype=bool)
    while len(row):
        votes = np.array(
            [np.bincount(row[contains[kind, i]], minlength=len(touched)) for i in range(len(columns))]
        )
        pick = votes.argmax(axis=0)  # the first of equals
        voting = np.flatnonzero(votes.any(axis=0))
        blank[pick[voting], voting] = True
        left = ~contains[kind, pick[row]]
        row, kind = row[left], kind[left]
    return touched, blank
