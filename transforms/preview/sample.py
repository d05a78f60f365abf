"""The first records of a file, as the chunks that the passes of a run would get."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from tokumei.schemas.splits import SourceFile, Split
from tokumei.schemas.treatment_base import ColumnType
from tokumei.transforms.engine.chunks import Chunk, Decided, Work
from tokumei.transforms.engine.run_key import RunKey
from tokumei.transforms.formats.batches import Numbers, ReadBatch
from tokumei.transforms.formats.reader import read_split
from tokumei.transforms.formats.splits import plan_splits
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.storage.places import open_store

D = TypeVar("D", bound=Decided)


@dataclass
class Looked:
    """How far the files of a table were looked into.

    Attributes:
        files: how many.
        records: read, unreadable ones included.
        whole: there are no more.
    """

    files: int = 0
    records: int = 0
    whole: bool = True


def first_chunks(
    table: TablePlan,
    file: SourceFile,
    columns: Mapping[str, ColumnType],
    key: RunKey,
    decision: D,
    *,
    most: int,
    looked: Looked,
) -> Iterator[Chunk[D]]:
    """Read the first ``most`` records of a file, by the splits and the reader of a run.

    Args:
        table: whose file it is.
        file: as it was planned.
        columns: those that the pass needs.
        key: of the run that is tried.
        decision: what was decided so far; records that it leaves out are left out.
        most: records at most, unreadable ones included.
        looked: told what was read.

    Raises:
        InputError: what the reader refuses, in a run too.
    """
    store = open_store(file.uri)
    left = most
    looked.files += 1
    for split in plan_splits(table.name, table.table.source, file, store):
        exclude = np.array(decision.rejected.get(split.split_id, ()), dtype=np.int64)
        before = 0
        for number, found in enumerate(
            read_split(split, table.table.source, columns, store, declared=table.columns, exclude=exclude)
        ):
            if found.records > left:
                looked.whole = False
            if not left:
                return
            read = _cut(found, before, exclude, left)
            yield _chunk(split, key, decision, number, read)
            looked.records += read.records
            left -= read.records
            before += found.records


def _cut(read: ReadBatch, before: int, exclude: Numbers, most: int) -> ReadBatch:
    """Return at most so many records of a batch, of which others stand ``before`` it in its split."""
    if read.records <= most:
        return read
    last = before + most
    rejects = [reject for reject in read.rejects if reject.record <= last]
    silent = int(((exclude > before) & (exclude <= last)).sum())
    rows = most - len(rejects) - silent
    return ReadBatch(read.batch.slice(0, rows), rejects, most, read.numbers[:rows])


def _chunk(split: Split, key: RunKey, decision: D, number: int, read: ReadBatch) -> Chunk[D]:
    rejects: dict[tuple[str, str], int] = {}
    for reject in read.rejects:
        place = (reject.column, reject.reason)
        rejects[place] = rejects.get(place, 0) + 1
    return Chunk(
        work=Work(split, key, decision),
        number=number,
        last=False,
        records=read.records,
        rejects=rejects,
        rejected=tuple(reject.record for reject in read.rejects),
        batch=read.batch,
    )
