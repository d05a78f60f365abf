"""Joined tables as a step between the passes: their people are brought together, then decided about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

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
from tokumei.transforms.joined.deal import Dealt, deal_records
from tokumei.transforms.joined.join import Excluded, JoinedPeople, add_excluded, excluded_of, join_people
from tokumei.transforms.joined.layout import joined_groups, layout_of
from tokumei.transforms.joined.written import JoinedClasses, WrittenPeople, add_classes, recount_joined
from tokumei.transforms.planning.plan import Plan, TablePlan
from tokumei.transforms.recode.count import Histograms, merge_histograms
from tokumei.transforms.recode.together import JoinedChoice, choose_joined, count_joined, remove_excluded
from tokumei.transforms.stages.read import ReadChunks
from tokumei.transforms.stages.recode import watch

registry.register_coder(Dealt, SpilledCoder)
registry.register_coder(JoinedPeople, SpilledCoder)
registry.register_coder(WrittenPeople, SpilledCoder)

JoinedGroups = Mapping[str, Mapping[str, TablePlan]]  # the tables of each join, by the name of its first
_Place = tuple[str, int]  # a join, and a bucket of its people
JoinedChoices = dict[str, JoinedChoice]
_AllExcluded = dict[str, Excluded]


class JoinTables(beam.PTransform):
    """Fits to fits that know whom all joined tables leave out, and the levels chosen over all of them.

    A step between the passes. Element types: `Split` → `Fits` (exactly one). Only tables are read that a
    reader can join, if one of them has classes or can drop records. What is shuffled: see `deal`. Under
    retry it decides the same. Raises RequirementError at run time where no levels meet the requirements, or
    where there is too much to decide about.
    """

    def __init__(self, plan: Plan, key: PCollection[RunKey], fits: PCollection[Fits]) -> None:
        super().__init__()
        self._plan, self._key, self._fits = plan, key, fits

    def expand(self, splits: PCollection[Split]) -> PCollection[Fits]:
        """`Split` → `Fits` (exactly one)."""
        groups: JoinedGroups = {next(iter(group)): group for group in joined_groups(self._plan.tables)}
        tables = {name: table for group in groups.values() for name, table in group.items()}
        group_of = {name: first for first, group in groups.items() for name in group}
        fits = AsSingleton(self._fits)
        people = (
            splits
            | "BindFits"
            >> each_to_many(_bind_fits, groups, group_of, AsSingleton(self._key), fits).with_output_types(
                Work
            )
            | "Read" >> ReadChunks(tables, columns=TablePlan.count_types, stage="joined")
            | "Deal" >> each_to_many(_deal, tables, group_of).with_output_types(tuple[_Place, Dealt])
            | "Gather" >> beam.GroupByKey()
            | "Join" >> each(_join, groups, fits).with_output_types(tuple[str, JoinedPeople])
        )
        counted = (
            people
            | "Count" >> each(_count, groups).with_output_types(Histograms)
            | "Merge" >> merge_globally(merge_histograms, Histograms)
        )
        choices = AsSingleton(
            self._fits
            | "Search"
            >> each(_choose, groups, AsSingleton(counted, merge_histograms([]))).with_output_types(
                JoinedChoices
            )
        )
        excluded = (
            people
            | "Exclude" >> each(_exclude, choices).with_output_types(_AllExcluded)
            | "Add" >> merge_globally(_add, _AllExcluded)
        )
        return self._fits | "Decide" >> each(
            _decide, groups, choices, AsSingleton(excluded, _add([]))
        ).with_output_types(Fits)


@guarded
def _bind_fits(
    split: Split, groups: JoinedGroups, group_of: Mapping[str, str], key: RunKey, fits: Fits
) -> Sequence[Work[FittedTable]]:
    if split.table not in group_of:
        return []
    layout_of(groups[group_of[split.table]], fits)  # refuses more tuples than can be told apart
    return [Work(split, key, fits[split.table])]


@guarded
def _deal(
    chunk: Chunk[FittedTable], tables: Mapping[str, TablePlan], group_of: Mapping[str, str]
) -> Iterator[tuple[_Place, Dealt]]:
    name = chunk.work.split.table
    for bucket, dealt in deal_records(tables[name], chunk):
        yield (group_of[name], bucket), dealt


@guarded
def _join(
    gathered: tuple[_Place, Iterable[Dealt]], groups: JoinedGroups, fits: Fits
) -> tuple[str, JoinedPeople]:
    (first, _), dealt = gathered
    return first, join_people(groups[first], layout_of(groups[first], fits), dealt)


@guarded
def _count(people: tuple[str, JoinedPeople], groups: JoinedGroups) -> Histograms:
    first, found = people
    return {first: count_joined(groups[first], found)}


@guarded
def _choose(fits: Fits, groups: JoinedGroups, counted: Histograms) -> JoinedChoices:
    return {
        first: choose_joined(tables, fits, layout_of(tables, fits), counted[first], watch)
        for first, tables in groups.items()
    }


@guarded
def _exclude(people: tuple[str, JoinedPeople], choices: JoinedChoices) -> _AllExcluded:
    first, found = people
    return {first: excluded_of(found, choices[first].failing, choices[first].people)}


def _add(parts: Sequence[_AllExcluded]) -> _AllExcluded:
    names = sorted({name for part in parts for name in part})
    return {name: add_excluded([part[name] for part in parts if name in part]) for name in names}


@guarded
def _decide(fits: Fits, groups: JoinedGroups, choices: JoinedChoices, excluded: _AllExcluded) -> Fits:
    return fits | {
        name: fitted
        for first, tables in groups.items()
        for name, fitted in remove_excluded(tables, fits, choices[first], excluded[first]).items()
    }


class RecountJoined(beam.PTransform):
    """What was written of joined tables, recounted by class.

    Element types: (bucket, `WrittenPeople`) → `WrittenJoined` (one; none where nothing is told). Shares
    nothing with `JoinTables`.
    """

    def __init__(self, groups: JoinedGroups) -> None:
        super().__init__()
        self._groups = groups

    def expand(self, people: PCollection[tuple[int, WrittenPeople]]) -> PCollection[dict[str, JoinedClasses]]:
        """(bucket, `WrittenPeople`) → joined classes (one a bucket and join) → their sums (one)."""
        return (
            people
            | "Gather" >> beam.GroupByKey()
            | "Recount" >> each(_recount, self._groups).with_output_types(dict[str, JoinedClasses])
            | "Add" >> merge_globally(_add_recounts, dict[str, JoinedClasses])
        )


@guarded
def _recount(gathered: tuple[int, Iterable[WrittenPeople]], groups: JoinedGroups) -> dict[str, JoinedClasses]:
    parts = list(gathered[1])
    of = {first: [part for part in parts if part.table in tables] for first, tables in groups.items()}
    return {first: recount_joined(groups[first], found) for first, found in of.items() if found}


def _add_recounts(parts: Sequence[dict[str, JoinedClasses]]) -> dict[str, JoinedClasses]:
    names = sorted({name for part in parts for name in part})
    return {name: add_classes([part[name] for part in parts if name in part]) for name in names}
