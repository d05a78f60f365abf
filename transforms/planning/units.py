"""Who one unit is to whoever has the release: a person, or with pseudonyms per period, a person in a period.

Pseudonyms of two periods cannot be joined. So facts of a person can be put together only within a period, and
what is promised of them holds for each person and period (仮IDの期間).
"""

from __future__ import annotations

import zlib
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from tokumei.transforms.counting.keyed import encrypted
from tokumei.transforms.engine.chunks import Chunk
from tokumei.transforms.planning.persons import persons_of
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.values.periods import period_codes

PERIODS = 1 << 17  # numbers of months, quarters or years from `FIRST` on: those of the years 1 to 9999
FIRST = -(1 << 15)


class Units(NamedTuple):
    """The unit of each record.

    Attributes:
        hashes: shape (n,), a 64-bit keyed hash of person and period; the person's own where pseudonyms stand
            for the whole run.
        periods: shape (n,), the number of the period; 0 where there are none.
    """

    hashes: npt.NDArray[np.uint64]
    periods: npt.NDArray[np.int64]


def has_periods(plan: TablePlan) -> bool:
    """Whether a person is another unit in each period of time."""
    return plan.table.person_period not in {None, "table"}


def period_numbers(units: Units) -> npt.NDArray[np.int32]:
    """Return the periods as numbers below `PERIODS`."""
    return (units.periods - FIRST).astype(np.int32)


def persons_in_periods(
    plan: TablePlan, chunk: Chunk[Any], persons: npt.NDArray[np.uint64]
) -> npt.NDArray[np.uint64]:
    """Return person hashes with the number of the period, or of the table, beside them: shape (n, 3).

    Where pseudonyms stand for the whole run, or nobody counts facts, the hashes as they are: shape (n, 2).
    """
    if plan.table.person_period is None or not plan.known_facts:
        return persons
    periods = units_of(plan, chunk).periods.view(np.uint64)
    if plan.table.person_period == "table":
        periods = np.full(len(persons), zlib.crc32(plan.name.encode()), np.uint64)
    return np.column_stack([persons, periods])


def units_of(plan: TablePlan, chunk: Chunk[Any]) -> Units:
    """Return the units of a chunk's records; needs `Table.unit_columns`. The same in every pass and retry.

    Units of tables with one link and period are the same for equal people and periods; with pseudonyms per
    table they are those of the table.
    """
    persons, per = persons_of(plan, chunk)[:, 0], plan.table.person_period
    periods = np.zeros(len(persons), np.int64)
    if per is None:
        return Units(persons, periods)
    key = chunk.work.key
    if per == "table":
        purpose = f"units of a table\0{plan.name}"
    else:
        purpose = f"units of a {per}"
        periods = period_codes(chunk.batch.column(plan.table.unit_columns[1]), per)
    blocks = np.stack([persons, periods.view(np.uint64)], axis=1)
    return Units(encrypted(blocks, key.derive(purpose))[:, 0].copy(), periods)
