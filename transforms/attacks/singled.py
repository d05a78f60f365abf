"""Singling out (特定の一人を指し示す条件): few released values that stand together at one person alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    merge_people,
)
from tokumei.transforms.hierarchies.steps import ANY
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.values.cells import as_text, without_dictionary

_ALONE = 2  # fewer people than this
_WORK = 4_000_000_000  # tuples times sets of columns that are counted in some minutes
SinglingTuples = Mapping[int, PeoplePerKey]  # by the attack's place among the requirements


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
    plan: TablePlan, batch: pa.RecordBatch, persons: npt.NDArray[np.uint64] | None
) -> dict[int, PeoplePerKey]:
    """Count people by what stands in the known columns of written rows, for each declared attack.

    Args:
        plan: the table.
        batch: released columns.
        persons: 128-bit keyed hash of each row's person; None where rows are people.
    """
    heads = persons[:, 0] if plan.counts_people and persons is not None else None
    found = {}
    for place, attack in enumerate(plan.requirements.attacks):
        if isinstance(attack, SinglingOut) and attack.table in {None, plan.name}:
            texts = {
                str(i): pl.Series(as_text(without_dictionary(batch.column(name))))
                for i, name in enumerate(singling_columns(plan, attack))
            }
            found[place] = count_people(pl.DataFrame(texts), persons=heads, cap=_ALONE)
    return found


def merge_singling(parts: Sequence[SinglingTuples]) -> dict[int, PeoplePerKey]:
    """Add up counts of parts, in any order."""
    places = sorted({place for part in parts for place in part})
    return {place: merge_people([part[place] for part in parts if place in part]) for place in places}


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
    sets = sum(1 for n in range(1, attack.columns + 1) for _ in combinations(found.keys, n))
    if sets * found.counts.height > _WORK:
        raise RequirementError(
            "attack.too_many",
            where=f"requirements.attacks[{place}]",
            what=f"{sets:,} sets of columns over {found.counts.height:,} different rows are more than are"
            " counted",
            fix="name fewer columns under knows, or ask for columns: 2",
        )
    codes = np.stack([_codes(found.counts[name]) for name in found.keys])
    rows = heads = None
    if found.pairs is not None:
        numbered = found.counts.select(found.keys).with_row_index("#row")
        pairs = found.pairs.join(numbered, on=found.keys, how="left", nulls_equal=True)
        rows, heads = pairs["#row"].to_numpy().astype(np.int64), pairs[PERSON].to_numpy()
    records = found.counts[RECORDS].to_numpy()
    tuples = CombinedTuples(codes, records, rows, heads)
    alone = np.zeros(len(records), bool)
    for rare in rare_combinations(tuples, range(len(codes)), attack.columns, _ALONE):
        alone[rare.tuples] = True
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
