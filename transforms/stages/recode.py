"""Pass 2 as PTransforms: count equivalence classes, search the lattice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import apache_beam as beam
from apache_beam.pvalue import AsSingleton, PCollection

from tokumei.schemas.splits import Split
from tokumei.transforms.decisions.fitted import Fits, FittedTable
from tokumei.transforms.engine.chunks import Chunk, Work
from tokumei.transforms.engine.combine import merge_globally
from tokumei.transforms.engine.guard import guarded
from tokumei.transforms.engine.progress import note_node
from tokumei.transforms.engine.run_key import RunKey
from tokumei.transforms.engine.steps import each, each_to_many
from tokumei.transforms.engine.treat_chunks import TreatChunks
from tokumei.transforms.planning.plan import Plan, TablePlan
from tokumei.transforms.profile.profile import Profile
from tokumei.transforms.recode.choose import choose
from tokumei.transforms.recode.chosen import Chosen
from tokumei.transforms.recode.count import Histograms, count_chunk, count_tuples, merge_histograms
from tokumei.transforms.recode.ranking import Known
from tokumei.transforms.stages.read import ReadChunks


class CountClasses(beam.PTransform):
    """Splits to histograms of quasi-identifier tuples.

    Element types: `Split` → `Histograms` (one a chunk). Read are only tables with quasi-identifiers whose
    tuples pass 1 has not counted.
    """

    def __init__(self, plan: Plan, key: PCollection[RunKey], fits: PCollection[Fits]) -> None:
        super().__init__()
        self._plan, self._key, self._fits = plan, key, fits

    def expand(self, splits: PCollection[Split]) -> PCollection[Histograms]:
        """`Split` → `Work` (of tables not counted yet) → `Chunk` → `Histograms` (one a chunk)."""
        tables = {name: table for name, table in self._plan.sources.items() if table.quasi_identifiers}
        owners = {name: self._plan.owners[name] for name in tables}
        return (
            splits
            | "BindFits"
            >> each_to_many(
                _bind_fits, owners, AsSingleton(self._key), AsSingleton(self._fits)
            ).with_output_types(Work)
            | "Read" >> ReadChunks(tables, columns=TablePlan.count_types, stage="count")
            | "CountChunk" >> beam.ParDo(TreatChunks(partial(_count, tables))).with_output_types(Histograms)
        )


@guarded
def _bind_fits(
    split: Split, owners: Mapping[str, str], key: RunKey, fits: Fits
) -> Sequence[Work[FittedTable]]:
    # A population is treated as its table is, by what was decided from the table alone.
    if split.table not in owners or fits[owners[split.table]].counted:
        return []
    return [Work(split, key, fits[owners[split.table]])]


def _count(tables: Mapping[str, TablePlan], chunk: Chunk[FittedTable]) -> Histograms:
    return count_chunk(tables[chunk.work.split.table], chunk)


def counted_early(fits: Fits, plan: Plan, key: RunKey, profile: Profile) -> Histograms:
    """Return the histograms of what pass 1 has counted.

    The search makes them where it needs them. Flattened with those of pass 2, all of these would be written
    out before any were merged; and the in-process engine would wait for ever, as it reads what was flattened
    only after all passes over the splits.
    """
    return {
        name: count_tuples(plan.sources[name], fits[owner], found, key)
        for name, owner in plan.owners.items()
        if fits[owner].counted and (found := profile[name].tuples) is not None
    }


class ChooseRecoding(beam.PTransform):
    """Histograms to decisions on one worker. Element types: `Histograms` (several) → `Chosen` (exactly one).

    Raises RequirementError at run time when a requirement cannot be met.
    """

    def __init__(
        self, plan: Plan, key: PCollection[RunKey], profile: PCollection[Profile], fits: PCollection[Fits]
    ) -> None:
        super().__init__()
        self._plan, self._fits = plan, fits
        self._key, self._profile = AsSingleton(key), AsSingleton(profile, Profile())

    def expand(self, histograms: PCollection[Histograms]) -> PCollection[Chosen]:
        """`Histograms` (any number) → `Histograms` (one, or none); with them, `Fits` → `Chosen`."""
        merged = AsSingleton(
            histograms | "Merge" >> merge_globally(merge_histograms, Histograms), merge_histograms([])
        )
        return self._fits | "Search" >> each(
            _choose, self._plan, merged, self._key, self._profile
        ).with_output_types(Chosen)


@guarded
def _choose(fits: Fits, plan: Plan, histograms: Histograms, key: RunKey, profile: Profile) -> Chosen:
    return choose(plan, fits, {**histograms, **counted_early(fits, plan, key, profile)}, key, watch)


def watch(known: Known) -> None:
    """Tell the terminal of a node counted."""
    note_node(None if known.best is None else known.rank[0])
