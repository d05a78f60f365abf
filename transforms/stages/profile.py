"""Pass 1 as PTransforms: profile the splits, count people where needed, fit criteria 1 to 4."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import apache_beam as beam
from apache_beam.coders.typecoders import registry
from apache_beam.pvalue import AsSingleton, PCollection

from tokumei.schemas.splits import Split
from tokumei.transforms.counting.headcount import (
    Headcount,
    PersonBatch,
    add_headcounts,
    count_bucket,
)
from tokumei.transforms.decisions.fitted import Fits
from tokumei.transforms.engine.chunks import NOTHING_LEFT_OUT, Chunk, LeftOut, SizedPickleCoder, Work
from tokumei.transforms.engine.combine import merge_globally
from tokumei.transforms.engine.guard import guarded
from tokumei.transforms.engine.run_key import RunKey
from tokumei.transforms.engine.spill import SpilledCoder
from tokumei.transforms.engine.steps import each, each_to_many
from tokumei.transforms.engine.treat_chunks import TreatChunks
from tokumei.transforms.planning.kept_chunks import read_and_keep
from tokumei.transforms.planning.plan import Plan, TablePlan
from tokumei.transforms.profile.fit import check_keys, fit, tables_to_count
from tokumei.transforms.profile.profile import Profile, merge_profiles, profile_chunk
from tokumei.transforms.profile.spellings import ToCount, check_spellings, doubtful_spellings, hash_persons
from tokumei.transforms.stages.read import ReadChunks

registry.register_coder(PersonBatch, SpilledCoder)
registry.register_coder(Headcount, SizedPickleCoder)
registry.register_coder(Profile, SizedPickleCoder)


class DrawKey(beam.PTransform):
    """One key for the run, drawn inside the job: it never stands in options, graph, logs or output.

    Element types: any one element → `RunKey`. An engine that loses it after a failure may draw another;
    every summary carries the key's fingerprint and verification refuses a mixture.
    """

    def expand(self, one: PCollection[Any]) -> PCollection[RunKey]:
        """One element → (0, `RunKey`) → `RunKey`; the shuffle makes it the same for everyone who uses it."""
        return (
            one
            | "Draw" >> each(_draw).with_output_types(tuple[int, RunKey])
            | "Fix" >> beam.GroupByKey()
            | "Take" >> each(_only).with_output_types(RunKey)
        )


@guarded
def _draw(_: Any) -> tuple[int, RunKey]:
    return 0, RunKey.draw()


@guarded
def _only(drawn: tuple[int, Iterable[RunKey]]) -> RunKey:
    (key,) = drawn[1]
    return key


class ProfileSplits(beam.PTransform):
    """Splits to one profile of the whole file. Element types: `Split` → `Profile` (one; none of no split)."""

    def __init__(self, plan: Plan, key: PCollection[RunKey]) -> None:
        super().__init__()
        self._plan, self._key = plan, key

    def expand(self, splits: PCollection[Split]) -> PCollection[Profile]:
        """`Split` → `Work` → `Chunk` → `Profile` (one a chunk) → `Profile` (one)."""
        tables = self._plan.sources
        return (
            splits
            | "BindKey" >> each(_bind_key, AsSingleton(self._key)).with_output_types(Work)
            | "Read"
            >> ReadChunks(
                tables,
                columns=TablePlan.profile_types,
                stage="profile",
                read=partial(read_and_keep, frozenset(self._plan.tables)),
            )
            | "ProfileChunk" >> beam.ParDo(TreatChunks(partial(_profile, tables))).with_output_types(Profile)
            | "Merge" >> merge_globally(partial(merge_profiles, tables), Profile)
        )


@guarded
def _bind_key(split: Split, key: RunKey) -> Work[LeftOut]:
    return Work(split, key, NOTHING_LEFT_OUT)


def _profile(tables: Mapping[str, TablePlan], chunk: Chunk[LeftOut]) -> Profile:
    return profile_chunk(tables[chunk.work.split.table], chunk)


class CountPeople(beam.PTransform):
    """Person hashes to distinct people.

    Element types: (bucket, `PersonBatch`) → `Headcount` (one; none where nobody is told).
    """

    def expand(self, hashes: PCollection[tuple[int, PersonBatch]]) -> PCollection[Headcount]:
        """(bucket, `PersonBatch`) → `Headcount` (one a bucket) → `Headcount` (one)."""
        return (
            hashes
            | "Gather" >> beam.GroupByKey()
            | "CountBucket" >> each(_count).with_output_types(Headcount)
            | "Add" >> merge_globally(add_headcounts, Headcount)
        )


@guarded
def _count(bucket: tuple[int, Iterable[PersonBatch]]) -> Headcount:
    return count_bucket(bucket[1])


class FitCriteria(beam.PTransform):
    """Profile to fitted criteria 1 to 4. Element types: `Split` → `Fits` (exactly one).

    The person column is read once more only where ascending codes did not prove one row a person, or
    where a person has several rows; without any such column nothing is added to the graph to count by. Raises
    InputError at run time for the checks of `fit`.
    """

    def __init__(self, plan: Plan, key: PCollection[RunKey], profile: PCollection[Profile]) -> None:
        super().__init__()
        self._plan, self._key, self._profile = plan, key, profile

    def expand(self, splits: PCollection[Split]) -> PCollection[Fits]:
        """`Split` → people of the unproven tables (one `Headcount`); with them → `Fits`."""
        profile = AsSingleton(self._profile, Profile())
        people: Headcount | AsSingleton = Headcount()
        if any(table.table.person is not None for table in self._plan.tables.values()):
            people = AsSingleton(self._people(splits, profile), people)
        once = splits.pipeline | "Once" >> beam.Impulse()
        return once | "Fit" >> each(
            _fit, self._plan, profile, people, AsSingleton(self._key)
        ).with_output_types(Fits)

    def _people(self, splits: PCollection[Split], profile: AsSingleton) -> PCollection[Headcount]:
        """`Split` → `Headcount` (one; none where nobody is to be counted)."""
        tables, key = dict(self._plan.tables), AsSingleton(self._key)
        return (
            splits
            | "BindUnproven" >> each_to_many(_bind_unproven, tables, key, profile).with_output_types(Work)
            | "ReadPersons" >> ReadChunks(tables, columns=_person_types, stage="people")
            | "HashPersons" >> each_to_many(_hash_persons, tables).with_output_types(tuple[int, PersonBatch])
            | "CountPeople" >> CountPeople()
        )


@guarded
def _bind_unproven(
    split: Split, tables: Mapping[str, TablePlan], key: RunKey, profile: Profile
) -> Sequence[Work[ToCount]]:
    if split.table not in tables_to_count(tables, profile):
        return []
    found = profile[split.table]
    spellings = doubtful_spellings(tables, profile).get(tables[split.table].numbering, ())
    return [Work(split, key, ToCount(found.rejected, found.seen, spellings))]


@guarded
def _person_types(plan: TablePlan) -> dict[str, Any]:
    return plan.types(plan.table.person) or plan.types(plan.table.released[0])


@guarded
def _hash_persons(
    chunk: Chunk[ToCount], tables: Mapping[str, TablePlan]
) -> Iterator[tuple[int, PersonBatch]]:
    yield from hash_persons(tables[chunk.work.split.table], chunk)


@guarded
def _fit(_: bytes, plan: Plan, profile: Profile, people: Headcount, key: RunKey) -> Fits:
    check_keys(profile, people, key)
    counted = tables_to_count(plan.tables, profile)
    fits = fit(plan, profile, {name: people.by_table.get(name, 0) for name in counted}, key)
    check_spellings(plan.tables, profile, people)
    return fits
