"""Whose record it is: records without a person code, and one keyed hash for the person of each record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tokumei.schemas.treatment_base import ColumnType
from tokumei.transforms.counting.codes import folded_codes
from tokumei.transforms.counting.keyed import keyed_hashes, person_hashes
from tokumei.transforms.engine.chunks import Chunk
from tokumei.transforms.formats.batches import Numbers, ReadBatch
from tokumei.transforms.planning.plan import TablePlan

_NONE: Numbers = np.empty(0, np.int64)


def attributed(
    plan: TablePlan, read: ReadBatch, columns: Mapping[str, ColumnType]
) -> tuple[pa.RecordBatch, Numbers]:
    """Return the wanted columns of a batch, and the numbers of its records that have no person code.

    These records are in the batch, unless the table leaves them out. The same in every pass.
    """
    batch, person = read.batch, plan.table.person
    if person is None or person not in batch.schema.names:
        return batch, _NONE
    unknown = _missing(batch.column(person))
    if not unknown.any():
        return batch.select(list(columns)), _NONE
    if plan.table.person_missing == "drop":
        batch = batch.take(pa.array(np.flatnonzero(~unknown)))
    return batch.select(list(columns)), read.numbers[unknown]


def person_codes(plan: TablePlan, batch: pa.RecordBatch) -> pa.Array:
    """Return the person code of each record, in the spelling in which codes are compared."""
    codes = batch.column(plan.table.person)
    return folded_codes(codes) if plan.codes == "folded" else codes


def persons_of(
    plan: TablePlan, chunk: Chunk[Any], respelled: pa.Array | None = None
) -> npt.NDArray[np.uint64]:
    """Return one 128-bit keyed hash of each record's person, shape (n, 2); by other codes, if given.

    Who has no code is a person of their own: hashed from the split and the record's number in it, under a key
    of its own, so that it is the same in every pass and retry, and is nobody who has a code.
    """
    if respelled is not None:
        return _hashes(chunk, respelled)
    if "persons" not in chunk.memo:  # a removal and a count ask for the same
        chunk.memo["persons"] = _hashes(chunk, person_codes(plan, chunk.batch))
    hashes: npt.NDArray[np.uint64] = chunk.memo["persons"]
    return hashes


def _hashes(chunk: Chunk[Any], codes: pa.Array) -> npt.NDArray[np.uint64]:
    key = chunk.work.key
    hashes = person_hashes(codes, key)
    unknown = _missing(codes)
    if unknown.any():
        numbers = pa.array(chunk.unattributed).cast(pa.string())
        places = pc.binary_join_element_wise(chunk.work.split.split_id, numbers, " ")
        hashes = hashes.copy()
        hashes[unknown] = keyed_hashes(places, key.derive("person without code")).view(np.uint64)
    return hashes


def _missing(codes: pa.Array) -> npt.NDArray[np.bool_]:
    missing: npt.NDArray[np.bool_] = codes.is_null().to_numpy(zero_copy_only=False)
    return missing
