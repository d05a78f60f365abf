"""Pass 3 as PTransforms: the five criteria and the parts; then verification and publication."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import apache_beam as beam
from apache_beam.coders.typecoders import registry
from apache_beam.pvalue import AsSingleton, PCollection, TaggedOutput

from tokumei.schemas.splits import Split
from tokumei.transforms.counting.headcount import Headcount
from tokumei.transforms.decisions.decision import Decision
from tokumei.transforms.earlier.compare import SeenReleases
from tokumei.transforms.engine.chunks import Chunk, SizedPickleCoder, Work
from tokumei.transforms.engine.combine import merge_globally
from tokumei.transforms.engine.guard import guarded, guarded_steps
from tokumei.transforms.engine.run_key import RunKey
from tokumei.transforms.engine.steps import Step, each, each_to_many
from tokumei.transforms.engine.treat_chunks import TreatChunks
from tokumei.transforms.histories.recount import CountedFacts
from tokumei.transforms.joined.layout import joined_groups
from tokumei.transforms.planning.kept_chunks import read_kept
from tokumei.transforms.planning.plan import Plan, TablePlan
from tokumei.transforms.recode.chosen import Chosen
from tokumei.transforms.release.anonymize import anonymize_chunk
from tokumei.transforms.release.dealing import PartPlace, Slice, parts_of
from tokumei.transforms.release.part_recount import Count
from tokumei.transforms.release.parts import (
    ReleasedChunk,
    encode_chunk,
)
from tokumei.transforms.release.publish import Published
from tokumei.transforms.release.written import Written, merge_written, written_of
from tokumei.transforms.stages.dealt import TOLD, WriteDealt, write
from tokumei.transforms.stages.profile import CountPeople
from tokumei.transforms.stages.read import ReadChunks

if TYPE_CHECKING:
    from tokumei.transforms.stages.attacks import AttackedRecords

_SLICES = "slices"
# What a count comes to where nothing is told.
_UNTOLD: dict[str, Any] = {
    Count.PEOPLE: Headcount(),
    Count.FACTS: CountedFacts(),
    Count.JOINED: {},
    Count.TOTALS: {},
}


class ReleasedChunkCoder(SizedPickleCoder):
    """Coder of `ReleasedChunk`: never used between fused steps, but its size estimate is."""

    def estimate_size(self, value: ReleasedChunk) -> int:
        """Return the size of the part, or of the slices."""
        slices = sum(rows.batch.nbytes for _, rows in value.slices)
        return slices if value.part is None else sum(map(len, value.part.data))

    def to_type_hint(self) -> type:
        """Return the element type."""
        return ReleasedChunk


registry.register_coder(ReleasedChunk, ReleasedChunkCoder)
registry.register_coder(Written, SizedPickleCoder)


class Outcome(NamedTuple):
    """What pass 3 leaves behind: merged summaries of chunks and parts, and counts of the people in them.

    ``counts`` holds at most one element each, by name: `Headcount` where people are told apart,
    `CountedFacts` where facts are declared, `WrittenJoined` where tables are joined, and `RecountedTotals`
    where totals are bounded.
    """

    written: tuple[PCollection[Written], ...]
    counts: dict[str, PCollection[Any]]


class AnonymizeSplits(beam.PTransform):
    """Splits to written parts: read and criteria 1 to 5, fused; then a chunk is a part, or dealt over parts.

    Element types: `Split` → `Written` and the counts of `Outcome`. A retried split, or part, writes other
    objects; only one attempt's summary reaches verification, so only one attempt's parts are published. A
    retried split deals its rows to the same parts.
    """

    def __init__(self, plan: Plan, key: PCollection[RunKey], chosen: PCollection[Chosen]) -> None:
        super().__init__()
        self._plan, self._key, self._chosen = plan, key, chosen

    def expand(self, splits: PCollection[Split]) -> Outcome:
        """`Split` → `Work` → `Chunk` → `ReleasedChunk` → summary, person hashes and slices, fused; then sums.

        Slices meet at their part: (table, part) → `Slice` → part, summary.
        """
        tables = dict(self._plan.tables)
        released = (
            splits
            | "BindDecisions"
            >> each_to_many(
                _bind, tables, AsSingleton(self._key), AsSingleton(self._chosen)
            ).with_output_types(Work)
            | "Read" >> ReadChunks(tables, columns=TablePlan.output_types, stage="release", read=read_kept)
            | "ApplyCriteria"
            >> beam.ParDo(TreatChunks(partial(_anonymize, self._plan))).with_output_types(ReleasedChunk)
        )
        chunks = released | "WriteParts" >> beam.ParDo(_WriteOrDeal(self._plan)).with_outputs(
            *TOLD, _SLICES, main="summaries"
        )
        written = [chunks.summaries | "Merge" >> merge_globally(merge_written, Written)]
        sources = [chunks]
        if any(table.table.order != "stretch" for table in tables.values()):
            parts = self._dealt(chunks[_SLICES])
            # Summed apart, so that the sum of the chunks is begun in the stage that makes them.
            written.append(parts.summaries | "MergeDealt" >> merge_globally(merge_written, Written))
            sources.append(parts)
        counts = {
            name: [outputs[name] for outputs in sources] | name >> beam.Flatten() | count
            for name, count in self._counts().items()
        }
        return Outcome(tuple(written), counts)

    def _counts(self) -> dict[str, beam.PTransform]:
        """Return what counts what is told of people, by name."""
        counts: dict[str, beam.PTransform] = {}
        if self._plan.told_apart:
            counts[Count.PEOPLE] = "CountPeople" >> CountPeople()
        if self._plan.histories:
            from tokumei.transforms.stages.histories import RecountFacts

            counts[Count.FACTS] = "RecountFacts" >> RecountFacts(self._plan.policy.histories)
        if any(table.table.totals for table in self._plan.tables.values()):
            from tokumei.transforms.stages.totals import RecountTotals

            counts[Count.TOTALS] = "RecountTotals" >> RecountTotals(dict(self._plan.tables))
        groups = {next(iter(group)): group for group in joined_groups(self._plan.tables)}
        if groups:
            from tokumei.transforms.stages.joined import RecountJoined

            counts[Count.JOINED] = "RecountJoined" >> RecountJoined(groups)
        return counts

    def _dealt(self, slices: PCollection[tuple[PartPlace, Slice]]) -> Any:
        # Nothing is fused before the step after a shuffle, so that here decisions may be a side input.
        return (
            slices
            | "Gather" >> beam.GroupByKey()
            | "WriteDealt"
            >> beam.ParDo(
                WriteDealt(self._plan), AsSingleton(self._key), AsSingleton(self._chosen)
            ).with_outputs(*TOLD, main="summaries")
        )


@guarded
def _bind(
    split: Split, tables: dict[str, TablePlan], key: RunKey, chosen: Chosen
) -> Sequence[Work[Decision]]:
    decision = chosen.decisions.get(split.table)  # a population is counted, never released
    if decision is None:
        return []
    parts = parts_of(tables[split.table], chosen.accounts[split.table])
    return [Work(split, key, replace(decision, parts=parts))]


def _anonymize(plan: Plan, chunk: Chunk[Decision]) -> ReleasedChunk:
    table = plan.tables[chunk.work.split.table]
    return encode_chunk(plan, table, anonymize_chunk(table, chunk, people=table.name in plan.told_apart))


@beam.typehints.with_output_types(Written, slices=tuple[PartPlace, Slice], **TOLD)
class _WriteOrDeal(Step):
    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    @guarded_steps
    def process(self, chunk: ReleasedChunk) -> Iterator[Any]:
        if chunk.part is not None:
            yield from write(self._plan, chunk.part)
        for rows in chunk.slices:
            yield TaggedOutput(_SLICES, rows)
        for told in chunk.told:
            yield TaggedOutput(*told)
        yield written_of(chunk.summary)


class PublishRelease(beam.PTransform):
    """Verify what was written, then publish it with its register entry; a rehearsal leaves its report alone.

    Element types: `Chosen` → `Published`. Raises RequirementError at run time when verification fails; then
    nothing is published.
    """

    def __init__(
        self,
        plan: Plan,
        key: PCollection[RunKey],
        outcome: Outcome,
        attacked: PCollection[AttackedRecords] | None,
        seen: PCollection[SeenReleases] | None,
    ) -> None:
        super().__init__()
        self._plan, self._key, self._outcome = plan, key, outcome
        self._attacked, self._seen = attacked, seen

    def expand(self, chosen: PCollection[Chosen]) -> PCollection[Published]:
        """`Chosen` → `Published`, exactly one each."""
        counts = {name: AsSingleton(count, _UNTOLD[name]) for name, count in self._outcome.counts.items()}
        return chosen | "VerifyAndPublish" >> each(
            _publish,
            self._plan,
            AsSingleton(self._key),
            *(AsSingleton(part, merge_written([])) for part in self._outcome.written),
            **_UNTOLD | counts,
            attacked={} if self._attacked is None else AsSingleton(self._attacked),
            seen=SeenReleases() if self._seen is None else AsSingleton(self._seen, SeenReleases()),
        ).with_output_types(Published)


@guarded
def _publish(chosen: Chosen, plan: Plan, key: RunKey, *summaries: Written, **counts: Any) -> Published:
    # What verifies and reports is a fifth of what a run imports: no record waits for it.
    from tokumei.transforms.report.conclusion import CountedRelease, conclude_release

    return conclude_release(plan, chosen, key, merge_written(summaries), CountedRelease(**counts))
