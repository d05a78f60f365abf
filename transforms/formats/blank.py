"""Records without any value: rows that an editor emptied, and padding of exports. They are nobody's.

A record is blank if no cell of it has a value (`no_value`), over all columns, whatever columns are read: so
every pass skips the same records. Columns of lists and records are not looked at, as they can never be used.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from tokumei.transforms.formats.batches import Rows
from tokumei.transforms.formats.no_value import (
    Marks,
    blank_cells,
    first_bytes,
    first_of_none,
    holds_text,
)


def without_blank(rows: Rows, blank: Marks) -> Rows:
    """Return rows without those that are blank, which are counted instead."""
    if not blank.any():
        return rows
    left = pa.array(np.flatnonzero(~blank))
    moved = np.cumsum(~blank) - 1
    return rows._replace(
        columns={name: cells.take(left) for name, cells in rows.columns.items()},
        numbers=rows.numbers[~blank],
        misfits={n: {int(moved[i]): why for i, why in bad.items()} for n, bad in rows.misfits.items()},
        blank=int(blank.sum()),
    )


def may_be_blank(rows: Rows, null_values: Sequence[str]) -> Marks:
    """Return which rows have no value in any of the columns at hand; cheap where one is always filled."""
    left = np.ones(len(rows.numbers), bool)
    may = first_of_none(null_values)
    for name, cells in sorted(rows.columns.items(), key=lambda column: column[1].null_count):
        left &= may[first_bytes(cells)] if holds_text(cells.type) else blank_cells(cells, null_values)
        for row in rows.misfits.get(name, ()):
            left[row] = False
        if not left.any():
            return left
    for cells in rows.columns.values():
        at = np.flatnonzero(left)
        left[at] = blank_cells(cells.take(pa.array(at)), null_values)
    return left
