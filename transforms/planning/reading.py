"""Bound splits as chunks of typed records: what every pass sees of a file, and what `check` tries."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from tokumei.schemas.splits import Origin
from tokumei.schemas.treatment_base import ColumnType
from tokumei.transforms.engine.chunks import Chunk, D_co, Work
from tokumei.transforms.formats.batches import MAX_ROWS, Numbers, ReadBatch
from tokumei.transforms.formats.convert import ARROW_TYPES
from tokumei.transforms.planning.ahead import begin_reading, begun_ahead
from tokumei.transforms.planning.persons import attributed
from tokumei.transforms.planning.plan import TablePlan

CHUNK_BYTES = 64 << 20


@dataclass(kw_only=True)
class _Held:
    """What was read and is not yet handed on."""

    batches: list[pa.RecordBatch] = field(default_factory=list)
    unattributed: list[Numbers] = field(default_factory=list)
    rejected: list[int] = field(default_factory=list)
    notes: Counter[tuple[str, str]] = field(default_factory=Counter)
    blank: int = 0
    origins: list[Origin] = field(default_factory=list)

    def full_with(self, batch: pa.RecordBatch, read: ReadBatch) -> bool:
        """Whether a batch more would be too much for a chunk."""
        return bool(self.batches) and (
            sum(b.num_rows for b in self.batches) + batch.num_rows > MAX_ROWS
            or sum(b.nbytes for b in self.batches) + batch.nbytes > CHUNK_BYTES
            or len(self.rejected) + len(read.rejects) > MAX_ROWS
        )

    def add(self, batch: pa.RecordBatch, unknown: Numbers, read: ReadBatch) -> None:
        """Take in a batch."""
        self.batches.append(batch)
        self.unattributed.append(unknown)
        self.blank += read.blank
        self.notes.update(read.notes)
        self.rejected += [reject.record for reject in read.rejects]
        for origin in _with_rejects(read):
            same = self.origins and self.origins[-1].stretch == origin.stretch
            self.origins.append(_sum(self.origins.pop(), origin) if same else origin)

    def chunk(self, work: Work[D_co], number: int, *, last: bool, seen: bytes) -> Chunk[D_co]:
        """Return the chunk."""
        batch = pa.concat_batches(self.batches) if len(self.batches) != 1 else self.batches[0]
        return Chunk(
            work=work,
            number=number,
            last=last,
            records=sum(origin.records for origin in self.origins),
            rejects=dict(_added(origin.rejects for origin in self.origins)),
            rejected=tuple(self.rejected),
            batch=batch,
            seen=seen,
            notes=dict(self.notes),
            unattributed=np.concatenate([*self.unattributed, np.empty(0, np.int64)]),
            blank=self.blank,
            origins=tuple(self.origins),
        )


def _with_rejects(read: ReadBatch) -> Iterator[Origin]:
    """Yield the origins of a batch, with what was unreadable of each."""
    starts = [origin.before for origin in read.origins]
    told = [Counter[tuple[str, str]]() for _ in starts]
    for reject in read.rejects:
        told[bisect_left(starts, reject.record) - 1][reject.column, reject.told] += 1
    for origin, rejects in zip(read.origins, told, strict=True):
        yield origin._replace(rejects=rejects)


def _sum(one: Origin, more: Origin) -> Origin:
    rejects = _added([one.rejects, more.rejects])
    return one._replace(records=one.records + more.records, rejects=rejects)


def _added(counts: Iterable[Mapping[tuple[str, str], int]]) -> Counter[tuple[str, str]]:
    added: Counter[tuple[str, str]] = Counter()
    for count in counts:
        added.update(count)
    return added


def read_chunks(
    plan: TablePlan, columns: Mapping[str, ColumnType], work: Work[D_co], *, most: int | None = None
) -> Iterator[Chunk[D_co]]:
    """Read a bound split as chunks: at least one, and exactly one is marked last. A retry reads the same.

    Args:
        plan: of the table.
        columns: which columns this pass needs.
        work: the split, with what was decided so far.
        most: so many records of each stretch at most, blank and unreadable ones included; by default all.

    Raises:
        InputError: the file is damaged, or has changed since planning or since the pass before.
    """
    decided, split = work.decision, work.split
    seen = decided.seen.get(split.split_id, b"")
    # Pass 1 alone has nothing to compare with, and its columns are those that were begun with.
    begun = begun_ahead(split) if not seen and columns == plan.profile_types() else None
    witness, batches = begun or begin_reading(
        plan, columns, split, seen, decided.rejected.get(split.split_id, ())
    )
    held, number = _Held(), 0
    for read in batches if most is None else _first(batches, most, alone=len(split.stretches) == 1):
        batch, unknown = attributed(plan, read, columns)
        if held.full_with(batch, read):
            yield held.chunk(work, number, last=False, seen=b"")
            held, number = _Held(), number + 1
        held.add(batch, unknown, read)
    if not held.batches:
        held.batches = [_empty(columns)]
    yield held.chunk(work, number, last=True, seen=witness.seen() if most is None else b"")


def _first(batches: Iterator[ReadBatch], most: int, *, alone: bool) -> Iterator[ReadBatch]:
    """Yield batches up to a number of records of each stretch; no more are read of one that is alone."""
    before = 0
    for read in batches:
        yield _up_to(read, before, most)
        before += read.records
        if alone and before >= most:
            return


def _up_to(read: ReadBatch, before: int, most: int) -> ReadBatch:
    """Return a batch, before which there are so many records, without those after the first of a stretch."""
    records = np.array([origin.records for origin in read.origins])
    ends = before + np.cumsum(records)
    lasts = np.minimum(ends, np.array([origin.before for origin in read.origins]) + most)
    if (lasts == ends).all():
        return read
    left = np.maximum(lasts - ends + records, 0)
    kept = read.numbers <= lasts[np.searchsorted(ends, read.numbers)]
    rejects = [
        reject for reject in read.rejects if reject.record <= lasts[np.searchsorted(ends, reject.record)]
    ]
    return read._replace(
        batch=read.batch.filter(pa.array(kept)),
        numbers=read.numbers[kept],
        rejects=rejects,
        records=int(left.sum()),
        blank=min(read.blank, int(left.sum() - kept.sum()) - len(rejects)),
        origins=tuple(o._replace(records=n) for o, n in zip(read.origins, left.tolist(), strict=True)),
    )


def _empty(columns: Mapping[str, ColumnType]) -> pa.RecordBatch:
    schema = pa.schema([(name, ARROW_TYPES[kind]) for name, kind in columns.items()])
    return pa.RecordBatch.from_pylist([], schema=schema)
