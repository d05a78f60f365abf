"""Counting with nulls that match every value (sdcMicro's reading of missing values)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tokumei.transforms.risk.wildcard import wildcard_counts

_Ints = npt.NDArray[np.int64]


def matching_people(codes: npt.NDArray[np.int32], nulls: Sequence[int], people: _Ints) -> _Ints:
    """Return, for each class, the people of all classes that it matches, itself included.

    Two classes match when they agree in every column in which neither is null. Exact; its cost is that of
    ``wildcard_counts``.

    Args:
        codes: shape (columns, u), distinct classes.
        nulls: per column, the code of null, or -1 if it has none.
        people: shape (u,).
    """
    unknown = codes == np.array(nulls)[:, None]
    return wildcard_counts(np.where(unknown, -1, codes).T, people.astype(np.float64)).astype(np.int64)
