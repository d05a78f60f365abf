"""Recounting equivalence classes on the very batches that were written; nothing of the recoding is reused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from tokumei.transforms.counting.contingency import Contingency
from tokumei.transforms.counting.histogram import Histogram, pack
from tokumei.transforms.counting.people import PERSON, RECORDS, PeoplePerKey, count_rows, merge_people
from tokumei.transforms.decisions.fitted import FittedTable
from tokumei.transforms.planning.plan import EVERYBODY, TablePlan
from tokumei.transforms.values.cells import as_text

_SENSITIVE = "#sensitive"


@dataclass(frozen=True)
class WrittenClasses:
    """People and records by what stands in the quasi-identifier columns of the release.

    Attributes:
        labels: by quasi-identifier; key columns are numbered, because a column of the data may have any name.
        sensitive: by protected column, the same by quasi-identifier and _SENSITIVE.
    """

    labels: PeoplePerKey
    sensitive: Mapping[str, PeoplePerKey]


def recount(
    table: TablePlan, batch: pa.RecordBatch, persons: npt.NDArray[np.uint64] | None
) -> WrittenClasses | None:
    """Group written rows by their quasi-identifiers; None where the table has none.

    Args:
        table: the plan.
        batch: released columns.
        persons: 128-bit keyed hash of each row's person, shape (n, 2); None where rows are people.
    """
    if not table.quasi_identifiers:
        return None
    names = [str(i) for i, _ in enumerate(table.quasi_identifiers)]
    labels = {i: batch.column(name) for i, name in zip(names, table.quasi_identifiers, strict=True)}
    heads = persons[:, 0] if table.counts_people and persons is not None else None
    sensitive = {}
    for name in table.protected:
        values = as_text(batch.column(name))
        found = count_rows(labels | {_SENSITIVE: values}, persons=heads, cap=EVERYBODY)
        sensitive[name] = _as_text(found, names)
    return WrittenClasses(_as_text(count_rows(labels, persons=heads, cap=table.people_cap), names), sensitive)


def _as_text(counted: PeoplePerKey, names: Sequence[str]) -> PeoplePerKey:
    text = pl.col(names).cast(pl.String)
    pairs = None if counted.pairs is None else counted.pairs.with_columns(text)
    return PeoplePerKey(counted.keys, counted.cap, counted.counts.with_columns(text), pairs)


def merge_classes(parts: Sequence[WrittenClasses]) -> WrittenClasses:
    """Add up recounts, in any order."""
    return WrittenClasses(
        merge_people([part.labels for part in parts]),
        {name: merge_people([part.sensitive[name] for part in parts]) for name in parts[0].sensitive},
    )


def classes_of(
    written: WrittenClasses,
    fitted: FittedTable,
    population: Mapping[tuple[str | None, ...], int] | None,
) -> Histogram:
    """Return the recounted classes in the form that privacy models look at.

    Args:
        written: the merged recount.
        fitted: the decisions of pass 1, for the domains of protected columns.
        population: people of the population by class labels, where a model compares with it. A class that it
            does not know has nobody there.
    """
    names = list(written.labels.keys)
    columns = [written.labels.counts[name].unique().sort(nulls_last=True) for name in names]
    sizes = tuple(len(values) for values in columns)

    def packed(frame: pl.DataFrame) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        codes = [
            pc.index_in(frame[name].to_arrow(), value_set=values.to_arrow()).to_numpy(zero_copy_only=False)
            for name, values in zip(names, columns, strict=True)
        ]
        return pack([column.astype(np.int32) for column in codes], sizes)

    keys = packed(written.labels.counts)
    order = np.argsort(keys)
    keys, records = keys[order], written.labels.counts[RECORDS].to_numpy()[order]
    rows, persons = None, None
    if written.labels.pairs is not None:
        rows = np.searchsorted(keys, packed(written.labels.pairs))
        persons = written.labels.pairs[PERSON].to_numpy()
    people = None
    if population is not None:
        labels = written.labels.counts.select(names).rows()
        people = np.array([population.get(row, 0) for row in labels], dtype=np.int64)[order]
    return Histogram(
        keys=keys,
        sizes=sizes,
        records=records,
        total_people=int(records.sum()),
        pair_rows=rows,
        pair_persons=persons,
        sensitive={
            name: _contingency(found, np.searchsorted(keys, packed(_entries(found))), fitted, name)
            for name, found in written.sensitive.items()
        },
        population=people,
        nulls=tuple(len(values) - 1 if values.null_count() else -1 for values in columns),
    )


def _entries(found: PeoplePerKey) -> pl.DataFrame:
    return found.counts if found.pairs is None else found.pairs


def _contingency(
    found: PeoplePerKey, classes: np.ndarray[tuple[int], np.dtype[np.int64]], fitted: FittedTable, name: str
) -> Contingency:
    domain = pa.array(fitted.columns[name].domain or (), pa.string())
    frame = _entries(found)
    values = pc.index_in(frame[_SENSITIVE].to_arrow().cast(pa.string()), value_set=domain)
    codes = values.to_numpy(zero_copy_only=False).astype(np.int64)
    order = np.lexsort((codes, classes))
    people = np.ones(frame.height, np.int64) if found.pairs is not None else frame[RECORDS].to_numpy()
    persons = None if found.pairs is None else frame[PERSON].to_numpy()[order]
    return Contingency(
        tuples=classes[order], values=codes[order], counts=people[order], size=len(domain), persons=persons
    )
