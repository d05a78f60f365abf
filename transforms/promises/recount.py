"""The recount of promises on the very batches that are written; nothing of what settled them is reused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from tokumei.transforms.counting.people import (
    PEOPLE,
    PERSON,
    RECORDS,
    PeoplePerKey,
    count_people,
    merge_people,
)
from tokumei.transforms.criteria.promise import Promise
from tokumei.transforms.hierarchies.steps import ANY
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.values.cells import as_text

_LABEL = "#label"
_FEW = 1 << 12

Bearers = dict[str, PeoplePerKey]


def recount_bearers(
    plan: TablePlan,
    promises: Mapping[str, Promise],
    released: pa.RecordBatch,
    persons: npt.NDArray[np.uint64] | None,
) -> Bearers:
    """Count people by released value: of each column that promises something, and of each area.

    Args:
        plan: the table.
        promises: by column, what is promised.
        released: what is written.
        persons: the person hashes of its rows, or None where rows are people.
    """
    heads = persons[:, 0] if plan.counts_people and persons is not None else None
    bearers = {}
    for name in (*promises, *plan.areas):
        promise = promises.get(name, Promise(plan.k, {}))
        values, quasi = released.column(name), name in plan.quasi_identifiers
        if heads is None and pa.types.is_dictionary(values.type) and len(values.dictionary) <= _FEW:
            bearers[name] = _of_few(values, promise, starred=quasi)
            continue
        labels = pl.Series(_LABEL, as_text(values)).cast(pl.String)
        mask = labels.is_not_null() & (labels != ANY if quasi else True)
        if not promise.every:
            mask &= labels.is_in([*promise.labels])
        bearers[name] = count_people(
            labels.filter(mask).to_frame(),
            persons=None if heads is None else heads[mask.to_numpy()],
            cap=max(promise.most, 1),
        )
    return bearers


def _of_few(values: pa.DictionaryArray, promise: Promise, *, starred: bool) -> PeoplePerKey:
    """Count rows by label where these are few: polars takes longer to begin than this takes in all."""
    records = Counter[str]()
    rows = np.bincount(values.indices.drop_null().to_numpy(), minlength=len(values.dictionary))
    for label, borne in zip(as_text(values.dictionary).to_pylist(), rows.tolist(), strict=True):
        asked = label is not None and (promise.every or label in promise.labels)
        if borne and asked and not (starred and label == ANY):
            records[label] += borne
    counts = pl.DataFrame(
        {_LABEL: list(records), RECORDS: list(records.values())},
        schema={_LABEL: pl.String, RECORDS: pl.Int64},
    )
    return PeoplePerKey((_LABEL,), None, counts, None)


def merge_bearers(parts: Sequence[Bearers]) -> Bearers:
    """Merge the recounts of any chunks, in any order."""
    return {name: merge_people([part[name] for part in parts]) for name in (parts[0] if parts else ())}


def too_few(promise: Promise, bearers: PeoplePerKey) -> tuple[int, int]:
    """Return how many labels are borne by fewer people than promised, and by how many people in all."""
    people = bearers.people()
    wanted = [promise.of(label) for label in people[_LABEL].to_list()]
    short = people.filter(pl.col(PEOPLE) < pl.Series(wanted, dtype=pl.Int64))
    if bearers.pairs is None:
        return short.height, int(short[PEOPLE].sum())
    who = bearers.pairs.join(short.select(_LABEL), on=_LABEL)
    return short.height, who[PERSON].n_unique()
