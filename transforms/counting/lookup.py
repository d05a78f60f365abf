"""Numbers looked up among ascending ones: how what was decided is applied to records."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

NOT_FOUND = -1


def places_in(ascending: npt.NDArray[Any], wanted: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Return the place of each wanted number among ascending ones; `NOT_FOUND` where it is none of them."""
    if len(ascending) == 0:
        return np.full(len(wanted), NOT_FOUND, np.int64)
    if len(ascending) <= len(wanted):  # to hash them takes less than to search for each wanted one
        found = pc.index_in(pa.array(wanted), value_set=pa.array(ascending))
        hashed: npt.NDArray[np.int64] = found.fill_null(NOT_FOUND).to_numpy().astype(np.int64)
        return hashed
    place = np.minimum(np.searchsorted(ascending, wanted), len(ascending) - 1)
    return np.where(ascending[place] == wanted, place, NOT_FOUND)


def among(ascending: npt.NDArray[Any], wanted: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Return which of the wanted numbers are among ascending ones."""
    found: npt.NDArray[np.bool_] = places_in(ascending, wanted) != NOT_FOUND
    return found
