"""Class sizes where a missing value matches every value.

Matching of this kind is no equivalence (A may match B and B match C while A does not match C), so a tuple has
a count of its own and no class. A null in either tuple leaves that column uncompared.

Source: M. Templ, sdcMicro ``freqCalc`` (fk: people, Fk: weights); L. Sweeney's generalization lattice has the
same order of tuples.
"""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt

from tokumei.transforms.risk.sizes import Floats, Ints

_MAX_ID = 1 << 62


def wildcard_counts(codes: npt.NDArray[np.integer], weights: Floats) -> Floats:
    """Return for every tuple the summed weight of the tuples that it matches, itself included.

    Args:
        codes: shape (u, columns), values as non-negative integers, -1 for null. Rows may repeat.
        weights: shape (u,), for example the people or the sampling weight of each tuple.

    Exact: tuples are compared as tuples, and whole-number weights add up without rounding below 2^53.
    Tuples are grouped by which columns are null. Two groups are compared by one sorted join on the columns
    that both have, so u tuples with m null patterns cost O(m·u·log u) time and O(u) memory, where comparing
    all pairs costs u². m is at most 2^columns and usually a handful: only patterns that occur are looked at.
    """
    missing = codes < 0
    pattern_of = _numbers(missing)
    order = np.argsort(pattern_of, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(pattern_of[order])) + 1) if len(order) else []
    counts = np.zeros(len(codes))
    for rows in groups:
        numbers = _numbers(codes[np.ix_(rows, np.flatnonzero(~missing[rows[0]]))])
        counts[rows] += np.bincount(numbers, weights[rows])[numbers]
    for rows, others in itertools.combinations(groups, 2):
        shared = np.flatnonzero(~(missing[rows[0]] | missing[others[0]]))
        numbers = _numbers(codes[np.ix_(np.concatenate([rows, others]), shared)])
        mine, theirs, most = numbers[: len(rows)], numbers[len(rows) :], int(numbers.max()) + 1
        counts[rows] += np.bincount(theirs, weights[others], minlength=most)[mine]
        counts[others] += np.bincount(mine, weights[rows], minlength=most)[theirs]
    return counts


def _numbers(codes: npt.NDArray[np.integer] | npt.NDArray[np.bool_]) -> Ints:
    """Number the distinct rows densely from 0; rows without columns are all the same."""
    numbers = np.zeros(len(codes), dtype=np.int64)
    size = 1
    for column in codes.T.astype(np.int64):
        width = int(column.max(initial=0)) + 1
        if size * width > _MAX_ID:
            numbers, size = _dense(numbers)
        if size * width > _MAX_ID:
            column, width = _dense(column)  # noqa: PLW2901  (codes far apart: number them too)
        numbers, size = numbers * width + column, size * width
    return _dense(numbers)[0]


def _dense(values: Ints) -> tuple[Ints, int]:
    distinct, numbers = np.unique(values, return_inverse=True)
    return numbers.reshape(-1).astype(np.int64), len(distinct)
