"""The removal of rare combinations applied to one chunk, alike in pass 2 and pass 3."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tokumei.transforms.counting.histogram import pack
from tokumei.transforms.criteria.chain import Fitted, Treated
from tokumei.transforms.criteria.coded import domain_codes, kept_rows
from tokumei.transforms.decisions.removal import Removal, Taken
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.values.cells import Mask


def domains_of(plan: TablePlan, columns: Mapping[str, Fitted]) -> tuple[tuple[str | None, ...], ...]:
    """Return the domain of every combined column, in the order of the policy."""
    return tuple(columns[name].domain or () for name in plan.combined)


def packed_tuples(
    plan: TablePlan, columns: Mapping[str, Fitted], treated: Mapping[str, Treated], sizes: Sequence[int]
) -> npt.NDArray[np.int64]:
    """Return each row's tuple of combined values as one integer.

    Args:
        plan: the table.
        columns: its fits.
        treated: its columns; the combined ones before anything is blanked.
        sizes: how many values of each domain can occur in them: all but the null of blanked cells.

    Raises:
        InputError: a value is not in its domain, so the input changed between two passes.
    """
    codes = [
        domain_codes(treated[name], domain[:size], f"tables.{plan.name}.columns.{name}")
        for name, domain, size in zip(plan.combined, domains_of(plan, columns), sizes, strict=True)
    ]
    return pack(codes, sizes)


def remove(
    plan: TablePlan,
    columns: Mapping[str, Fitted],
    removal: Removal | None,
    treated: dict[str, Treated],
    rows: int,
) -> tuple[dict[str, Treated], Taken]:
    """Blank cells and drop records as decided.

    Args:
        plan: the table.
        columns: its fits.
        removal: the decision; None where no combination is declared.
        treated: the treated columns of the chunk.
        rows: records in the chunk.

    Returns:
        The columns with blanked cells (null), one of them dropping records, and what was taken from the
        records that the columns' own treatments leave.
    """
    if removal is None or not plan.combined or len(removal.tuples) == 0:  # a population has none
        return treated, Taken((0,) * len(plan.combined), (0, 0))
    packed = packed_tuples(plan, columns, treated, removal.sizes)
    at = np.searchsorted(removal.tuples, packed).clip(max=len(removal.tuples) - 1)
    hit = (removal.tuples[at] == packed) & kept_rows(rows, treated)
    drop, blank = np.where(hit, removal.drop[at], 0), np.where(hit, removal.blank[at], 0)
    left = dict(treated)
    cells = []
    for i, name in enumerate(plan.combined):
        mask = (blank >> i & 1).astype(bool)
        cells.append(int(mask.sum()))
        if cells[-1]:
            left[name] = _blanked(left[name], mask)
    first = left[plan.combined[0]]
    gone = drop > 0
    left[plan.combined[0]] = replace(first, drop=gone if first.drop is None else first.drop | gone)
    return left, Taken(tuple(cells), (int((drop == 4).sum()), int((drop == 5).sum())))


def _blanked(column: Treated, mask: Mask) -> Treated:
    null = pa.scalar(None, column.values.type)
    if column.indices is None:
        return replace(column, values=pc.if_else(pa.array(mask), null, column.values))
    values = pa.concat_arrays([column.values, pa.nulls(1, column.values.type)])
    return replace(column, values=values, indices=np.where(mask, len(column.values), column.indices))
