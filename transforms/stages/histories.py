"""Histories as a step between the search and pass 3, and their recount after it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import apache_beam as beam
from apache_beam.coders.typecoders import registry
from apache_beam.pvalue import AsIter, AsSingleton, PCollection

from tokumei.schemas.histories import History
from tokumei.schemas.splits import Split
from tokumei.transforms.decisions.decision import Decision
from tokumei.transforms.decisions.removal import Removal
from tokumei.transforms.engine.chunks import Chunk, SizedPickleCoder, Work
from tokumei.transforms.engine.combine import merge_globally
from tokumei.transforms.engine.guard import guarded, guarded_steps
from tokumei.transforms.engine.run_key import RunKey
from tokumei.transforms.engine.spill import SpilledCoder
from tokumei.transforms.engine.steps import each, each_to_many
from tokumei.transforms.histories.drop import drop_windows
from tokumei.transforms.histories.lines import (
    LineBatch,
    PeopleLines,
    gather_people,
    list_people,
    reading_of,
)
from tokumei.transforms.histories.recount import CountedFacts, WrittenFacts, count_sets, merge_counted
from tokumei.transforms.histories.solve import HistoryAccount, solve
from tokumei.transforms.planning.histories import HistoryPlan
from tokumei.transforms.planning.plan import Plan, TablePlan
from tokumei.transforms.recode.chosen import Chosen
from tokumei.transforms.stages.read import ReadChunks

registry.register_coder(LineBatch, SpilledCoder)
registry.register_coder(PeopleLines, SpilledCoder)
registry.register_coder(WrittenFacts, SpilledCoder)
registry.register_coder(CountedFacts, SizedPickleCoder)


class DropWindows(beam.PTransform):
    """Decisions to decisions by which no measures that may be known point at fewer than k people.

    Element types: `Split` → `Chosen` (exactly one). Only tables with measures are read, and with classes that
    may be known beside them. Under retry it decides the same. Raises RequirementError at run time where
    this would cost more than may be lost.
    """

    def __init__(self, plan: Plan, key: PCollection[RunKey], chosen: PCollection[Chosen]) -> None:
        super().__init__()
        self._plan, self._key, self._chosen = plan, key, chosen

    def expand(self, splits: PCollection[Split]) -> PCollection[Chosen]:
        """`Split` → `PeopleLines` (one a bucket) → `Chosen` (one); without measures nothing is added."""
        histories = self._plan.windows
        if not histories:
            return self._chosen
        people = splits | "GatherPeople" >> _GatherPeople(self._plan, histories, self._key, self._chosen)
        return self._chosen | "Drop" >> each(
            _drop, self._plan, AsIter(people), AsSingleton(self._key)
        ).with_output_types(Chosen)


class ProtectHistories(beam.PTransform):
    """Decisions to decisions by which no set of facts that may be known points at fewer than k people.

    Element types: `Split` → `Chosen` (exactly one). Only tables that facts look at are read. Under retry it
    decides the same. Raises RequirementError at run time where this would cost more than may be lost.
    """

    def __init__(self, plan: Plan, key: PCollection[RunKey], chosen: PCollection[Chosen]) -> None:
        super().__init__()
        self._plan, self._key, self._chosen = plan, key, chosen

    def expand(self, splits: PCollection[Split]) -> PCollection[Chosen]:
        """`Split` → `PeopleLines` (one a bucket) → `Chosen` (exactly one)."""
        everybody = _GatherPeople(self._plan, self._plan.histories, self._key, self._chosen)
        people = splits | "GatherPeople" >> everybody
        return self._chosen | "Protect" >> each(
            _protect, self._plan, AsIter(people), AsSingleton(self._key)
        ).with_output_types(Chosen)


class _GatherPeople(beam.PTransform):
    """What facts are told by, by person. Element types: `Split` → `PeopleLines` (one a bucket)."""

    def __init__(
        self,
        plan: Plan,
        histories: Sequence[HistoryPlan],
        key: PCollection[RunKey],
        chosen: PCollection[Chosen],
    ) -> None:
        super().__init__()
        names = {name for history in histories for name in history.read}
        self._tables = {name: plan.tables[name] for name in sorted(names)}
        self._histories, self._key, self._chosen = histories, key, chosen

    def expand(self, splits: PCollection[Split]) -> PCollection[PeopleLines]:
        """`Split` → (bucket, `LineBatch`) → `PeopleLines` (one a bucket)."""
        return (
            splits
            | "BindChosen"
            >> each_to_many(
                _bind_chosen, frozenset(self._tables), AsSingleton(self._key), AsSingleton(self._chosen)
            ).with_output_types(Work)
            | "Read" >> ReadChunks(self._tables, columns=TablePlan.fact_types, stage="histories")
            | "ListLines"
            >> each_to_many(_list, self._tables, self._histories).with_output_types(tuple[int, LineBatch])
            | "Gather" >> beam.GroupByKey()
            | "OfBucket" >> each(_gather, self._tables, self._histories).with_output_types(PeopleLines)
        )


@guarded
def _bind_chosen(
    split: Split, tables: frozenset[str], key: RunKey, chosen: Chosen
) -> Sequence[Work[Decision]]:
    return [Work(split, key, chosen.decisions[split.table])] if split.table in tables else []


@guarded_steps
def _list(
    chunk: Chunk[Decision], tables: Mapping[str, TablePlan], histories: Sequence[HistoryPlan]
) -> Iterator[tuple[int, LineBatch]]:
    table = chunk.work.split.table
    for history in histories:
        if table in history.read:
            yield from list_people(tables[table], history, chunk)


@guarded
def _gather(
    bucket: tuple[int, Iterable[LineBatch]], tables: Mapping[str, TablePlan], histories: Sequence[HistoryPlan]
) -> PeopleLines:
    return gather_people(tables, histories, bucket[1])


@guarded
def _drop(chosen: Chosen, plan: Plan, people: Iterable[PeopleLines], key: RunKey) -> Chosen:
    removals: dict[str, Removal] = {}
    reading = reading_of(people)
    for history in plan.windows:
        removals |= drop_windows(history, plan.tables, chosen.decisions, reading, key)
    return _removing(chosen, removals)


@guarded
def _protect(chosen: Chosen, plan: Plan, people: Iterable[PeopleLines], key: RunKey) -> Chosen:
    decisions = dict(chosen.decisions)
    removals: dict[str, Removal] = {}
    accounts: list[HistoryAccount] = []
    reading = reading_of(people)
    for history in plan.histories:
        account, treatments, lines = solve(history, plan.tables, chosen.decisions, reading, key)
        accounts.append(account)
        removals |= lines
        decisions |= {name: replace(decisions[name], history=done) for name, done in treatments.items()}
    return _removing(replace(chosen, decisions=decisions, histories=tuple(accounts)), removals)


def _removing(chosen: Chosen, removals: Mapping[str, Removal]) -> Chosen:
    """Return what was chosen with one removal more of some tables; no two numberings share a table."""
    decisions, accounts = dict(chosen.decisions), dict(chosen.accounts)
    for name, removal in removals.items():
        account = accounts[name]
        decisions[name] = replace(decisions[name], removals=(*decisions[name].removals, removal))
        fitted = replace(account.fitted, removals=(*account.fitted.removals, removal))
        accounts[name] = replace(account, fitted=fitted)
    return replace(chosen, decisions=decisions, accounts=accounts)


class RecountFacts(beam.PTransform):
    """Facts as they were written to the people who have each set.

    Element types: (bucket, `WrittenFacts`) → `CountedFacts` (one; none where nothing is told).
    """

    def __init__(self, histories: Sequence[History]) -> None:
        super().__init__()
        self._histories = tuple(histories)

    def expand(self, facts: PCollection[tuple[int, WrittenFacts]]) -> PCollection[CountedFacts]:
        """(bucket, `WrittenFacts`) → `CountedFacts` (one a bucket) → `CountedFacts` (one)."""
        return (
            facts
            | "Gather" >> beam.GroupByKey()
            | "CountSets" >> each(_count, self._histories).with_output_types(CountedFacts)
            | "Merge" >> merge_globally(merge_counted, CountedFacts)
        )


@guarded
def _count(bucket: tuple[int, Iterable[WrittenFacts]], histories: Sequence[History]) -> CountedFacts:
    return count_sets(histories, bucket[1])
