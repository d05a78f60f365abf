"""A column of one batch after some of its methods, and what they did to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tokumei.transforms.values.cells import Mask, as_text
from tokumei.transforms.values.patterns import pattern_of

_SHOWN = 200  # values of a batch that were not understood, of which the patterns are counted


@dataclass(frozen=True, kw_only=True)
class Treated:
    """A treated column of one batch.

    Attributes:
        indices: row → place in ``values``; None where values are aligned with the rows.
        values: treated values, each of which some row has where ``indices`` is given.
        changed: cells that each method changed, or records it drops.
        blanked: cells that had a value until each method made them null.
        drop: rows that must go as a whole, or None.
        met: which values of each method's own list were there, as `bits_of`.
        unread: patterns of some values that methods did not understand.
    """

    indices: npt.NDArray[np.int32] | None
    values: pa.Array
    changed: tuple[int, ...]
    blanked: tuple[int, ...]
    drop: Mask | None
    met: tuple[int, ...] = ()
    unread: Mapping[str, int] = field(default_factory=dict)

    def rows(self) -> pa.Array:
        """Return the treated values, one a row."""
        return self.values if self.indices is None else self.values.take(pa.array(self.indices))

    def of(self, rows: npt.NDArray[np.intp]) -> pa.Array:
        """Return the treated values of some rows."""
        return self.values.take(pa.array(rows if self.indices is None else self.indices[rows]))

    def without(self, mask: Mask) -> Treated:
        """Return the column with the cells of some rows blanked."""
        null = pa.scalar(None, self.values.type)
        if self.indices is None:
            return replace(self, values=pc.if_else(pa.array(mask), null, self.values))
        values = pa.concat_arrays([self.values, pa.nulls(1, self.values.type)])
        return replace(self, values=values, indices=np.where(mask, len(self.values), self.indices))


def rows_of(mask: Mask, indices: npt.NDArray[np.int32] | None) -> int:
    """Count the rows whose value is masked."""
    if indices is None or not mask.any():
        return int(mask.sum())
    return int(mask[indices].sum()) if not mask.all() else len(indices)


def unread_patterns(values: pa.Array, gone: Mask, indices: npt.NDArray[np.int32] | None) -> dict[str, int]:
    """Return the patterns of values that a method did not understand, with their rows; of some, if many."""
    places = np.flatnonzero(gone)[:_SHOWN]
    rows = np.ones(len(gone), np.int64) if indices is None else np.bincount(indices, minlength=len(gone))
    patterns: Counter[str] = Counter()
    for text, n in zip(as_text(values.take(places)).to_pylist(), rows[places].tolist(), strict=True):
        patterns[pattern_of(text)] += n
    return patterns
