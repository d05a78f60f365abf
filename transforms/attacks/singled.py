"""Singling out (特定の一人を指し示す条件): few released values that stand together at one person alone."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from tokumei.schemas.attacks import SinglingOut
from tokumei.schemas.errors import RequirementError
from tokumei.transforms.combinations.kernel import MISSING, CombinedTuples, rare_combinations
from tokumei.transforms.counting.people import (
    PERSON,
    RECORDS,
    PeoplePerKey,
    count_people,
)
from tokumei.transforms.decisions.decision import Decision
from tokumei.transforms.engine.chunks import Chunk
from tokumei.transforms.hierarchies.steps import ANY
from tokumei.transforms.planning.persons import persons_of
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.values.cells import as_text, without_dictionary

_OTHERS, _MOVED = "others", ",{},"  # the columns in which no value of the person stands
_ALONE = 2  # fewer people than this
_WORK = 4_000_000_000  # tuples times sets of columns that are counted in some minutes


@dataclass(frozen=True)
class Singled:
    """What singling out came to: people of the release, and those whom some condition points at alone."""

    people: int
    alone: int


def singling_columns(plan: TablePlan, attack: SinglingOut) -> tuple[str, ...]:
    """Return the columns of which values are known: those named, or all that are no pseudonyms."""
    everything = (n for n in plan.table.released if plan.table.columns[n].link is None)
    return attack.knows or tuple(everything)


def count_singling(
    plan: TablePlan, attack: SinglingOut, chunk: Chunk[Decision], released: tuple[pa.RecordBatch, pa.Array]
) -> PeoplePerKey:
    """Count a chunk's people by what stands in the known columns of their released records.

    And by which of it is theirs: a number that was moved at random (noise, swaps, shifted days) is so only
    where it came out as it was. Elsewhere a condition on it is true of nobody, or of somebody else.

    Args:
        plan: of the table.
        attack: as declared.
        chunk: its records as they were read, bound to the decisions.
        released: its records as they are released, and which of those that were read each is.
    """
    batch, order = released
    texts, others = dict[str, pl.Series](), pl.repeat("", batch.num_rows, dtype=pl.String, eager=True)
    for i, name in enumerate(singling_columns(plan, attack)):
        values = as_text(without_dictionary(batch.column(name)))
        if name in plan.by_record and not pa.types.is_string(batch.schema.field(name).type):
            was = as_text(without_dictionary(plan.values_of(name, chunk.batch).take(order)))
            moved = pl.Series(pc.not_equal(values, was).fill_null(False))
            others += pl.select(
                pl.when(moved).then(pl.lit(_MOVED.format(i))).otherwise(pl.lit(""))
            ).to_series()
        texts[str(i)] = pl.Series(values).cast(pl.String)
    texts[_OTHERS] = others
    heads = persons_of(plan, chunk)[order.to_numpy(), 0] if plan.counts_people else None
    return count_people(pl.DataFrame(texts), persons=heads, cap=_ALONE)


def single_out(attack: SinglingOut, place: int, found: PeoplePerKey, people: int) -> Singled:
    """Count the people at whom up to so many values point alone; a value that may be any is none.

    Args:
        attack: as declared.
        place: of the attack among the requirements.
        found: people by what stands in the known columns.
        people: of the release.

    Raises:
        RequirementError: more sets of columns and different rows than are counted.
    """
    known = [name for name in found.keys if name != _OTHERS]
    sets = sum(1 for n in range(1, attack.columns + 1) for _ in combinations(known, n))
    if sets * found.counts.height > _WORK:
        raise RequirementError(
            "attack.too_many",
            where=f"requirements.attacks[{place}]",
            what=f"{sets:,} sets of columns over {found.counts.height:,} different rows are more than are"
            " counted",
            fix="name fewer columns under knows, or ask for columns: 2",
        )
    codes = np.stack([_codes(found.counts[name]) for name in known])
    rows = heads = None
    if found.pairs is not None:
        numbered = found.counts.select(found.keys).with_row_index("#row")
        pairs = found.pairs.join(numbered, on=found.keys, how="left", nulls_equal=True)
        rows, heads = pairs["#row"].to_numpy().astype(np.int64), pairs[PERSON].to_numpy()
    records = found.counts[RECORDS].to_numpy()
    tuples = CombinedTuples(codes, records, rows, heads)
    moved, alone = found.counts[_OTHERS], np.zeros(len(records), bool)
    others = [moved.str.contains(_MOVED.format(i), literal=True).to_numpy() for i in range(len(codes))]
    for rare in rare_combinations(tuples, range(len(codes)), attack.columns, _ALONE):
        theirs = ~np.any([others[column][rare.tuples] for column in rare.columns], axis=0)
        alone[rare.tuples[theirs]] = True
    if rows is None or heads is None:
        return Singled(people, int(records[alone].sum()))
    return Singled(people, len(np.unique(heads[alone[rows]])))


def _codes(values: pl.Series) -> npt.NDArray[np.int32]:
    """Return a number for each value, `MISSING` for one that may be any."""
    known = values.replace({ANY: None})
    texts = known.drop_nulls().unique().to_arrow()
    places = pc.index_in(known.to_arrow(), value_set=texts)
    codes: npt.NDArray[np.int32] = places.fill_null(MISSING).to_numpy(zero_copy_only=False).astype(np.int32)
    return codes
