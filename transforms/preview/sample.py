"""The first records of files, as the chunks that the passes of a run would get."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from tokumei.schemas.splits import TableFile
from tokumei.schemas.treatment_base import ColumnType
from tokumei.transforms.engine.chunks import Chunk, Decided, Work
from tokumei.transforms.engine.run_key import RunKey
from tokumei.transforms.formats.splits import cut_files
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.planning.reading import read_chunks

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
    together: Sequence[TableFile],
    columns: Mapping[str, ColumnType],
    key: RunKey,
    decision: D,
    *,
    most: int,
    looked: Looked,
) -> Iterator[Chunk[D]]:
    """Read the first ``most`` records of each file, by the splits and the reader of a run.

    Args:
        table: whose files they are.
        together: a file, or small ones that a run reads together (`files_together`).
        columns: those that the pass needs.
        key: of the run that is tried.
        decision: what was decided so far; records that it leaves out are left out.
        most: records of a file at most, unreadable ones included.
        looked: told what was read.

    Raises:
        InputError: what the reader refuses, in a run too.
    """
    looked.files += len(together)
    read = Counter[str]()
    for split in cut_files(table.table.source, together):
        left = most - max(read.values(), default=0)
        if left <= 0:
            break
        for chunk in read_chunks(table, columns, Work(split, key, decision), most=left):
            yield chunk
            looked.records += chunk.records
            for origin in chunk.origins:
                read[origin.stretch.file.uri] += origin.records
    if any(records >= most for records in read.values()):  # there may be more
        looked.whole = False
