"""Pass 3 as PTransforms: the five criteria and the parts, fused; then verification and publication."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, NamedTuple

import apache_beam as beam
from apache_beam.coders.typecoders import registry
from apache_beam.pvalue import AsSingleton, PCollection

from tokumei.schemas.errors import RequirementError, TokumeiError
from tokumei.schemas.splits import Split
from tokumei.transforms.counting.headcount import Headcount, PersonBatch
from tokumei.transforms.decisions.decision import Decision
from tokumei.transforms.engine.chunks import Chunk, SizedPickleCoder, Work
from tokumei.transforms.engine.combine import merge_globally
from tokumei.transforms.engine.guard import guarded, guarded_steps
from tokumei.transforms.engine.progress import count_records
from tokumei.transforms.engine.run_key import RunKey
from tokumei.transforms.engine.treat_chunks import TreatChunks
from tokumei.transforms.joined.layout import joined_groups
from tokumei.transforms.joined.written import WrittenPeople
from tokumei.transforms.planning.plan import Plan, TablePlan
from tokumei.transforms.recode.chosen import Chosen
from tokumei.transforms.release.anonymize import anonymize_chunk
from tokumei.transforms.release.attempt import discard
from tokumei.transforms.release.joined import WrittenJoined, verify_joined
from tokumei.transforms.release.parts import Encoded, PartSummary, encode_chunk, write_part
from tokumei.transforms.release.publish import Published, publish
from tokumei.transforms.release.verify import Written, merge_written, verify, written_of
from tokumei.transforms.report.account import build_report
from tokumei.transforms.report.documents import documents_of
from tokumei.transforms.stages.joined import JoinedGroups, RecountJoined
from tokumei.transforms.stages.profile import CountPeople
from tokumei.transforms.stages.read import ReadChunks

_PEOPLE, _JOINED = "people", "joined"


class EncodedCoder(SizedPickleCoder):
    """Coder of `Encoded`: never used between fused steps, but its size estimate is."""

    def estimate_size(self, value: Encoded) -> int:
        """Return the size of the part."""
        return len(value.data)

    def to_type_hint(self) -> type:
        """Return the element type."""
        return Encoded


registry.register_coder(Encoded, EncodedCoder)
registry.register_coder(PartSummary, SizedPickleCoder)
registry.register_coder(Written, SizedPickleCoder)


class Outcome(NamedTuple):
    """What pass 3 leaves behind: merged summaries of the parts, the people in them, and joined classes.

    ``joined`` is None where no tables are joined.
    """

    written: PCollection[Written]
    people: PCollection[Headcount]
    joined: PCollection[WrittenJoined] | None


class AnonymizeSplits(beam.PTransform):
    """Splits to written parts: read, criteria 1 to 5, write, all in one fused stage.

    Element types: `Split` → `Written` and `Headcount` (exactly one each). A retried split writes other
    objects; only one attempt's summary reaches verification, so only one attempt's parts are published.
    """

    def __init__(self, plan: Plan, key: PCollection[RunKey], chosen: PCollection[Chosen]) -> None:
        super().__init__()
        self._plan, self._key, self._chosen = plan, key, chosen

    def expand(self, splits: PCollection[Split]) -> Outcome:
        """`Split` → `Work` → `Chunk` → `Encoded` → summary and person hashes, fused; then their sums."""
        tables = dict(self._plan.tables)
        encoded = (
            splits
            | "BindDecisions"
            >> beam.FlatMap(_bind, AsSingleton(self._key), AsSingleton(self._chosen)).with_output_types(Work)
            | "Read" >> ReadChunks(tables, columns=TablePlan.output_types, stage="release")
            | "ApplyCriteria"
            >> beam.ParDo(TreatChunks(partial(_anonymize, self._plan))).with_output_types(Encoded)
        )
        written = encoded | "WriteParts" >> beam.ParDo(_WritePart(self._plan)).with_outputs(
            _PEOPLE, _JOINED, main="summaries"
        )
        merged = (
            written.summaries
            | "Total" >> beam.Map(written_of).with_output_types(Written)
            | "Merge" >> merge_globally(merge_written, Written)
        )
        groups: JoinedGroups = {next(iter(group)): group for group in joined_groups(tables)}
        joined = written[_JOINED] | "RecountJoined" >> RecountJoined(groups) if groups else None
        return Outcome(merged, written[_PEOPLE] | "CountPeople" >> CountPeople(), joined)


@guarded
def _bind(split: Split, key: RunKey, chosen: Chosen) -> Sequence[Work[Decision]]:
    decision = chosen.decisions.get(split.table)  # a population is counted, never released
    return [] if decision is None else [Work(split, key, decision)]


def _anonymize(plan: Plan, chunk: Chunk[Decision]) -> Encoded:
    table = plan.tables[chunk.work.split.table]
    return encode_chunk(plan, table, anonymize_chunk(table, chunk, headcount=table.name in plan.headcount))


@beam.typehints.with_output_types(
    PartSummary, people=tuple[int, PersonBatch], joined=tuple[int, WrittenPeople]
)
class _WritePart(beam.DoFn):
    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    @guarded_steps
    def process(self, encoded: Encoded) -> Iterator[Any]:
        write_part(self._plan, encoded)
        if encoded.summary.part is not None:
            count_records("written", encoded.summary.part.records)
        for hashes in encoded.people:
            yield beam.pvalue.TaggedOutput(_PEOPLE, hashes)
        for people in encoded.joined:
            yield beam.pvalue.TaggedOutput(_JOINED, people)
        yield encoded.summary


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
        outcome: Outcome,
    ) -> None:
        super().__init__()
        self._plan, self._key, self._chosen, self._outcome = plan, key, chosen, outcome

    def expand(self, written: PCollection[Written]) -> PCollection[Published]:
        """`Written` → `Published`, exactly one each."""
        return written | "VerifyAndPublish" >> beam.Map(
            _publish,
            self._plan,
            AsSingleton(self._chosen),
            AsSingleton(self._outcome.people),
            AsSingleton(self._key),
            joined={} if self._outcome.joined is None else AsSingleton(self._outcome.joined),
        ).with_output_types(Published)


@guarded
def _publish(
    written: Written,
    plan: Plan,
    chosen: Chosen,
    people: Headcount,
    key: RunKey,
    *,
    joined: WrittenJoined,
) -> Published:
    try:
        total = verify(plan, chosen, written, people, key.fingerprint)
        found = verify_joined(plan, chosen, joined, key.fingerprint)
    except RequirementError:
        with suppress(TokumeiError):  # refused parts can hold source values; a retry is refused likewise
            discard(plan)
        raise
    report = build_report(plan, chosen, written, people.by_table, total, joined=found)
    return publish(plan, report, written, partial(documents_of, plan.policy, report))
