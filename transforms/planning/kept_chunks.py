"""Chunks of text that pass 1 has converted and pass 3 wants: converted once where one process is all.

To find cells in text and to convert them costs more than all that a pass makes of them. So a process that is
the whole engine keeps in memory what pass 1 has read of released tables, up to `KEPT_BYTES`. Pass 3 reads the
bytes once more, and takes these chunks if they are still the same. What is more is read and converted anew,
as on every other engine.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from tokumei.schemas.treatment_base import ColumnType
from tokumei.transforms.engine.chunks import Chunk, D_co, Work
from tokumei.transforms.formats.witness import refuse_replaced
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.planning.reading import read_chunks
from tokumei.transforms.storage.places import open_store

KEPT_BYTES = 128 << 20  # bytes: of 9 columns that repeat 3.7 million records


class _Kept:
    def __init__(self) -> None:
        self._left = KEPT_BYTES
        self._chunks = dict[str, list[Chunk[Any]]]()

    def room(self, size: int) -> bool:
        """Take so many bytes; return whether there are as many."""
        self._left -= size
        return self._left >= 0

    def put(self, split_id: str, chunks: list[Chunk[Any]]) -> None:
        self._chunks[split_id] = chunks

    def take(self, split_id: str) -> list[Chunk[Any]]:
        return self._chunks.pop(split_id, [])


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
