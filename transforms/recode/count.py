"""Pass 2: the histogram of quasi-identifier tuples, over the records that criteria 1 to 4 leave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from schemas.errors import InputError, RequirementError
from transforms.chunks import Chunk
from transforms.criteria.base import Mask, as_text
from transforms.criteria.chain import Treated
from transforms.keyed import person_hashes
from transforms.plan import EVERYBODY, TablePlan
from transforms.profile.fit import FittedTable
from transforms.profile.people import PeoplePerKey, count_people, merge_people
from transforms.recode.histogram import MAX_TUPLES, PACKED, pack, radices

VALUE = "#sensitive"


@dataclass(frozen=True)
class TableCount:
    """Counts of one table over its tuples.

    Attributes:
        tuples: records and people by PACKED.
        sensitive: by protected column, the same by PACKED and VALUE (the value's place in the domain);
            people are counted without a cap.
    """

    tuples: PeoplePerKey
    sensitive: Mapping[str, PeoplePerKey]


Histograms = dict[str, TableCount]


def domain_codes(treated: Treated, domain: tuple[str | None, ...], where: str) -> npt.NDArray[np.int32]:
    """Return each row's place in the column's domain.

    Raises:
        InputError: a value is not in the domain, so the input changed between two passes.
    """
    codes = pc.index_in(as_text(treated.values), value_set=pa.array(domain, pa.string()))
    if codes.null_count:
        raise InputError(
            "input.changed",
            where=where,
            what="the input changed while it was being read",
            fix="run again when nobody writes to the input",
        )
    numbers: npt.NDArray[np.int32] = codes.to_numpy(zero_copy_only=False)
    return numbers if treated.indices is None else numbers[treated.indices]


def kept_rows(rows: int, treated: Mapping[str, Treated]) -> Mask:
    """Return which rows no column's treatment drops."""
    keep: Mask = np.ones(rows, dtype=bool)
    for column in treated.values():
        if column.drop is not None:
            keep &= ~column.drop
    return keep


def count_chunk(plan: TablePlan, chunk: Chunk) -> Histograms:
    """Count records and people per distinct quasi-identifier tuple of one chunk.

    Raises:
        RequirementError: the quasi-identifiers have more possible tuples than can be told apart.
    """
    fitted: FittedTable = chunk.work.decision
    batch, key = chunk.batch, chunk.work.key
    treated = {
        name: plan.chains[name].apply(fitted.columns[name], batch.column(name), key)
        for name in {*plan.quasi_identifiers, *plan.protected, *plan.dropping}
    }
    keep = kept_rows(batch.num_rows, treated)

    def codes(name: str) -> npt.NDArray[np.int32]:
        domain = fitted.columns[name].domain or ()
        return domain_codes(treated[name], domain, f"tables.{plan.name}.columns.{name}")

    sizes = [len(fitted.columns[name].domain or ()) for name in plan.quasi_identifiers]
    _refuse_too_many(plan, sizes)
    frame = pl.DataFrame({PACKED: pack([codes(name) for name in plan.quasi_identifiers], sizes)[keep]})
    persons = None
    if plan.counts_people:
        persons = person_hashes(batch.column(plan.table.person), key)[keep, 0]
    sensitive = {
        name: count_people(
            frame.with_columns(pl.Series(VALUE, codes(name)[keep])), persons=persons, cap=EVERYBODY
        )
        for name in plan.protected
    }
    return {plan.name: TableCount(count_people(frame, persons=persons, cap=plan.people_cap), sensitive)}


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
