"""What pass 1 reads first, read while the process still imports its engine and builds the graph.

That takes one processor half a second, and until pass 1 has its first records, the others wait. So a thread
begins with the first split and builds the tables that treatments look into. It holds `BATCHES_AHEAD` at most.
What it could not read is left to pass 1, which meets the same fault and tells it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from itertools import takewhile
from threading import Event, Thread

import numpy as np

from tokumei.schemas.splits import Split, TableFile
from tokumei.schemas.treatment_base import ColumnType
from tokumei.transforms.formats.batches import ReadBatch
from tokumei.transforms.formats.reader import read_split
from tokumei.transforms.formats.splits import cut_files
from tokumei.transforms.formats.witness import Witness, as_store
from tokumei.transforms.planning.inputs import files_together
from tokumei.transforms.planning.plan import Plan, TablePlan
from tokumei.transforms.storage.places import open_store

BATCHES_AHEAD = 4  # about as many as are read in that time; of the benchmark's columns 40 MiB

Begun = tuple[Witness, Iterator[ReadBatch]]


def _columns_to_read(plan: TablePlan, columns: Mapping[str, ColumnType]) -> dict[str, ColumnType]:
    """Return the columns of a pass, with the person's where records without one are left out."""
    wanted = dict(columns)
    if plan.table.person_missing == "drop":
        wanted |= plan.types(plan.table.person)
    return wanted


def begin_reading(
    plan: TablePlan,
    columns: Mapping[str, ColumnType],
    split: Split,
    seen: bytes = b"",
    exclude: Sequence[int] = (),
) -> Begun:
    """Begin to read the wanted columns of a split; return who witnesses it, and its batches.

    Args:
        plan: of the table.
        columns: which columns a pass needs.
        split: what is read.
        seen: what pass 1 has read of it; empty in pass 1.
        exclude: numbers of records to leave out.
    """
    files = [stretch.file for stretch in split.stretches]
    witness = Witness(open_store(files[0].uri), files, seen)
    batches = read_split(
        split,
        plan.table.source,
        _columns_to_read(plan, columns),
        as_store(witness),
        declared=plan.columns,
        exclude=np.array(exclude, dtype=np.int64),
        dates=plan.dates,
    )
    return witness, batches


class _Ahead:
    def __init__(self, plan: Plan, files: Sequence[TableFile]) -> None:
        self._tables = plan.sources
        self._files = next(files_together(files, self._tables), ())
        self._enough = Event()
        self._cut = Future[list[Split]]()
        self._begun: Begun | None = None
        self._thread = Thread(target=self._work, name="ahead", daemon=True)
        self._thread.start()

    def cut(self, files: tuple[TableFile, ...]) -> list[Split]:
        """Return the splits of files, once they are cut; none of others, or where they cannot be."""
        return self._cut.result() if files == self._files else []

    def take(self, split: Split) -> Begun | None:
        """Give out what was begun of a split, once."""
        if self._cut.result()[:1] != [split]:
            return None
        self.end()
        begun, self._begun = self._begun, None
        return begun

    def end(self) -> None:
        self._enough.set()
        self._thread.join()

    def _work(self) -> None:
        splits: list[Split] = []
        with suppress(Exception):
            cut = cut_files(self._tables[self._files[0].table].table.source, self._files)
            # To cut a large text takes a while, for which a run that has ended does not wait.
            splits = [*takewhile(lambda _: not self._enough.is_set(), cut)]
        self._cut.set_result(splits)
        with suppress(Exception):
            self._read(splits[0])

    def _read(self, split: Split) -> None:
        plan = self._tables[split.table]
        witness, batches = begin_reading(plan, plan.profile_types(), split)
        held = deque[ReadBatch]()
        for batch in batches:
            held.append(batch)
            if len(held) == 1:
                for chain in plan.chains.values():
                    chain.prepare()
            if self._enough.is_set() or len(held) == BATCHES_AHEAD:
                break
        self._begun = witness, _all_of(held, batches)


def _all_of(held: deque[ReadBatch], batches: Iterator[ReadBatch]) -> Iterator[ReadBatch]:
    while held:
        yield held.popleft()
    yield from batches


_ahead: list[_Ahead] = []  # at most one; of this process alone


@contextmanager
def reading_ahead(plan: Plan, files: Sequence[TableFile]) -> Iterator[None]:
    """Begin in a thread what pass 1 of this process reads first, while the block prepares it and runs it."""
    _ahead.append(_Ahead(plan, files))
    try:
        yield
    finally:
        _ahead.pop().end()


def cut_ahead(files: tuple[TableFile, ...]) -> list[Split]:
    """Return the splits of files that are read together, if they were cut for pass 1; else none."""
    return _ahead[-1].cut(files) if _ahead else []


def begun_ahead(split: Split) -> Begun | None:
    """Return, once, what was begun of a split for pass 1; its batches are then read on. None of any other."""
    return _ahead[-1].take(split) if _ahead else None
