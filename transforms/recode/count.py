"""Pass 2: the histogram of quasi-identifier tuples, over the records that criteria 1 to 4 leave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from schemas.errors import RequirementError
from transforms.chunks import Chunk
from transforms.combinations.apply import remove
from transforms.criteria.coded import domain_codes, kept_rows
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


def count_chunk(plan: TablePlan, chunk: Chunk) -> Histograms:
    """Count records and people per distinct quasi-identifier tuple of one chunk.

    Raises:
        RequirementError: the quasi-identifiers have more possible tuples than can be told apart.
    """
    fitted: FittedTable = chunk.work.decision
    batch, key = chunk.batch, chunk.work.key
    treated = {
        name: plan.chains[name].apply(fitted.columns[name], batch.column(name), key)
        for name in {*plan.quasi_identifiers, *plan.protected, *plan.combined, *plan.dropping}
    }
    treated, _ = remove(plan, fitted.columns, fitted.removal, treated, batch.num_rows)
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
