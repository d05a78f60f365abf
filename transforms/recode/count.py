"""The histogram of quasi-identifier tuples, over the records that criteria 1 to 4 leave.

Pass 2 reads the records again; where pass 1 has counted their tuples already, these are treated instead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import numpy.typing as npt
import polars as pl

from tokumei.schemas.errors import RequirementError
from tokumei.transforms.counting.histogram import MAX_TUPLES, PACKED, pack, radices
from tokumei.transforms.counting.people import RECORDS, PeoplePerKey, count_people, merge_people
from tokumei.transforms.criteria.coded import domain_codes, kept_rows
from tokumei.transforms.criteria.treated import Treated
from tokumei.transforms.decisions.fitted import FittedTable
from tokumei.transforms.decisions.removal import remove_all
from tokumei.transforms.engine.chunks import Chunk
from tokumei.transforms.engine.run_key import RunKey
from tokumei.transforms.planning.persons import persons_of
from tokumei.transforms.planning.plan import EVERYBODY, TablePlan
from tokumei.transforms.profile.tuples import Tuples

SENSITIVE = "#sensitive"


@dataclass(frozen=True)
class TableCount:
    """Counts of one table over its tuples.

    Attributes:
        tuples: records and people by PACKED.
        sensitive: by protected column, the same by PACKED and SENSITIVE (the value's place in the domain);
            people are counted without a cap.
    """

    tuples: PeoplePerKey
    sensitive: Mapping[str, PeoplePerKey]


Histograms = dict[str, TableCount]


def count_chunk(plan: TablePlan, chunk: Chunk[FittedTable]) -> Histograms:
    """Count records and people per distinct quasi-identifier tuple of one chunk.

    Raises:
        RequirementError: the quasi-identifiers have more possible tuples than can be told apart.
    """
    fitted, batch, key = chunk.work.decision, chunk.batch, chunk.work.key
    treated = {
        name: plan.chains[name].apply(fitted.columns[name], plan.values_of(name, batch), key)
        for name in {*plan.quasi_identifiers, *plan.protected, *plan.combined, *plan.dropping}
    }
    treated, _ = remove_all(plan, chunk, treated)
    persons = None
    if plan.counts_people:
        persons = persons_of(plan, chunk)[:, 0]
    return {plan.name: _count(plan, fitted, treated, batch.num_rows, persons=persons)}


def count_tuples(plan: TablePlan, fitted: FittedTable, tuples: Tuples, key: RunKey) -> TableCount:
    """Return what `count_chunk` would count over the whole file, from the tuples that pass 1 has counted.

    Raises:
        RequirementError: as `count_chunk`.
    """
    places = tuples.places()
    treated = {
        name: _spread(plan.chains[name].finish(fitted.columns[name].decisions, values, key), places[name])
        for name, values in tuples.values.items()
    }
    return _count(plan, fitted, treated, len(tuples.packed), records=tuples.records)


def _spread(treated: Treated, places: npt.NDArray[np.integer]) -> Treated:
    """Return treated values as a column whose rows have the values at some places."""
    indices = places.astype(np.int32) if treated.indices is None else treated.indices[places]
    return replace(treated, indices=indices, drop=None if treated.drop is None else treated.drop[places])


def _count(
    plan: TablePlan,
    fitted: FittedTable,
    treated: Mapping[str, Treated],
    rows: int,
    *,
    persons: npt.NDArray[np.uint64] | None = None,
    records: npt.NDArray[np.integer] | None = None,
) -> TableCount:
    """Count treated rows, each of which may stand for several ``records``."""
    keep = kept_rows(rows, treated)

    def codes(name: str) -> npt.NDArray[np.int32]:
        domain = fitted.columns[name].domain or ()
        return domain_codes(treated[name], domain, f"tables.{plan.name}.columns.{name}")

    sizes = [len(fitted.columns[name].domain or ()) for name in plan.quasi_identifiers]
    _refuse_too_many(plan, sizes)
    frame = pl.DataFrame({PACKED: pack([codes(name) for name in plan.quasi_identifiers], sizes)[keep]})
    if records is not None:
        frame = frame.with_columns(pl.Series(RECORDS, records[keep].astype(np.int64)))
    count = partial(
        count_people,
        persons=None if persons is None else persons[keep],
        weights=None if records is None else RECORDS,
    )
    sensitive = {
        name: count(frame.with_columns(pl.Series(SENSITIVE, codes(name)[keep])), cap=EVERYBODY)
        for name in plan.protected
    }
    return TableCount(count(frame, cap=plan.people_cap), sensitive)


def _refuse_too_many(plan: TablePlan, sizes: Sequence[int]) -> None:
    _, tuples = radices(sizes)
    if tuples > MAX_TUPLES:
        raise RequirementError(
            "requirement.tuples",
            where=f"tables.{plan.name}",
            what=f"the quasi-identifiers have {tuples:.3g} possible combinations of values, more than can be"
            f" counted exactly ({MAX_TUPLES:.2g})",
            fix="use fewer quasi-identifiers, or coarsen columns with fixed methods first",
        )


def merge_histograms(parts: Sequence[Histograms]) -> Histograms:
    """Merge the histograms of any chunks, in any order."""
    names = sorted({name for part in parts for name in part})
    return {name: _merge([part[name] for part in parts if name in part]) for name in names}


def _merge(parts: Sequence[TableCount]) -> TableCount:
    return TableCount(
        merge_people([part.tuples for part in parts]),
        {name: merge_people([part.sensitive[name] for part in parts]) for name in parts[0].sensitive},
    )
