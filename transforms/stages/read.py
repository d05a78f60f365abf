"""PTransforms that plan splits and read them into columnar chunks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any

import apache_beam as beam
from apache_beam.pvalue import PCollection

from tokumei.schemas.splits import Split, TableFile
from tokumei.schemas.treatment_base import ColumnType
from tokumei.transforms.engine.chunks import Chunk, D_co, Work
from tokumei.transforms.engine.guard import guarded_steps
from tokumei.transforms.engine.progress import begin_stage, count_records
from tokumei.transforms.engine.share import DealElements
from tokumei.transforms.engine.steps import Step
from tokumei.transforms.formats.splits import cut_files
from tokumei.transforms.planning.ahead import cut_ahead
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.planning.reading import read_chunks

ReadSplit = Callable[[TablePlan, dict[str, ColumnType], Work[Any]], Iterator[Chunk[Any]]]


class PlanSplits(beam.PTransform):
    """Files to splits, shuffled so that workers share them; records stay where they are.

    Element types: `TableFile`s, as `files_together` gives them → `Split`. Deterministic: a retry plans the
    same splits with the same ids. Of a sample, one split of ``one_of`` of each large file is left.
    """

    def __init__(self, tables: Mapping[str, TablePlan], *, one_of: int = 1) -> None:
        super().__init__()
        self._tables, self._one_of = dict(tables), one_of

    def expand(self, files: PCollection[tuple[TableFile, ...]]) -> PCollection[Split]:
        """`TableFile`s → `Split` (any number a large file, one of small files), shuffled."""
        return (
            files
            | "CutFiles" >> beam.ParDo(_CutFile(self._tables, self._one_of)).with_output_types(Split)
            | "ShareSplits" >> DealElements(_id_of, Split)
        )


def _id_of(split: Split) -> str:
    return split.split_id


class _CutFile(Step):
    def __init__(self, tables: dict[str, TablePlan], one_of: int) -> None:
        self._tables, self._one_of = tables, one_of

    @guarded_steps
    def process(self, together: tuple[TableFile, ...]) -> Iterator[Split]:
        source = self._tables[together[0].table].table.source
        cut = cut_ahead(together) or cut_files(source, together)
        yield from islice(cut, 0, None, self._one_of)


class ReadChunks(beam.PTransform):
    """Bound splits to chunks of typed records.

    Element types: `Work` → `Chunk`. Reading is repeatable: a retry yields the same chunks. Every split
    yields at least one chunk, and exactly one is marked last.

    Args:
        tables: the plan.
        columns: which columns of a table this pass needs.
        stage: name for progress and counters.
        read: how a table's split is read: `read_chunks`, or what keeps them or takes those that are kept.

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
        read: ReadSplit = read_chunks,
    ) -> None:
        super().__init__()
        self._reader = _ReadChunk({n: (t, columns(t)) for n, t in tables.items()}, stage, read)

    def expand(self, work: PCollection[Work[D_co]]) -> PCollection[Chunk[D_co]]:
        """`Work` → `Chunk` (one or more a split)."""
        return work | "ReadSplit" >> beam.ParDo(self._reader).with_output_types(Chunk)


class _ReadChunk(Step):
    def __init__(
        self, tables: dict[str, tuple[TablePlan, dict[str, ColumnType]]], stage: str, read: ReadSplit
    ) -> None:
        self._tables, self._stage, self._read = tables, stage, read

    @guarded_steps
    def process(self, work: Work[D_co]) -> Iterator[Chunk[D_co]]:
        plan, columns = self._tables[work.split.table]
        size = sum(stretch.end - stretch.start for stretch in work.split.stretches)
        begin_stage(self._stage)
        for chunk in self._read(plan, columns, work):
            count_records(self._stage, plan.name, chunk.records, read=size if chunk.last else 0)
            yield chunk
