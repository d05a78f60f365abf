"""PTransforms that plan splits and read them into columnar chunks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping

import apache_beam as beam
import numpy as np
import pyarrow as pa
from apache_beam.pvalue import PCollection

from tokumei.schemas.splits import Split, TableFile
from tokumei.schemas.treatment_base import ColumnType
from tokumei.transforms.engine.chunks import Chunk, D_co, Work
from tokumei.transforms.engine.guard import guarded_steps
from tokumei.transforms.engine.progress import count_records
from tokumei.transforms.formats.batches import MAX_ROWS, Numbers
from tokumei.transforms.formats.convert import ARROW_TYPES
from tokumei.transforms.formats.reader import read_split
from tokumei.transforms.formats.splits import plan_splits
from tokumei.transforms.formats.witness import Witness, as_store
from tokumei.transforms.planning.persons import attributed, columns_to_read
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.storage.places import open_store

CHUNK_BYTES = 64 << 20


class PlanSplits(beam.PTransform):
    """Files to splits, shuffled so that workers share them; records stay where they are.

    Element types: `TableFile` → `Split`. Deterministic: a retry plans the same splits with the same ids.
    """

    def __init__(self, tables: Mapping[str, TablePlan]) -> None:
        super().__init__()
        self._tables = dict(tables)

    def expand(self, files: PCollection[TableFile]) -> PCollection[Split]:
        """`TableFile` → `Split` (any number a file), shuffled."""
        return (
            files
            | "CutFiles" >> beam.ParDo(_CutFile(self._tables)).with_output_types(Split)
            | "ShareSplits" >> beam.Reshuffle()
        )


class _CutFile(beam.DoFn):
    def __init__(self, tables: dict[str, TablePlan]) -> None:
        self._tables = tables

    @guarded_steps
    def process(self, element: TableFile) -> Iterator[Split]:
        source = self._tables[element.table].table.source
        yield from plan_splits(element.table, source, element.file, open_store(element.file.uri))


class ReadChunks(beam.PTransform):
    """Bound splits to chunks of typed records.

    Element types: `Work` → `Chunk`. Reading is repeatable: a retry yields the same chunks. Every split
    yields at least one chunk, and exactly one is marked last.

    Args:
        tables: the plan.
        columns: which columns of a table this pass needs.
        stage: name for progress and counters.

    Raises:
        InputError: at run time, if a file is damaged, has changed since planning, or holds other content
            than pass 1 has read.
    """

    def __init__(
        self,
        tables: Mapping[str, TablePlan],
        *,
        columns: Callable[[TablePlan], dict[str, ColumnType]],
        stage: str,
    ) -> None:
        super().__init__()
        self._reader = _ReadChunk({n: (t, columns(t)) for n, t in tables.items()}, stage)

    def expand(self, work: PCollection[Work[D_co]]) -> PCollection[Chunk[D_co]]:
        """`Work` → `Chunk` (one or more a split)."""
        return work | "ReadSplit" >> beam.ParDo(self._reader).with_output_types(Chunk)


class _ReadChunk(beam.DoFn):
    def __init__(self, tables: dict[str, tuple[TablePlan, dict[str, ColumnType]]], stage: str) -> None:
        self._tables, self._stage = tables, stage

    @guarded_steps
    def process(self, work: Work[D_co]) -> Iterator[Chunk[D_co]]:
        plan, columns = self._tables[work.split.table]
        exclude = np.array(work.decision.rejected.get(work.split.split_id, ()), dtype=np.int64)
        witness = Witness(open_store(work.split.file.uri), work.decision.seen.get(work.split.split_id, b""))
        batches = read_split(
            work.split,
            plan.table.source,
            columns_to_read(plan, columns),
            as_store(witness),
            declared=plan.columns,
            exclude=exclude,
            dates=plan.dates,
        )
        held: list[pa.RecordBatch] = []
        unattributed: list[Numbers] = []
        rejects: dict[tuple[str, str], int] = {}
        rejected: list[int] = []
        notes: Counter[tuple[str, str]] = Counter()
        number = records = blank = 0

        def chunk(*, last: bool) -> Chunk[D_co]:
            batch = pa.concat_batches(held) if len(held) != 1 else held[0]
            return Chunk(
                work=work,
                number=number,
                last=last,
                records=records,
                rejects=dict(rejects),
                rejected=tuple(rejected),
                batch=batch,
                seen=witness.seen() if last else b"",
                notes=dict(notes),
                unattributed=np.concatenate([*unattributed, np.empty(0, np.int64)]),
                blank=blank,
            )

        for read in batches:
            batch, unknown = attributed(plan, read, columns)
            if held and (
                sum(b.num_rows for b in held) + batch.num_rows > MAX_ROWS
                or sum(b.nbytes for b in held) + batch.nbytes > CHUNK_BYTES
                or len(rejected) + len(read.rejects) > MAX_ROWS
            ):
                yield chunk(last=False)
                number, records, blank, held, rejects, rejected = number + 1, 0, 0, [], {}, []
                notes.clear()
                unattributed = []
            held.append(batch)
            unattributed.append(unknown)
            records += read.records
            blank += read.blank
            notes.update(read.notes)
            for reject in read.rejects:
                place = (reject.column, reject.told)
                rejects[place] = rejects.get(place, 0) + 1
                rejected.append(reject.record)
            count_records(self._stage, read.records)
        if not held:
            held = [_empty(columns)]
        yield chunk(last=True)


def _empty(columns: Mapping[str, ColumnType]) -> pa.RecordBatch:
    schema = pa.schema([(name, ARROW_TYPES[kind]) for name, kind in columns.items()])
    return pa.RecordBatch.from_pylist([], schema=schema)
