"""The sharded search as PTransforms: rounds of a static graph, because a Beam graph has no loops.

Rounds after the searches have ended ask for nothing and cost next to nothing. All rounds count up to 1,041
nodes a table; of a lattice for which that is too few, the gap is reported.

The state of the searches goes through a round on one way only, beside the classes. On two, the ways through
the graph would double with each round, and Flink's optimizer walks all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import apache_beam as beam
from apache_beam.pvalue import AsSingleton, PCollection

from tokumei.transforms.counting.histogram import Histogram
from tokumei.transforms.decisions.fitted import Fits
from tokumei.transforms.engine.combine import MergeAll, merge_globally
from tokumei.transforms.engine.guard import guarded
from tokumei.transforms.engine.run_key import RunKey
from tokumei.transforms.planning.plan import Plan
from tokumei.transforms.profile.profile import Profile
from tokumei.transforms.recode.choose import choose
from tokumei.transforms.recode.chosen import Chosen
from tokumei.transforms.recode.count import Histograms, merge_histograms
from tokumei.transforms.recode.objectives import Node
from tokumei.transforms.recode.ranking import Choice
from tokumei.transforms.recode.sharded import decide
from tokumei.transforms.recode.sharded.decide import Counts, Place, State, Summaries, Suppressed, Verdicts
from tokumei.transforms.recode.sharded.parts import add_counts, deal_tuples
from tokumei.transforms.stages.recode import counted_early, watch

# Nodes a round: few as long as each tells much about the others, then as many as are worth an exchange. Every
# round is a stage or two of the job, also of one that needs none.
BATCHES = (8, 8, 16, 16, 32, 64, 128, 256, 512)
Shard = tuple[int, Histograms]
Asked = Mapping[str, Sequence[Node]]
Terms = dict[str, decide.Terms]
Choices = dict[str, Choice]
Part = tuple[Place, Histogram | State]
Counted = tuple[State | None, Counts]
Added = tuple[int, Counted]  # under one key

_OF_STATE: Place = ("", (), -1)  # where the state travels through the exchange
_WITH_STATE = 0  # the shard that sends it there


class ChooseSharded(beam.PTransform):
    """Histograms of chunks to decisions. Element types: `Histograms` (any number) → `Chosen` (exactly one).

    The tuples are dealt to shards; where one worker holds them after all, it gets them all, as it does those
    that pass 1 has counted. Raises RequirementError at run time when a requirement cannot be met.
    """

    def __init__(
        self, plan: Plan, key: PCollection[RunKey], profile: PCollection[Profile], fits: PCollection[Fits]
    ) -> None:
        super().__init__()
        self._plan, self._fits = plan, AsSingleton(fits)
        self._key, self._profile = AsSingleton(key), AsSingleton(profile)

    def expand(self, counted: PCollection[Histograms]) -> PCollection[Chosen]:
        """Wire the transform."""
        plan, fits = self._plan, self._fits
        merge = MergeAll(merge_histograms).with_input_types(Histograms).with_output_types(Histograms)
        shards = (
            counted
            | "Deal" >> beam.FlatMap(_deal, plan.shards).with_output_types(Shard)
            | "MergeShard" >> beam.CombinePerKey(merge).with_output_types(Shard)
        )
        tuples_in_all = (
            shards
            | "CountTuples" >> beam.Map(_tuples).with_output_types(int)
            | "AddTuples" >> merge_globally(_total, int)
        )
        few = AsSingleton(tuples_in_all | "Few" >> beam.Map(_few, plan).with_output_types(bool))
        summaries = (
            shards
            | "Summarize" >> beam.FlatMap(_summarize, plan, fits, few).with_output_types(Summaries)
            | "AddSummaries" >> merge_globally(decide.add_summaries, Summaries)
        )
        gathered = (
            shards
            | "IfFew" >> beam.FlatMap(_if_few, few).with_output_types(Histograms)
            | "Gather" >> merge_globally(merge_histograms, Histograms)
        )
        all_terms = summaries | "Terms" >> beam.Map(_terms, plan, fits, few).with_output_types(Terms)
        terms = AsSingleton(all_terms)
        state = all_terms | "Start" >> beam.Map(_start).with_output_types(State)
        for number, batch in enumerate(BATCHES):
            counts = (shards, state) | f"Round{number}" >> _Round(plan, fits, terms)
            state = counts | f"Learn{number}" >> beam.Map(_learn, batch).with_output_types(State)
        # Without any shard nothing has sent the state on, and there is nothing to conclude.
        chosen = all_terms | "Conclude" >> beam.Map(_conclude, AsSingleton(state, State())).with_output_types(
            Choices
        )
        choices = AsSingleton(chosen)
        asked = chosen | "AskChosen" >> beam.Map(_nodes_of).with_output_types(Asked)
        places = (
            shards
            | "ClassesOfChosen"
            >> beam.FlatMap(_classes, plan, fits, AsSingleton(asked)).with_output_types(
                tuple[Place, Histogram]
            )
            | "ExchangeChosen" >> beam.GroupByKey()
            | "JudgePlace" >> beam.Map(_judge_place, terms).with_output_types(Verdicts)
            | "AddPlaces" >> merge_globally(decide.add_verdicts, Verdicts)
        )
        tuples = (
            shards
            | "JudgeTuples" >> beam.Map(_judge_tuples, plan, fits, terms).with_output_types(Verdicts)
            | "AddShards" >> merge_globally(decide.add_verdicts, Verdicts)
        )
        suppressed = (
            shards
            | "SuppressedTuples"
            >> beam.Map(_suppressed, plan, fits, choices, AsSingleton(places)).with_output_types(Suppressed)
            | "AddSuppressed" >> merge_globally(decide.add_tuples, Suppressed)
        )
        return chosen | "Decide" >> beam.Map(
            _decide,
            plan,
            fits,
            terms,
            verdicts=AsSingleton(places),
            tuples=AsSingleton(tuples),
            suppressed=AsSingleton(suppressed),
            gathered=AsSingleton(gathered),
            key=self._key,
            profile=self._profile,
        ).with_output_types(Chosen)


class _Round(beam.PTransform):
    """Count the nodes asked for. Element types: (`Shard`, `State`) → `Added` (exactly one: of the state)."""

    def __init__(self, plan: Plan, fits: AsSingleton, terms: AsSingleton) -> None:
        super().__init__()
        self._plan, self._fits, self._terms = plan, fits, terms

    def expand(self, inputs: tuple[PCollection[Shard], PCollection[State]]) -> PCollection[Added]:
        """Wire the transform."""
        shards, state = inputs
        add = MergeAll(_add).with_input_types(Counted).with_output_types(Counted)
        return (
            shards
            | "Ask"
            >> beam.FlatMap(_ask, self._plan, self._fits, AsSingleton(state, State())).with_output_types(Part)
            | "Exchange" >> beam.GroupByKey()
            | "Count" >> beam.Map(_count, self._terms).with_output_types(Added)
            | "Add" >> beam.CombinePerKey(add)
        )


@guarded
def _deal(counted: Histograms, shards: int) -> Iterator[Shard]:
    yield from deal_tuples(counted, shards)


@guarded
def _tuples(shard: Shard) -> int:
    return sum(table.tuples.counts.height for table in shard[1].values())


def _total(parts: Sequence[int]) -> int:
    return sum(parts)


@guarded
def _few(tuples: int, plan: Plan) -> bool:
    return tuples <= plan.tuples_a_worker


@guarded
def _summarize(shard: Shard, plan: Plan, fits: Fits, few: bool) -> Sequence[Summaries]:
    return [] if few else [decide.summarize(plan, fits, shard[1])]


@guarded
def _if_few(shard: Shard, few: bool) -> Sequence[Histograms]:
    return [shard[1]] if few else []


@guarded
def _terms(summaries: Summaries, plan: Plan, fits: Fits, few: bool) -> Terms:
    return {} if few else decide.terms_of(plan, fits, summaries)


@guarded
def _start(terms: Terms) -> State:
    return decide.start(terms)


@guarded
def _ask(shard: Shard, plan: Plan, fits: Fits, state: State) -> Iterator[Part]:
    yield from decide.classes_of(plan, fits, shard[1], state.asked)
    if shard[0] == _WITH_STATE:
        yield _OF_STATE, state


@guarded
def _classes(shard: Shard, plan: Plan, fits: Fits, asked: Asked) -> Iterator[tuple[Place, Histogram]]:
    yield from decide.classes_of(plan, fits, shard[1], asked)


@guarded
def _count(exchanged: tuple[Place, Iterable[Histogram | State]], terms: Terms) -> Added:
    place, parts = exchanged
    if place == _OF_STATE:
        (state,) = (part for part in parts if isinstance(part, State))
        return 0, (state, {})
    classes = [part for part in parts if isinstance(part, Histogram)]
    return 0, (None, decide.count_place(terms, place, classes))


def _add(parts: Sequence[Counted]) -> Counted:
    states = [state for state, _ in parts if state is not None]
    return states[0] if states else None, add_counts([counts for _, counts in parts])


@guarded
def _learn(added: Added, batch: int) -> State:
    state, counts = added[1]
    if state is None:
        raise ValueError("no shard sent the state")
    after = decide.learn(state, counts, batch)
    for name, _ in counts:
        watch(after.searches[name])
    return after


@guarded
def _conclude(terms: Terms, state: State) -> Choices:
    return decide.conclude_all(terms, state)


@guarded
def _nodes_of(choices: Choices) -> Asked:
    return {name: (choice.node,) for name, choice in choices.items()}


@guarded
def _judge_place(exchanged: tuple[Place, Iterable[Histogram]], terms: Terms) -> Verdicts:
    place, parts = exchanged
    return decide.judge_place(terms, place, list(parts))


@guarded
def _judge_tuples(shard: Shard, plan: Plan, fits: Fits, terms: Terms) -> Verdicts:
    return decide.judge_tuples(plan, fits, terms, shard[1]) if terms else {}


@guarded
def _suppressed(shard: Shard, plan: Plan, fits: Fits, choices: Choices, verdicts: Verdicts) -> Suppressed:
    return decide.suppressed_tuples(plan, fits, shard[1], choices, verdicts) if choices else Suppressed({})


@guarded
def _decide(
    choices: Choices,
    plan: Plan,
    fits: Fits,
    terms: Terms,
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
    chosen = choose(replace(plan, tables=alone), fits, histograms, watch)
    all_verdicts = decide.add_verdicts([verdicts, tuples])
    spread = decide.decide(fits, terms, choices, verdicts=all_verdicts, suppressed=suppressed)
    return Chosen(
        {name: (spread if name in terms else chosen).decisions[name] for name in plan.tables},
        {name: (spread if name in terms else chosen).accounts[name] for name in plan.tables},
    )
