"""What pass 1 has made of chunks and pass 3 wants: made once where one process is all.

To find cells in text and to convert them costs more than all that a pass makes of them. So a process that is
the whole engine keeps in memory what pass 1 has read of released tables, up to `KEPT_BYTES`. Pass 3 reads the
bytes once more, and takes these chunks if they are still the same. What is more is read and converted anew,
as on every other engine.

Nor are texts treated again about which nothing is decided, as addresses that become places: pass 3 takes what
pass 1 has made of them, up to `TREATED_BYTES`, for a chunk whose source values have the same checksums.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from threading import Lock
from typing import Any, TypeAlias

import google_crc32c
import numpy as np
import pyarrow as pa

from tokumei.schemas.treatment_base import ColumnType
from tokumei.transforms.criteria.treated import Treated
from tokumei.transforms.engine.chunks import Chunk, D_co, Work
from tokumei.transforms.formats.witness import refuse_replaced
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.planning.reading import read_chunks
from tokumei.transforms.storage.places import open_store

KEPT_BYTES = 128 << 20  # bytes: of 9 columns that repeat 3.7 million records
TREATED_BYTES = 32 << 20  # bytes: of one column of places 16 million records
_FEW = 1 << 16  # labels that two bytes number

_Place: TypeAlias = tuple[str, str, str, int]  # table, column, split id and number of the chunk
_Source: TypeAlias = tuple[int, ...]  # sizes and checksums of source values


class _Kept:
    def __init__(self) -> None:
        self._left = KEPT_BYTES
        self._chunks = dict[str, list[Chunk[Any]]]()
        self._treated_left = TREATED_BYTES
        self._treated = dict[_Place, tuple[_Source, Treated]]()
        self._lock = Lock()  # chunks are treated in threads

    def room(self, size: int) -> bool:
        """Take so many bytes; return whether there are as many."""
        self._left -= size
        return self._left >= 0

    def put(self, split_id: str, chunks: list[Chunk[Any]]) -> None:
        self._chunks[split_id] = chunks

    def take(self, split_id: str) -> list[Chunk[Any]]:
        return self._chunks.pop(split_id, [])

    def treated_room(self, size: int) -> bool:
        with self._lock:
            fits = self._treated_left >= size
            self._treated_left -= size if fits else 0
        return fits

    def put_treated(self, place: _Place, source: _Source, treated: Treated) -> None:
        self._treated[place] = source, treated

    def take_treated(self, place: _Place) -> tuple[_Source, Treated] | None:
        return self._treated.pop(place, None)


_kept: list[_Kept] = []  # at most one; of this process alone


@contextmanager
def keeping() -> Iterator[None]:
    """Declare this process to be the whole engine while the block runs: only who runs a job knows that."""
    _kept.append(_Kept())
    try:
        yield
    finally:
        _kept.pop()


def read_and_keep(
    released: Collection[str], plan: TablePlan, columns: Mapping[str, ColumnType], work: Work[D_co]
) -> Iterator[Chunk[D_co]]:
    """Read a bound split as `read_chunks` does, and keep of it what pass 3 wants.

    Args:
        released: names of the tables that pass 3 reads.
        plan: of the table.
        columns: which columns this pass needs.
        work: the split.
    """
    again = plan.output_types()
    keeps = bool(_kept) and plan.name in released and plan.table.source.facts.parsed
    keeps = keeps and again.items() <= columns.items()
    chunks: list[Chunk[Any]] = []
    for chunk in read_chunks(plan, columns, work):
        if keeps:
            batch = chunk.batch.select(list(again))
            keeps = _kept[-1].room(batch.nbytes)
            chunks.append(replace(chunk, batch=batch, memo={}))
        yield chunk
    if keeps:
        _kept[-1].put(work.split.split_id, chunks)


def read_kept(plan: TablePlan, columns: Mapping[str, ColumnType], work: Work[D_co]) -> Iterator[Chunk[D_co]]:
    """Give out the chunks of a split that pass 1 kept, without what it rejected; else read it.

    Raises:
        InputError: see `read_chunks`; whatever is kept, the files are those that pass 1 has read.
    """
    split = work.split
    chunks = _kept[-1].take(split.split_id) if _kept else []
    if not chunks:
        yield from read_chunks(plan, columns, work)
        return
    files = [stretch.file for stretch in split.stretches]
    refuse_replaced(open_store(files[0].uri), files, work.decision.seen.get(split.split_id, b""))
    while chunks:
        chunk = chunks.pop(0)
        origins = tuple(origin._replace(rejects={}) for origin in chunk.origins)
        yield replace(chunk, work=work, rejects={}, rejected=(), origins=origins)


def keep_treated(plan: TablePlan, name: str, chunk: Chunk[Any], reached: Treated) -> None:
    """Keep what pass 1 has made of a released column, if pass 3 makes the same of it, and few labels."""
    values, places = plan.values_of(name, chunk.batch), reached.indices
    if not _kept or places is None or reached.drop is not None or not _costs(plan, name, values):
        return
    few = name in plan.table.released and len(reached.values) <= _FEW
    if few and _kept[-1].treated_room(2 * len(places) + reached.values.nbytes):
        small = replace(reached, indices=places.astype(np.uint16))
        _kept[-1].put_treated(_place(plan, name, chunk), _source(values), small)


def treated_before(plan: TablePlan, name: str, chunk: Chunk[Any]) -> Treated | None:
    """Return, once, what pass 1 has made of a chunk's column, if it was kept and made of the same values."""
    kept = _kept[-1].take_treated(_place(plan, name, chunk)) if _kept else None
    values = plan.values_of(name, chunk.batch) if kept else None
    if kept is None or not _costs(plan, name, values) or kept[0] != _source(values):
        return None
    return replace(kept[1], indices=np.asarray(kept[1].indices, np.int32))


def _costs(plan: TablePlan, name: str, values: pa.Array) -> bool:
    """Whether to treat the values costs more than to compare them, and gives texts in every pass."""
    column = plan.table.columns[name]
    same = plan.chains[name].undecided and column.type == column.released_type == "string"
    return same and pa.types.is_string(values.type) and values.offset == 0


def _place(plan: TablePlan, name: str, chunk: Chunk[Any]) -> _Place:
    return plan.name, name, chunk.work.split.split_id, chunk.number


def _source(values: pa.StringArray) -> _Source:
    held = [b"" if buffer is None else memoryview(buffer) for buffer in values.buffers()]
    ends = np.frombuffer(held[1], np.int32, len(values) + 1)
    used = ((len(values) + 7) // 8, ends.nbytes, int(ends[-1]))
    checksums = (google_crc32c.value(bytes(part[:n])) for part, n in zip(held, used, strict=True))
    return len(values), *used, *checksums
