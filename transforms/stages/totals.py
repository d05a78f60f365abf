"""What people's lines come to, as a step between the passes: measured, bounded, then decided about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial

import apache_beam as beam
from apache_beam.coders.typecoders import registry
from apache_beam.pvalue import AsSingleton, PCollection

from tokumei.schemas.splits import Split
from tokumei.transforms.decisions.fitted import Fits, FittedTable
from tokumei.transforms.engine.chunks import Chunk, Work
from tokumei.transforms.engine.combine import merge_globally
from tokumei.transforms.engine.guard import guarded
from tokumei.transforms.engine.run_key import RunKey
from tokumei.transforms.engine.spill import SpilledCoder
from tokumei.transforms.engine.steps import each, each_to_many
from tokumei.transforms.planning.plan import Plan, TablePlan
from tokumei.transforms.stages.read import ReadChunks
from tokumei.transforms.totals.bound import AllReached, merge_reached, reach_of_bucket
from tokumei.transforms.totals.decide import AllAbove, decide_bucket, merge_above
from tokumei.transforms.totals.lines import TotalLines, deal_lines
from tokumei.transforms.totals.recount import (
    RecountedTotals,
    WrittenTotals,
    merge_recounts,
    recount_bucket,
)
from tokumei.transforms.totals.removal import bounds_by_table, total_removals

registry.register_coder(TotalLines, SpilledCoder)
registry.register_coder(WrittenTotals, SpilledCoder)
_Bucket = tuple[int, Iterable[TotalLines]]


class BoundTotals(beam.PTransform):
    """Fits to fits that also know whose lines come to too much; a step between the passes.

    Element types: `Split` → `Fits` (exactly one). Only tables that bound totals are read. Each person's lines
    come together once, by a shuffle. Raises RequirementError at run time where no bound can be found, or a
    bucket is too large for a worker.
    """

    def __init__(self, plan: Plan, key: PCollection[RunKey], fits: PCollection[Fits]) -> None:
        super().__init__()
        self._plan, self._key, self._fits = plan, key, fits

    def expand(self, splits: PCollection[Split]) -> PCollection[Fits]:
        """`Split` → lines by bucket → what people reach (one) → what is left out (one) → `Fits` (one)."""
        tables = {name: table for name, table in self._plan.tables.items() if table.table.totals}
        buckets = (
            splits
            | "BindFits"
            >> each_to_many(
                _bind_fits, frozenset(tables), AsSingleton(self._key), AsSingleton(self._fits)
            ).with_output_types(Work)
            | "Read" >> ReadChunks(tables, columns=TablePlan.total_types, stage="totals")
            | "DealLines" >> each_to_many(_deal, tables).with_output_types(tuple[int, TotalLines])
            | "Gather" >> beam.GroupByKey()
        )
        merge = partial(merge_reached, tables)
        reached = AsSingleton(
            buckets
            | "MeasurePeople" >> each(_reach, tables).with_output_types(AllReached)
            | "MergeReached" >> merge_globally(merge, AllReached),
            merge([]),
        )
        above = (
            buckets
            | "DecideBucket" >> each(_decide, tables, reached).with_output_types(AllAbove)
            | "MergeAbove" >> merge_globally(merge_above, AllAbove)
        )
        return self._fits | "Decide" >> each(
            _remove, tables, reached, AsSingleton(above, merge_above([]))
        ).with_output_types(Fits)


@guarded
def _bind_fits(split: Split, tables: frozenset[str], key: RunKey, fits: Fits) -> Sequence[Work[FittedTable]]:
    return [Work(split, key, fits[split.table])] if split.table in tables else []


@guarded
def _deal(chunk: Chunk[FittedTable], tables: Mapping[str, TablePlan]) -> Iterator[tuple[int, TotalLines]]:
    return iter([*deal_lines(tables[chunk.work.split.table], chunk)])


@guarded
def _reach(bucket: _Bucket, tables: Mapping[str, TablePlan]) -> AllReached:
    return reach_of_bucket(tables, [*bucket[1]])


@guarded
def _decide(bucket: _Bucket, tables: Mapping[str, TablePlan], reached: AllReached) -> AllAbove:
    return decide_bucket(tables, [*bucket[1]], bounds_by_table(tables, reached))


@guarded
def _remove(fits: Fits, tables: Mapping[str, TablePlan], reached: AllReached, above: AllAbove) -> Fits:
    return total_removals(tables, fits, reached, above)


class RecountTotals(beam.PTransform):
    """What written lines come to, recounted.

    Element types: (bucket, `WrittenTotals`) → `RecountedTotals` (one; none where nothing is told).
    """

    def __init__(self, tables: dict[str, TablePlan]) -> None:
        super().__init__()
        self._tables = tables

    def expand(self, lines: PCollection[tuple[int, WrittenTotals]]) -> PCollection[RecountedTotals]:
        """(bucket, `WrittenTotals`) → `RecountedTotals` (one a bucket) → `RecountedTotals` (one)."""
        return (
            lines
            | "Gather" >> beam.GroupByKey()
            | "RecountBucket" >> each(_recount, self._tables).with_output_types(RecountedTotals)
            | "Merge" >> merge_globally(merge_recounts, RecountedTotals)
        )


@guarded
def _recount(bucket: tuple[int, Iterable[WrittenTotals]], tables: dict[str, TablePlan]) -> RecountedTotals:
    return recount_bucket(tables, bucket[1])
