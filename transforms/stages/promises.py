"""Promises as a step between the search and pass 3: what is released is counted, then settled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import apache_beam as beam
from apache_beam.pvalue import AsSingleton, PCollection

from tokumei.schemas.splits import Split
from tokumei.transforms.decisions.decision import Decision
from tokumei.transforms.engine.chunks import Chunk, Work
from tokumei.transforms.engine.combine import merge_globally
from tokumei.transforms.engine.guard import guarded
from tokumei.transforms.engine.run_key import RunKey
from tokumei.transforms.engine.steps import each, each_to_many
from tokumei.transforms.engine.treat_chunks import TreatChunks
from tokumei.transforms.planning.plan import Plan, TablePlan
from tokumei.transforms.promises.count import ReleasedCounts, count_released, merge_released
from tokumei.transforms.promises.scope import settle_types, settles, unsettled
from tokumei.transforms.promises.settle import promise_all, settle_all
from tokumei.transforms.recode.chosen import Chosen
from tokumei.transforms.stages.read import ReadChunks


class SettlePromises(beam.PTransform):
    """Decisions to decisions by which everything that is promised of the release holds in it.

    Element types: `Split` → `Chosen` (exactly one). Only tables are read of which fewer people may bear a
    label, or share a combination, than when it was decided about. Raises RequirementError at run time where
    a promise cannot be kept.
    """

    def __init__(self, plan: Plan, key: PCollection[RunKey], chosen: PCollection[Chosen]) -> None:
        super().__init__()
        self._plan, self._key, self._chosen = plan, key, chosen

    def expand(self, splits: PCollection[Split]) -> PCollection[Chosen]:
        """`Split` → `Chosen` (exactly one); where nothing is promised, nothing is added to the graph."""
        tables = {name: table for name, table in self._plan.tables.items() if settles(table)}
        if not tables:
            return self._chosen
        key = AsSingleton(self._key)
        promised = self._chosen | "Promise" >> each(_promise, tables, key).with_output_types(Chosen)
        merge = partial(merge_released, tables)
        counted = (
            splits
            | "BindChosen"
            >> each_to_many(_bind_chosen, tables, key, AsSingleton(promised)).with_output_types(Work)
            | "Read" >> ReadChunks(tables, columns=settle_types, stage="promises")
            | "CountChunk"
            >> beam.ParDo(TreatChunks(partial(_count, tables))).with_output_types(ReleasedCounts)
            | "Merge" >> merge_globally(merge, ReleasedCounts)
        )
        return promised | "Settle" >> each(
            _settle, tables, AsSingleton(counted, merge([])), key
        ).with_output_types(Chosen)


@guarded
def _promise(chosen: Chosen, tables: Mapping[str, TablePlan], key: RunKey) -> Chosen:
    return promise_all(chosen, tables, key)


@guarded
def _bind_chosen(
    split: Split, tables: Mapping[str, TablePlan], key: RunKey, chosen: Chosen
) -> Sequence[Work[Decision]]:
    name = split.table
    if name not in tables or not unsettled(tables[name], chosen.accounts[name]):
        return []
    return [Work(split, key, chosen.decisions[name])]


def _count(tables: Mapping[str, TablePlan], chunk: Chunk[Decision]) -> ReleasedCounts:
    return count_released(tables[chunk.work.split.table], chunk)


@guarded
def _settle(chosen: Chosen, tables: Mapping[str, TablePlan], counted: ReleasedCounts, key: RunKey) -> Chosen:
    return settle_all(chosen, tables, counted, key)
