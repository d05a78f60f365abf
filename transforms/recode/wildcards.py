"""Counting with nulls that match every value (sdcMicro's reading of missing values)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from transforms.recode.contingency import group

_Ints = npt.NDArray[np.int64]


def matching_people(codes: npt.NDArray[np.int32], nulls: Sequence[int], people: _Ints) -> _Ints:
    """Return, for each class, the people of all classes that it matches, itself included.

    Two classes match when they agree in every column in which neither is null. Exact.

    Args:
        codes: shape (columns, u), distinct classes.
        nulls: per column, the code of null, or -1 if it has none.
        people: shape (u,).

    Cost: one group-by a pair of null patterns that occur, not one comparison a pair of classes.
    """
    missing = codes == np.array(nulls)[:, None]
    patterns, of_class = np.unique(missing, axis=1, return_inverse=True)
    members = [np.flatnonzero(of_class == i) for i in range(patterns.shape[1])]
    total = np.zeros(codes.shape[1], dtype=np.int64)
    for i, mine in enumerate(members):
        for j, others in enumerate(members):
            common = np.flatnonzero(~(patterns[:, i] | patterns[:, j]))
            both = np.concatenate([mine, others])
            key = np.zeros(len(both), dtype=np.int64)
            for column in common:  # renumbered column by column, so that it fits whatever the columns hold
                size = int(codes[column].max()) + 1
                key = group(key * size + codes[column][both], (int(key.max(initial=0)) + 1) * size)[1]
            sums = np.bincount(key[len(mine) :], weights=people[others], minlength=int(key.max()) + 1)
            total[mine] += sums[key[: len(mine)]].astype(np.int64)
    return total
