"""The sharded search as PTransforms: rounds of a static graph, because a Beam graph has no loops.

Rounds after the searches have ended ask for nothing and cost next to nothing. All rounds count up to 1,041
nodes a table; of a lattice for which that is too few, the gap is reported.

The state of the searches goes through a round on one way only, beside the classes. On two, the ways through
the graph would double with each round, and Flink's optimizer walks all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import apache_beam as beam
from apache_beam.pvalue import AsSingleton, PCollection

from tokumei.transforms.counting.histogram import Histogram
from tokumei.transforms.decisions.fitted import Fits
from tokumei.transforms.engine.combine import MergeAll, merge_globally
from tokumei.transforms.engine.guard import guarded
from tokumei.transforms.engine.run_key import RunKey
from tokumei.transforms.engine.steps import each, each_to_many
from tokumei.transforms.planning.plan import Plan
from tokumei.transforms.profile.profile import Profile
from tokumei.transforms.recode.choose import choose
from tokumei.transforms.recode.chosen import Chosen
from tokumei.transforms.recode.count import Histograms, merge_histograms
from tokumei.transforms.recode.objectives.base import Node
from tokumei.transforms.recode.sharded.decide import decide_all
from tokumei.transforms.recode.sharded.parts import deal_tuples
from tokumei.transforms.recode.sharded.rounds import (
    Choices,
    ClassPlace,
    State,
    conclude_all,
    learn,
    roll_up,
    start,
)
from tokumei.transforms.recode.sharded.terms import AllTerms, Summaries, add_summaries, summarize, terms_of
from tokumei.transforms.recode.sharded.verdicts import (
    Suppressed,
    Verdicts,
    add_tuples,
    add_verdicts,
    judge_place,
    judge_tuples,
    suppressed_tuples,
)
from tokumei.transforms.stages.recode import counted_early, watch
from tokumei.transforms.stages.rounds import Counted, CountRound, Shard

# Nodes a round: few as long as each tells much about the others, then as many as are worth an exchange. Every
# round is a stage or two of the job, also of one that needs none.
BATCHES = (8, 8, 16, 16, 32, 64, 128, 256, 512)
Asked = Mapping[str, Sequence[Node]]


class Judged(NamedTuple):
    """What is known of the chosen nodes, each exactly one: of classes, of tuples, and whom to suppress."""

    places: AsSingleton
    tuples: AsSingleton
    suppressed: AsSingleton


class ChooseSharded(beam.PTransform):
    """Histograms of chunks to decisions. Element types: `Histograms` (any number) → `Chosen` (exactly one).

    The tuples are dealt to shards; where one worker holds them after all, it gets them all, as it does those
    that pass 1 has counted. Raises RequirementError at run time when a requirement cannot be met.
    """

    def __init__(
        self, plan: Plan, key: PCollection[RunKey], profile: PCollection[Profile], fits: PCollection[Fits]
    ) -> None:
        super().__init__()
        self._plan, self._given, self._fits = plan, fits, AsSingleton(fits)
        self._key, self._profile = AsSingleton(key), AsSingleton(profile, Profile())

    def expand(self, counted: PCollection[Histograms]) -> PCollection[Chosen]:
        """Histograms → shards → terms → rounds → choices → verdicts → decisions."""
        merge = MergeAll(merge_histograms).with_input_types(Histograms).with_output_types(Histograms)
        shards = (
            counted
            | "Deal" >> each_to_many(_deal, self._plan.shards).with_output_types(Shard)
            | "MergeShard" >> beam.CombinePerKey(merge).with_output_types(Shard)
        )
        few = AsSingleton(self._few(shards))
        gathered = (
            shards
            | "IfFew" >> each_to_many(_if_few, few).with_output_types(Histograms)
            | "Gather" >> merge_globally(merge_histograms, Histograms)
        )
        terms = self._terms(shards, few)
        choices = self._search(shards, terms)
        judged = self._judge(shards, AsSingleton(terms), choices)
        return choices | "Decide" >> each(
            _decide,
            self._plan,
            self._fits,
            AsSingleton(terms),
            verdicts=judged.places,
            tuples=judged.tuples,
            suppressed=judged.suppressed,
            gathered=AsSingleton(gathered, merge_histograms([])),
            key=self._key,
            profile=self._profile,
        ).with_output_types(Chosen)

    def _few(self, shards: PCollection[Shard]) -> PCollection[bool]:
        """`Shard` → whether one worker holds all tuples (exactly one)."""
        tuples = (
            shards
            | "CountTuples" >> each(_tuples).with_output_types(int)
            | "AddTuples" >> merge_globally(_total, int)
        )
        return self._given | "Few" >> each(
            _is_few, self._plan, AsSingleton(tuples, _total([]))
        ).with_output_types(bool)

    def _terms(self, shards: PCollection[Shard], few: AsSingleton) -> PCollection[AllTerms]:
        """`Shard` → `AllTerms` (exactly one; empty where one worker holds all tuples)."""
        summaries = (
            shards
            | "Summarize"
            >> each_to_many(_summarize, self._plan, self._fits, few).with_output_types(Summaries)
            | "AddSummaries" >> merge_globally(add_summaries, Summaries)
        )
        return self._given | "Terms" >> each(
            _terms, self._plan, few, AsSingleton(summaries, add_summaries([]))
        ).with_output_types(AllTerms)

    def _search(self, shards: PCollection[Shard], all_terms: PCollection[AllTerms]) -> PCollection[Choices]:
        """`Shard` and `AllTerms` → `Choices` (exactly one), after all rounds."""
        terms = AsSingleton(all_terms)
        state = all_terms | "Start" >> each(_start).with_output_types(State)
        for number, batch in enumerate(BATCHES):
            counted = (shards, state) | f"Round{number}" >> CountRound(self._plan, self._fits, terms)
            state = counted | f"Learn{number}" >> each(_learn, batch).with_output_types(State)
        # Without any shard nothing has sent the state on, and there is nothing to conclude.
        return all_terms | "Conclude" >> each(_conclude, AsSingleton(state, State())).with_output_types(
            Choices
        )

    def _judge(self, shards: PCollection[Shard], terms: AsSingleton, choices: PCollection[Choices]) -> Judged:
        """`Shard` and `Choices` → `Verdicts` of classes and of tuples, and `Suppressed`."""
        plan, fits = self._plan, self._fits
        asked = AsSingleton(choices | "AskChosen" >> each(_nodes_of).with_output_types(Asked))
        places = AsSingleton(
            shards
            | "ClassesOfChosen"
            >> each_to_many(_classes, plan, fits, asked).with_output_types(tuple[ClassPlace, Histogram])
            | "ExchangeChosen" >> beam.GroupByKey()
            | "JudgePlace" >> each(_judge_place, terms).with_output_types(Verdicts)
            | "AddPlaces" >> merge_globally(add_verdicts, Verdicts),
            add_verdicts([]),
        )
        tuples = AsSingleton(
            shards
            | "JudgeTuples" >> each(_judge_tuples, plan, fits, terms).with_output_types(Verdicts)
            | "AddShards" >> merge_globally(add_verdicts, Verdicts),
            add_verdicts([]),
        )
        suppressed = AsSingleton(
            shards
            | "SuppressedTuples"
            >> each(_suppressed, plan, fits, AsSingleton(choices), places).with_output_types(Suppressed)
            | "AddSuppressed" >> merge_globally(add_tuples, Suppressed),
            add_tuples([]),
        )
        return Judged(places, tuples, suppressed)


@guarded
def _deal(counted: Histograms, shards: int) -> Iterator[Shard]:
    yield from deal_tuples(counted, shards)


@guarded
def _tuples(shard: Shard) -> int:
    return sum(table.tuples.counts.height for table in shard[1].values())


def _total(parts: Sequence[int]) -> int:
    return sum(parts)


@guarded
def _is_few(_: Fits, plan: Plan, tuples: int) -> bool:
    return tuples <= plan.tuples_a_worker


@guarded
def _summarize(shard: Shard, plan: Plan, fits: Fits, few: bool) -> Sequence[Summaries]:
    return [] if few else [summarize(plan, fits, shard[1])]


@guarded
def _if_few(shard: Shard, few: bool) -> Sequence[Histograms]:
    return [shard[1]] if few else []


@guarded
def _terms(fits: Fits, plan: Plan, few: bool, summaries: Summaries) -> AllTerms:
    return {} if few else terms_of(plan, fits, summaries)


@guarded
def _start(terms: AllTerms) -> State:
    return start(terms)


@guarded
def _learn(counted: Counted, batch: int) -> State:
    found = counted[1]
    if found.state is None:
        raise ValueError("no shard sent the state")
    after = learn(found.state, found.counts, batch)
    for name, _ in found.counts:
        watch(after.searches[name])
    return after


@guarded
def _conclude(terms: AllTerms, state: State) -> Choices:
    return conclude_all(terms, state)


@guarded
def _nodes_of(choices: Choices) -> Asked:
    return {name: (choice.node,) for name, choice in choices.items()}


@guarded
def _classes(shard: Shard, plan: Plan, fits: Fits, asked: Asked) -> Iterator[tuple[ClassPlace, Histogram]]:
    yield from roll_up(plan, fits, shard[1], asked)


@guarded
def _judge_place(exchanged: tuple[ClassPlace, Iterable[Histogram]], terms: AllTerms) -> Verdicts:
    place, parts = exchanged
    return judge_place(terms, place, list(parts))


@guarded
def _judge_tuples(shard: Shard, plan: Plan, fits: Fits, terms: AllTerms) -> Verdicts:
    return judge_tuples(plan, fits, terms, shard[1]) if terms else {}


@guarded
def _suppressed(shard: Shard, plan: Plan, fits: Fits, choices: Choices, verdicts: Verdicts) -> Suppressed:
    return suppressed_tuples(plan, fits, shard[1], choices, verdicts) if choices else Suppressed({})


@guarded
def _decide(
    choices: Choices,
    plan: Plan,
    fits: Fits,
    terms: AllTerms,
    *,
    verdicts: Verdicts,
    tuples: Verdicts,
    suppressed: Suppressed,
    gathered: Histograms,
    key: RunKey,
    profile: Profile,
) -> Chosen:
    # Of the tables without terms, if not of all, one worker holds the histogram after all.
    alone = {name: table for name, table in plan.tables.items() if name not in terms}
    histograms = {**gathered, **counted_early(fits, plan, key, profile)}
    chosen = choose(replace(plan, tables=alone), fits, histograms, key, watch)
    all_verdicts = add_verdicts([verdicts, tuples])
    spread = decide_all(fits, terms, choices, verdicts=all_verdicts, suppressed=suppressed)
    return Chosen(
        {name: (spread if name in terms else chosen).decisions[name] for name in plan.tables},
        {name: (spread if name in terms else chosen).accounts[name] for name in plan.tables},
    )
