"""Who one unit is to whoever has the release: a person, or with pseudonyms per period, a person in a period.

Pseudonyms of two periods cannot be joined. So facts of a person can be put together only within a period, and
what is promised of them holds for each person and period (仮IDの期間).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from tokumei.transforms.counting.keyed import encrypted
from tokumei.transforms.engine.chunks import Chunk
from tokumei.transforms.planning.persons import persons_of
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.values.periods import period_codes


class Units(NamedTuple):
    """The unit of each record.

    Attributes:
        hashes: shape (n,), a 64-bit keyed hash of person and period; the person's own where pseudonyms stand
            for the whole run.
        periods: shape (n,), the number of the period; 0 where there are none.
    """

    hashes: npt.NDArray[np.uint64]
    periods: npt.NDArray[np.int64]


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
