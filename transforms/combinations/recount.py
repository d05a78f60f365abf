"""The recount of combinations while a table is written; nothing of the search that removed them is reused."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from tokumei.schemas.combinations import Combination
from tokumei.transforms.combinations.count import people_of
from tokumei.transforms.counting.people import PERSON, RECORDS, PeoplePerKey, count_rows
from tokumei.transforms.hierarchies.steps import ANY
from tokumei.transforms.planning.plan import TablePlan


def recount_combined(
    plan: TablePlan, batch: pa.RecordBatch, persons: npt.NDArray[np.uint64] | None
) -> PeoplePerKey | None:
    """Count the tuples of combined values (numbered columns, as text); None where no combination is declared.

    Args:
        plan: the table.
        batch: records that have the combined columns: those that reach the recoding, or those written.
        persons: the person hash of each, shape (n, 2); None where rows are people.
    """
    if not plan.combined:
        return None
    # Numbered columns: a column of the data may have any name.
    columns = {str(i): batch.column(name) for i, name in enumerate(plan.combined)}
    heads = persons[:, 0] if plan.counts_people and persons is not None else None
    cap = max(people_of(plan, combination) for combination in plan.table.combinations)
    counted = count_rows(columns, persons=heads, cap=cap)
    # That a quasi-identifier is generalized away (*) says nothing of anyone, as a blank does.
    text = [
        pl.when(pl.col(n).cast(pl.String) != ANY).then(pl.col(n).cast(pl.String)).alias(n)
        if name in plan.quasi_identifiers
        else pl.col(n).cast(pl.String)
        for n, name in zip(columns, plan.combined, strict=True)
    ]
    pairs = None if counted.pairs is None else counted.pairs.with_columns(text)
    return PeoplePerKey(counted.keys, counted.cap, counted.counts.with_columns(text), pairs)


def rare_left(plan: TablePlan, combination: Combination, counted: PeoplePerKey) -> int:
    """Count the combinations, of any size declared, that fewer people share than must.

    Args:
        plan: the table.
        combination: one of its declarations.
        counted: a merged recount.
    """
    # One and the same value in every record tells nothing about anyone, alone or in a combination.
    columns = [
        name
        for name in (str(plan.combined.index(c)) for c in combination.columns)
        if counted.counts[name].n_unique() > 1
    ]
    return sum(
        _rare(counted, subset, people_of(plan, combination))
        for size in range(1, combination.size + 1)
        for subset in itertools.combinations(columns, size)
    )


def _rare(counted: PeoplePerKey, subset: Sequence[str], people: int) -> int:
    whole = pl.all_horizontal(pl.col(name).is_not_null() for name in subset)
    if counted.pairs is None:
        shared = counted.counts.filter(whole).group_by(subset).agg(pl.col(RECORDS).sum().alias("n"))
    else:
        shared = counted.pairs.filter(whole).group_by(subset).agg(pl.col(PERSON).n_unique().alias("n"))
    return int((shared["n"] < people).sum())
