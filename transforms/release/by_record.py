"""What is treated record by record, where the values of the source still are; and what that shows of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tokumei.transforms.criteria.base import Applied, ChunkRows
from tokumei.transforms.criteria.treated import Treated
from tokumei.transforms.decisions.decision import Decision
from tokumei.transforms.engine.chunks import Chunk
from tokumei.transforms.exposure.betrayed import draw_people, tellers
from tokumei.transforms.exposure.repeated import identifying
from tokumei.transforms.exposure.sources import SourceExposed, count_sources
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.planning.redactions import own_columns
from tokumei.transforms.planning.units import units_of


def treat_records(
    plan: TablePlan,
    chunk: Chunk[Decision],
    columns: Mapping[str, pa.Array],
    left: npt.NDArray[np.intp],
    persons: npt.NDArray[np.uint64] | None,
) -> dict[str, Applied]:
    """Treat by record, where a column asks for it, the records that are left, in the order of the input."""
    if not plan.by_record:
        return {}
    split, key, at = chunk.work.split.split_id, chunk.work.key, pa.array(left)
    heads = persons[left] if plan.counts_people and persons is not None else None
    units = None
    if any(method.asks_units for method in plan.by_record.values()):
        units = units_of(plan, chunk).hashes[left]
    times = {name: chunk.batch.column(name).take(at) for name in plan.table.times}
    return {
        name: method.treat_records(
            columns[name].take(at),
            ChunkRows(
                key=key,
                column=(plan.name, name),
                chunk=(split, chunk.number),
                persons=heads,
                numbering=f"{plan.numbering}",
                units=units,
                times=times,
                own={
                    column: chunk.batch.column(column.name).take(at)
                    for column in own_columns(plan)
                    if method.asks_own and column.name != name
                },
                names=chunk.work.decision.names,
            ),
        )
        for name, method in plan.by_record.items()
    }


@dataclass(frozen=True, kw_only=True)
class SourceRows:
    """What is left to look at where source values still are; `exposed_sources` counts it for who publishes.

    Attributes:
        chunk: the records as they were read, bound to the decisions.
        columns: by name, the released values of all rows of the chunk; what is treated by record, before.
        by_record: what was treated by record, of the released rows alone.
        left: the rows that are released.
        exact: the treated columns before anything was generalized.
    """

    chunk: Chunk[Decision]
    columns: Mapping[str, pa.Array]
    by_record: Mapping[str, Applied]
    left: npt.NDArray[np.intp]
    exact: Mapping[str, Treated]


def exposed_sources(plan: TablePlan, rows: SourceRows) -> SourceExposed:
    """Look at how far values move, who repeats, and what tells of them, where source values still are."""
    at, columns, chunk = pa.array(rows.left), rows.columns, rows.chunk
    tell = tellers(plan)
    coarsened = plan.quasi_identifiers if tell else ()
    place = (chunk.work.split.split_id, chunk.number)
    drawn = draw_people(len(rows.left) if tell else 0, place)
    looked_at = rows.left[drawn.rows]
    return count_sources(
        plan,
        chunk.work.key,
        place,
        moved={
            name: (columns[name].take(at), applied.values)
            for name, applied in rows.by_record.items()
            if not pa.types.is_string(applied.values.type)  # codes and texts are not moved
        },
        sources=chunk.batch.select(list(identifying(plan))),
        draws=drawn.draws,
        released={name: columns[name].take(pa.array(looked_at)) for name in (*tell, *coarsened)},
        before={name: rows.exact[name].of(looked_at) for name in coarsened},
    )
