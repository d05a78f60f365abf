"""What only a chunk can tell, where source values still are: how far they move, who repeats, what is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from tokumei.transforms.engine.run_key import RunKey
from tokumei.transforms.exposure.betrayed import Betrayed, Floats, count_betrayed, merge_betrayed, tellers
from tokumei.transforms.exposure.count import exposure_keys
from tokumei.transforms.exposure.moved import Moved, count_moved, merge_moved
from tokumei.transforms.exposure.repeated import Repeated, count_repeated, identifying, merge_repeated
from tokumei.transforms.planning.plan import TablePlan


@dataclass(frozen=True, kw_only=True)
class SourceExposed:
    """What was looked at of chunks of one table; adds up over them.

    Attributes:
        moved: by perturbed column.
        repeated: identifying values; None where there are none.
        betrayed: quasi-identifiers before and after, beside other columns; None where there are none.
    """

    moved: Mapping[str, Moved] = field(default_factory=dict)
    repeated: Repeated | None = None
    betrayed: Betrayed | None = None


def count_sources(
    plan: TablePlan,
    key: RunKey,
    place: tuple[str, int],
    *,
    moved: Mapping[str, tuple[pa.Array, pa.Array]],
    sources: pa.RecordBatch,
    draws: Floats,
    released: Mapping[str, pa.Array],
    before: Mapping[str, pa.Array],
) -> SourceExposed:
    """Look at one chunk.

    Args:
        plan: the table.
        key: of the run.
        place: id of the chunk's split, and its number in it.
        moved: by perturbed column, its values before and after.
        sources: the identifying columns of all records.
        draws: of the people who were drawn from the released records, as `draw_people` gives them.
        released: their columns, as `count_betrayed` asks for them.
        before: their quasi-identifiers before these were generalized.
    """
    return SourceExposed(
        moved={
            name: count_moved(
                before,
                after,
                key=key.derive(f"exposure moved\0{name}"),
                seed=key.derive("\0".join(("exposure drawn", name, *map(str, place)))),
            )
            for name, (before, after) in moved.items()
        },
        repeated=count_repeated(plan, exposure_keys(identifying(plan), key), sources),
        betrayed=count_betrayed(
            plan,
            exposure_keys((*tellers(plan), *plan.quasi_identifiers), key),
            draws,
            released,
            before,
        ),
    )


def merge_sources(parts: Sequence[SourceExposed]) -> SourceExposed:
    """Add up what was looked at, in any order."""
    repeated = [part.repeated for part in parts if part.repeated is not None]
    betrayed = [part.betrayed for part in parts if part.betrayed is not None]
    return SourceExposed(
        moved={
            name: merge_moved([part.moved[name] for part in parts if name in part.moved])
            for name in sorted({name for part in parts for name in part.moved})
        },
        repeated=merge_repeated(repeated) if repeated else None,
        betrayed=merge_betrayed(betrayed) if betrayed else None,
    )
