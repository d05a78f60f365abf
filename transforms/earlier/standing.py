"""Who stands in which class, of one chunk: keyed hashes of people, classes and records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from tokumei.schemas.treatment_base import ColumnType
from tokumei.transforms.attacks.targets import combination_of
from tokumei.transforms.counting.keyed import joint_keys, keyed_hashes, person_hashes
from tokumei.transforms.counting.people import PERSON
from tokumei.transforms.criteria.chain import Fitted
from tokumei.transforms.criteria.coded import domain_codes
from tokumei.transforms.criteria.treated import Treated
from tokumei.transforms.earlier.changes import InClasses, Keys, merge_standing
from tokumei.transforms.engine.chunks import Chunk
from tokumei.transforms.engine.run_key import RunKey
from tokumei.transforms.planning.persons import person_codes
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.values.cells import Mask


def told_apart(plan: TablePlan) -> bool:
    """Whether people of a table can be told to be the same in two releases: every record has a code."""
    return plan.table.person is not None and plan.table.person_missing != "each_alone"


def standing_types(plan: TablePlan) -> dict[str, ColumnType]:
    """Columns read to tell who stands in which class with which record."""
    names = (*plan.table.released, *plan.dropping, *plan.combined, *plan.table.totalled)
    return plan.types(*names, plan.table.person)


PLACE = "#place"
WHOLE = ""  # stands for whole records, where a person has several


def shown(plan: TablePlan) -> tuple[str, ...]:
    """Columns of which a reader sees the same text every time that the source has it.

    Pseudonyms and moved values are others in every release.
    """
    return tuple(
        name
        for name in plan.table.released
        if name not in plan.quasi_identifiers
        and name not in plan.by_record
        and plan.table.columns[name].link is None
    )


def pair_keys(
    plan: TablePlan, chunk: Chunk[Any], labels: Mapping[str, pa.Array], salt: RunKey
) -> tuple[Keys, Keys]:
    """Return the key of the class of each record, and of its person in that class.

    Args:
        plan: the table.
        chunk: as it was read.
        labels: its generalized quasi-identifiers.
        salt: the key of all releases of the file.
    """
    names = plan.quasi_identifiers
    columns = pa.RecordBatch.from_arrays([labels[name] for name in names], names=list(names))
    classes = combination_of(columns, names, salt) if names else np.zeros(chunk.batch.num_rows, np.uint64)
    persons = person_hashes(person_codes(plan, chunk.batch), salt)[:, 0]
    return classes, joint_keys(persons, classes.view(np.int64))


def joined_places(
    plan: TablePlan, chunk: Chunk[Any], labels: Mapping[str, pa.Array], keep: Mask, salt: RunKey
) -> pl.DataFrame:
    """Return `PERSON` and `PLACE`, the key of the table and of the class in it, of the records that count."""
    persons = person_hashes(person_codes(plan, chunk.batch), salt)[:, 0]
    table = keyed_hashes(pa.array([plan.name]), salt.derive("joined tables")).view(np.int64)[0, 0]
    places = joint_keys(pair_keys(plan, chunk, labels, salt)[0], np.full(len(persons), table))
    return pl.DataFrame({PERSON: persons[keep], PLACE: places[keep]}).unique()


def standing_of(
    plan: TablePlan,
    chunk: Chunk[Any],
    treated: Mapping[str, Treated],
    labels: Mapping[str, pa.Array],
    *,
    keep: Mask,
    salt: RunKey,
) -> InClasses:
    """Return who of a chunk stands in which class with which record.

    Args:
        plan: the table; see `told_apart`.
        chunk: as it was read.
        treated: its columns after their own treatments and all removals.
        labels: its generalized quasi-identifiers, before labels that too few bear become ``*``: what holds
            in the finer classes holds in theirs.
        keep: which records count.
        salt: the key of all releases of the file.
    """
    classes, pairs = pair_keys(plan, chunk, labels, salt)
    values, lines = shown_keys(plan, chunk, treated, salt), np.ones(len(pairs), np.int64)
    return merge_standing([InClasses(classes, pairs, values, lines).only(keep)])


def shown_keys(
    plan: TablePlan, chunk: Chunk[Any], treated: Mapping[str, Treated], salt: RunKey
) -> dict[str, Keys]:
    """Return the key of the value of each record in each compared column, as it is shown."""
    names = shown(plan)
    columns = [treated[name].rows() if name in treated else chunk.batch.column(name) for name in names]
    records = pa.RecordBatch.from_arrays(columns, names=list(names))
    values = {name: combination_of(records, [name], salt) for name in names}
    if plan.table.rows_per_person == "several":
        whole = combination_of(records, names, salt) if names else None
        values[WHOLE] = np.ones(chunk.batch.num_rows, np.uint64) if whole is None else whole
    return values


def labels_at(
    plan: TablePlan,
    levels: Mapping[str, int],
    fitted: Mapping[str, Fitted],
    treated: Mapping[str, Treated],
) -> dict[str, pa.DictionaryArray]:
    """Return the quasi-identifiers of a chunk at the levels of an earlier release.

    Raises:
        InputError: a value is not in its hierarchy, or was not there in pass 1.
    """
    labels = {}
    for name in plan.quasi_identifiers:
        where = f"tables.{plan.name}.columns.{name}"
        ladder = plan.chains[name].ladder(fitted[name])
        level = levels[name]
        places = ladder.codes[level][domain_codes(treated[name], ladder.values, where)]
        texts = pa.array(ladder.labels[level], pa.string())
        labels[name] = texts.take(pa.array(places)).dictionary_encode()
    return labels
