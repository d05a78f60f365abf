"""Rare combinations as a step between the passes: they are counted, then decided about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import apache_beam as beam
from apache_beam.pvalue import AsSingleton, PCollection

from tokumei.schemas.splits import Split
from tokumei.transforms.combinations.count import Combined, count_combined, merge_combined
from tokumei.transforms.combinations.decide import removals
from tokumei.transforms.decisions.fitted import Fits, FittedTable
from tokumei.transforms.engine.chunks import Chunk, Work
from tokumei.transforms.engine.combine import merge_globally
from tokumei.transforms.engine.guard import guarded
from tokumei.transforms.engine.run_key import RunKey
from tokumei.transforms.engine.steps import each, each_to_many
from tokumei.transforms.planning.plan import Plan, TablePlan
from tokumei.transforms.stages.read import ReadChunks


class RemoveCombinations(beam.PTransform):
    """Fits to fits that also know the rare combinations; a step between the passes.

    Element types: `Split` → `Fits` (exactly one). Only tables that declare combinations are
    read. Raises RequirementError at run time where there are too many tuples to decide about.
    """

    def __init__(self, plan: Plan, key: PCollection[RunKey], fits: PCollection[Fits]) -> None:
        super().__init__()
        self._plan, self._key, self._fits = plan, key, fits

    def expand(self, splits: PCollection[Split]) -> PCollection[Fits]:
        """`Split` → `Fits` (exactly one)."""
        tables = {name: table for name, table in self._plan.tables.items() if table.combined}
        counted = (
            splits
            | "BindFits"
            >> each_to_many(
                _bind_fits, frozenset(tables), AsSingleton(self._key), AsSingleton(self._fits)
            ).with_output_types(Work)
            | "Read" >> ReadChunks(tables, columns=TablePlan.combination_types, stage="combinations")
            | "CountChunk" >> each(_count, tables).with_output_types(Combined)
            | "Merge" >> merge_globally(_merge, Combined)
        )
        return self._fits | "Decide" >> each(
            _decide, dict(self._plan.tables), AsSingleton(counted, _merge([]))
        ).with_output_types(Fits)


@guarded
def _bind_fits(split: Split, tables: frozenset[str], key: RunKey, fits: Fits) -> Sequence[Work[FittedTable]]:
    return [Work(split, key, fits[split.table])] if split.table in tables else []


@guarded
def _count(chunk: Chunk[FittedTable], tables: Mapping[str, TablePlan]) -> Combined:
    return count_combined(tables[chunk.work.split.table], chunk)


@guarded
def _merge(parts: Sequence[Combined]) -> Combined:
    return merge_combined(parts)


@guarded
def _decide(fits: Fits, tables: Mapping[str, TablePlan], counted: Combined) -> Fits:
    return removals(tables, fits, counted)
