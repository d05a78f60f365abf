"""The first records of a file, as the chunks that the passes of a run would get."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from tokumei.schemas.splits import SourceFile
from tokumei.schemas.treatment_base import ColumnType
from tokumei.transforms.engine.chunks import Chunk, Decided, Work
from tokumei.transforms.engine.run_key import RunKey
from tokumei.transforms.formats.splits import plan_splits
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.planning.reading import read_chunks
from tokumei.transforms.storage.places import open_store

D = TypeVar("D", bound=Decided)


@dataclass
class Looked:
    """How far the files of a table were looked into.

    Attributes:
        files: how many.
        records: read, unreadable ones included.
        whole: there are surely no more.
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
    left = most
    looked.files += 1
    for split in plan_splits(table.name, table.table.source, file, open_store(file.uri)):
        if left:
            for chunk in read_chunks(table, columns, Work(split, key, decision), most=left):
                yield chunk
                looked.records += chunk.records
                left -= chunk.records
    if not left:  # there may be more
        looked.whole = False
