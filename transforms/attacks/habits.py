"""Profile attack (行動の傾向による特定): a person's habits in one period find their history in another.

What a person bought, or where they were, before a day is known; the release is searched for whose lines from
that day on are most alike: by the cosine of counts weighed by how few people have each (TF-IDF), after
Tournier and de Montjoye (Science Advances 8(33), 2022), who found two thirds of 85,000 customers so. Fresh
pseudonyms do not help against it: profiles stay.
"""

from __future__ import annotations

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from tokumei.schemas.attacks import HabitProfile
from tokumei.transforms.attacks.likeness import (
    HOW_OFTEN,
    ITEM,
    UNIT,
    WHOSE,
    Likeness,
    Recognized,
    merge_lines,
    most_alike,
)
from tokumei.transforms.attacks.targets import Marks, as_known, combination_of, drawn, searched_in
from tokumei.transforms.decisions.decision import Decision
from tokumei.transforms.engine.chunks import Chunk
from tokumei.transforms.engine.run_key import RunKey
from tokumei.transforms.planning.persons import persons_of
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.planning.units import units_of

_LATE, _TREATED = "late", "treated"


def habits(
    plan: TablePlan, attack: HabitProfile, chunk: Chunk[Decision], released: tuple[pa.RecordBatch, pa.Array]
) -> pl.DataFrame:
    """Count the lines of a chunk's people, before the day and after it, as they were and as released.

    Args:
        plan: of the table.
        attack: as declared.
        chunk: its records as they were read, bound to the decisions.
        released: its records as they are released, and which of those that were read each is.
    """
    (batch, order), key = released, chunk.work.key
    day = chunk.batch.column(attack.time)
    late = pc.greater_equal(day.cast(pa.date32()), pa.scalar(attack.since, pa.date32()))
    late = late.fill_null(True).to_numpy(zero_copy_only=False)
    who = {WHOSE: persons_of(plan, chunk)[:, 0], UNIT: units_of(plan, chunk).hashes, _LATE: late}
    rows = order.to_numpy()
    known = combination_of(as_known(plan, attack.knows, chunk, released), attack.knows, key)
    items = np.where(late[rows], combination_of(batch, attack.knows, key), known)
    kept = pl.DataFrame({name: values[rows] for name, values in who.items()} | {ITEM: items})
    source = pl.DataFrame(who | {ITEM: combination_of(chunk.batch, attack.knows, key)})
    sides = [side.with_columns(pl.lit(side is kept).alias(_TREATED)) for side in (kept, source)]
    return merge_lines([pl.concat(sides).with_columns(pl.lit(1, pl.Int64).alias(HOW_OFTEN))])


def recognize(attack: HabitProfile, key: RunKey, found: pl.DataFrame) -> Recognized:
    """Look for some people, drawn by the key, among the histories of all who are not held out.

    Args:
        attack: as declared.
        key: of the run.
        found: lines of all chunks.
    """
    sides = {
        (treated, late): found.filter((pl.col(_TREATED) == treated) & (pl.col(_LATE) == late))
        for treated in (True, False)
        for late in (True, False)
    }
    there = sides[True, True].select(WHOSE).unique()
    marks = sides[True, False].select(WHOSE).unique().join(there, on=WHOSE)[WHOSE].sort().to_numpy()
    targets, absent = drawn(marks, key, attack.targets, attack.held_out)

    def look(sought: Marks, owners: Marks, *, treated: bool = True) -> Likeness:
        searched = searched_in(sides[treated, True], key, attack.held_out)
        return most_alike(sides[treated, False], WHOSE, sought, owners, searched)

    own = look(targets, targets)
    return Recognized(
        people=len(targets),
        found=float(own.right.sum()),
        among_ten=int(own.among_ten.sum()),
        swapped=float(look(targets, np.roll(targets, -1)).right.sum()),
        unreleased=float(look(targets, targets, treated=False).right.sum()),
        absent=len(absent),
        named=int(look(absent, absent).single.sum()),
    )
