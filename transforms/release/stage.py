"""Pass 3 as PTransforms: the five criteria and the parts, fused; then verification and publication."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple

import apache_beam as beam
from apache_beam.coders.typecoders import registry
from apache_beam.pvalue import AsSingleton, PCollection
from apache_beam.transforms.window import GlobalWindows

from schemas.splits import Split
from transforms.chunks import Chunk, SizedPickleCoder, Work
from transforms.combine import merge_globally
from transforms.criteria.apply import Anonymized, anonymize_chunk
from transforms.guard import guarded, guarded_steps
from transforms.keyed import RunKey
from transforms.plan import Plan, TablePlan
from transforms.profile.headcount import PersonBatch, deal
from transforms.profile.stage import CountPeople, Headcount
from transforms.progress import count_records
from transforms.read.records import ReadChunks
from transforms.recode.choose import Chosen
from transforms.release.account import build_report
from transforms.release.parts import Encoded, PartSummary, encode_chunk, write_part
from transforms.release.publish import Published, publish
from transforms.release.verify import Written, merge_written, verify, written_of

PEOPLE = "people"


class AnonymizedCoder(SizedPickleCoder):
    """Coder of `Anonymized`: never used between fused steps, but its size estimate is."""

    def estimate_size(self, value: Anonymized) -> int:
        """Return the Arrow size."""
        return int(value.batch.nbytes)

    def to_type_hint(self) -> type:
        """Return the element type."""
        return Anonymized


registry.register_coder(Anonymized, AnonymizedCoder)


class Outcome(NamedTuple):
    """What pass 3 leaves behind: merged summaries of the parts, and the people in them."""

    written: PCollection[Written]
    people: PCollection[Headcount]


class AnonymizeSplits(beam.PTransform):
    """Splits to written parts: read, criteria 1 to 5, write, all in one fused stage.

    Element types: `Split` → `Written` and `Headcount` (exactly one each). A retried split writes other
    objects; only one attempt's summary reaches verification, so only one attempt's parts are published.
    """

    def __init__(self, plan: Plan, key: PCollection[RunKey], chosen: PCollection[Chosen]) -> None:
        super().__init__()
        self._plan, self._key, self._chosen = plan, key, chosen

    def expand(self, splits: PCollection[Split]) -> Outcome:
        """Wire the transform."""
        tables = dict(self._plan.tables)
        processed = (
            splits
            | "BindDecisions"
            >> beam.FlatMap(_bind, AsSingleton(self._key), AsSingleton(self._chosen)).with_output_types(Work)
            | "Read" >> ReadChunks(tables, columns=TablePlan.output_types, stage="release")
            | "ApplyCriteria"
            >> beam.Map(_anonymize, tables, self._plan.headcount).with_output_types(Anonymized)
        )
        written = processed | "WriteParts" >> beam.ParDo(_WritePart(self._plan)).with_outputs(
            PEOPLE, main="summaries"
        )
        merged = (
            written.summaries
            | "Total" >> beam.Map(written_of).with_output_types(Written)
            | "Merge" >> merge_globally(merge_written, Written)
        )
        return Outcome(merged, written[PEOPLE] | "CountPeople" >> CountPeople())


@guarded
def _bind(split: Split, key: RunKey, chosen: Chosen) -> Sequence[Work]:
    decision = chosen.decisions.get(split.table)  # a population is counted, never released
    return [] if decision is None else [Work(split, key, decision)]


@guarded
def _anonymize(chunk: Chunk, tables: Mapping[str, TablePlan], headcount: frozenset[str]) -> Anonymized:
    table = chunk.work.split.table
    return anonymize_chunk(tables[table], chunk, headcount=table in headcount)


@beam.typehints.with_output_types(PartSummary, people=tuple[int, PersonBatch])
class _WritePart(beam.DoFn):
    """Encodes a chunk in a thread while the next one is read and treated, then writes it.

    Nothing is written in the thread: when a bundle fails, no part can appear after it.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    def setup(self) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="encode")

    def teardown(self) -> None:
        self._pool.shutdown()

    def start_bundle(self) -> None:
        self._coming: Future[Encoded] | None = None

    @guarded_steps
    def process(self, chunk: Anonymized) -> Iterator[Any]:
        table = self._plan.tables[chunk.split.table]
        if chunk.persons is not None:
            for hashes in deal(table.name, chunk.persons, chunk.fingerprint):
                yield beam.pvalue.TaggedOutput(PEOPLE, hashes)
        before, self._coming = self._coming, self._pool.submit(encode_chunk, self._plan, table, chunk)
        if before is not None:
            yield self._write(before)

    @guarded_steps
    def finish_bundle(self) -> Iterator[Any]:
        if self._coming is not None:
            yield GlobalWindows.windowed_value(self._write(self._coming))

    def _write(self, coming: Future[Encoded]) -> PartSummary:
        encoded = coming.result()
        count_records("written", encoded.records)
        return write_part(self._plan, encoded)


class PublishRelease(beam.PTransform):
    """Verify what was written, then publish it with its register entry.

    Element types: `Written` → `Published`. Raises RequirementError at run time when verification fails;
    then nothing is published.
    """

    def __init__(
        self,
        plan: Plan,
        key: PCollection[RunKey],
        chosen: PCollection[Chosen],
        people: PCollection[Headcount],
    ) -> None:
        super().__init__()
        self._plan, self._key, self._chosen, self._people = plan, key, chosen, people

    def expand(self, written: PCollection[Written]) -> PCollection[Published]:
        """Wire the transform."""
        return written | "VerifyAndPublish" >> beam.Map(
            _publish,
            self._plan,
            AsSingleton(self._chosen),
            AsSingleton(self._people),
            AsSingleton(self._key),
        ).with_output_types(Published)


@guarded
def _publish(written: Written, plan: Plan, chosen: Chosen, people: Headcount, key: RunKey) -> Published:
    total = verify(plan, chosen, written, people, key.fingerprint)
    return publish(plan, build_report(plan, chosen, written, people, total), written)
