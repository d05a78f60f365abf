"""The search over shards, one round at a time, and the decision that ends it.

A round: the search proposes nodes, every shard rolls its tuples up to their classes, the classes are
exchanged so that each is whole in one place, the places count them, and the search learns the sums. What is
decided and reported is what one worker would decide and report.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial

import numpy as np

from tokumei.transforms.counting.histogram import Histogram, Ints
from tokumei.transforms.decisions.decision import decision_of
from tokumei.transforms.decisions.fitted import FittedTable
from tokumei.transforms.hierarchies.ladders import Ladder
from tokumei.transforms.planning.plan import Plan, TablePlan
from tokumei.transforms.recode.assignment import full_domain, recoder_of
from tokumei.transforms.recode.choose import (
    ladders_of,
    nobody_left,
    objectives_of,
    population_holds,
)
from tokumei.transforms.recode.chosen import Account, Chosen, Recoded
from tokumei.transforms.recode.count import Histograms
from tokumei.transforms.recode.infeasible import closest_node
from tokumei.transforms.recode.lattice import Lattice, count_node, failing_classes
from tokumei.transforms.recode.models import PrivacyModel
from tokumei.transforms.recode.objectives import Loss, Node, NodeCount, Objective
from tokumei.transforms.recode.ranking import Choice, InfeasibleError
from tokumei.transforms.recode.requirements import histogram_of, models_of
from tokumei.transforms.recode.search import Search, conclude
from tokumei.transforms.recode.sharded.limits import refuse_larger, refuse_unsupported
from tokumei.transforms.recode.sharded.parts import join, split, whole
from tokumei.transforms.recode.ways import compare
from tokumei.transforms.risk.sizes import ClassSizes

Fits = Mapping[str, FittedTable]
Place = tuple[str, Node, int]
Counts = dict[tuple[str, Node], NodeCount]


@dataclass(frozen=True)
class Summary:
    """What all shards together tell of one table: number of tuples, one class of everybody, and marginals."""

    tuples: int
    everybody: Histogram
    marginals: tuple[Ints, ...]


Summaries = dict[str, Summary]


def summarize(plan: Plan, fitted: Fits, shard: Histograms) -> Summaries:
    """Sum up one shard."""
    found = {}
    for name, ladders, histogram in _histograms(plan, fitted, shard):
        found[name] = Summary(len(histogram), whole(ladders, histogram), tuple(histogram.marginals()))
    return found


def add_summaries(parts: Sequence[Summaries]) -> Summaries:
    """Add up shards."""
    total: Summaries = {}
    for name in sorted({name for part in parts for name in part}):
        mine = [part[name] for part in parts if name in part]
        everybody = join([s.everybody for s in mine])
        everybody = replace(everybody, total_people=int(everybody.records.sum()))
        marginals = tuple(np.sum(column, axis=0) for column in zip(*(s.marginals for s in mine), strict=True))
        total[name] = Summary(sum(s.tuples for s in mine), everybody, marginals)
    return total


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What the search of one table goes by; one worker holds ``held`` tuples or classes."""

    table: TablePlan
    ladders: Sequence[Ladder]
    models: tuple[PrivacyModel, ...]
    summary: Summary
    held: int

    @cached_property
    def objectives(self) -> dict[str, Objective]:
        """Every metric, by name."""
        return objectives_of(self.table, self.ladders, self.summary.marginals)

    @property
    def allowed(self) -> int:
        """People who may lose a record."""
        limit = float(self.table.requirements.suppression_limit)
        return math.floor(limit * self.summary.everybody.total_people + 1e-9)


def terms_of(plan: Plan, fitted: Fits, summaries: Summaries) -> dict[str, Terms]:
    """Return the terms of every table with quasi-identifiers whose tuples pass 1 has not counted.

    Raises:
        RequirementError: nobody is left, or see `refuse_unsupported`.
    """
    found = {}
    for name, table in plan.tables.items():
        if not table.quasi_identifiers or fitted[name].counted:
            continue
        if name not in summaries:
            raise nobody_left(table)
        ladders, summary = ladders_of(table, fitted[name]), summaries[name]
        models = models_of(table, fitted[name], summary.everybody)
        terms = Terms(table=table, ladders=ladders, models=models, summary=summary, held=plan.tuples_a_worker)
        population_holds(table.requirements.population_size, summary.everybody.total_people)
        refuse_unsupported(plan, table, ladders, models, summary.tuples)
        found[name] = terms
    return found


@dataclass(frozen=True)
class State:
    """Where the searches are, and the nodes that they ask for next; none once they have ended."""

    searches: Mapping[str, Search] = field(default_factory=dict)
    asked: Mapping[str, tuple[Node, ...]] = field(default_factory=dict)


def start(terms: Mapping[str, Terms]) -> State:
    """Begin with the top, which is feasible if any node is."""
    searches = {
        name: Search(t.objectives[t.table.requirements.metric], t.models, t.allowed)
        for name, t in terms.items()
    }
    return State(searches, {name: (search.top,) for name, search in searches.items()})


def learn(state: State, counts: Counts, batch: int) -> State:
    """Tell the searches what was counted, and ask them for at most ``batch`` nodes a table."""
    searches = copy.deepcopy(state.searches)  # an element that others may hold is never changed
    for (name, _), count in sorted(counts.items(), key=lambda item: item[0]):
        searches[name].learn(count)
    asked = {name: tuple(search.propose(batch)) for name, search in searches.items()}
    return State(searches, {name: nodes for name, nodes in asked.items() if nodes})


def classes_of(
    plan: Plan, fitted: Fits, shard: Histograms, asked: Mapping[str, Sequence[Node]]
) -> Iterator[tuple[Place, Histogram]]:
    """Roll a shard up to the classes of the nodes asked for, parted by class."""
    wanted = {name: table for name, table in shard.items() if asked.get(name)}
    for name, ladders, histogram in _histograms(plan, fitted, wanted):
        lattice = Lattice(ladders, histogram, ())
        for node in asked[name]:
            for place, part in split(lattice.classes(node)[0], plan.shards):
                yield (name, node, place), part


def count_place(terms: Mapping[str, Terms], place: Place, parts: Sequence[Histogram]) -> Counts:
    """Count the whole classes of one place."""
    name, node, _ = place
    t, classes = terms[name], join(parts)
    of_tuple = np.arange(len(classes))
    count = count_node(
        t.ladders, t.models, node=node, classes=classes, base_node=node, base=classes, of_tuple=of_tuple
    )
    return {(name, node): count}


def conclude_all(terms: Mapping[str, Terms], state: State) -> dict[str, Choice]:
    """Return the node chosen for each table.

    Raises:
        RequirementError: none was found.
    """
    choices = {}
    for name, search in state.searches.items():
        closest = search.closest
        if closest is None:
            raise TypeError("the top was not counted")
        try:
            choices[name] = conclude(search, partial(_already, closest))
        except InfeasibleError as error:
            t = terms[name]
            raise closest_node(
                t.table,
                t.ladders,
                t.models,
                error.closest,
                t.summary.everybody.total_people,
                allowed=t.allowed,
            ) from None
    return choices


def _already(closest: NodeCount, _: Node) -> NodeCount:
    return closest


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What is to be known of a table's classes at the chosen node, and of its tuples.

    Attributes:
        failing: packed classes to suppress.
        sizes: people of a tuple → number of such tuples, before any generalization.
        safer: by model, whether more is safer.
        before, after: by model, the weakest tuple and the weakest released class; None where there is none.
    """

    failing: Ints
    sizes: Mapping[int, int]
    safer: tuple[bool, ...]
    before: tuple[float, ...] | None
    after: tuple[float, ...] | None


@dataclass(frozen=True)
class Suppressed:
    """The packed tuples to suppress, by table, ascending."""

    tuples: Mapping[str, Ints]


Verdicts = dict[str, Verdict]
_NONE = np.zeros(0, dtype=np.int64)


def judge_tuples(plan: Plan, fitted: Fits, terms: Mapping[str, Terms], shard: Histograms) -> Verdicts:
    """Measure the tuples of a shard, each of which is whole."""
    found = {}
    for name, _, histogram in _histograms(plan, fitted, shard):
        sizes, n = np.unique(histogram.people, return_counts=True)
        before = tuple(m.reached(histogram) for m in terms[name].models)
        found[name] = Verdict(
            failing=_NONE,
            sizes=dict(zip(sizes.tolist(), n.tolist(), strict=True)),
            safer=_safer(terms[name]),
            before=before,
            after=None,
        )
    return found


def judge_place(terms: Mapping[str, Terms], place: Place, parts: Sequence[Histogram]) -> Verdicts:
    """Find the failing classes of one place, and measure the others."""
    t, classes = terms[place[0]], join(parts)
    failing, _ = failing_classes(t.models, classes)
    kept = classes.only(~failing)
    after = tuple(m.reached(kept) for m in t.models) if len(kept) else None
    return {
        place[0]: Verdict(failing=classes.keys[failing], sizes={}, safer=_safer(t), before=None, after=after)
    }


def add_verdicts(parts: Sequence[Verdicts]) -> Verdicts:
    """Add up shards and places."""
    total = {}
    for name in sorted({name for part in parts for name in part}):
        mine = [part[name] for part in parts if name in part]
        sizes: dict[int, int] = {}
        for verdict in mine:
            for size, n in verdict.sizes.items():
                sizes[size] = sizes.get(size, 0) + n
        safer = mine[0].safer
        before, after = (
            _weakest(safer, [reached for reached in side if reached is not None])
            for side in ([v.before for v in mine], [v.after for v in mine])
        )
        total[name] = Verdict(
            failing=np.sort(np.concatenate([v.failing for v in mine])),
            sizes=sizes,
            safer=safer,
            before=before,
            after=after,
        )
    return total


def _safer(terms: Terms) -> tuple[bool, ...]:
    return tuple(model.higher_is_safer for model in terms.models)


def _weakest(safer: Sequence[bool], reached: Sequence[tuple[float, ...]]) -> tuple[float, ...] | None:
    if not reached:
        return None
    columns = zip(safer, zip(*reached, strict=True), strict=True)
    return tuple(min(values) if more else max(values) for more, values in columns)


def suppressed_tuples(
    plan: Plan, fitted: Fits, shard: Histograms, choices: Mapping[str, Choice], verdicts: Verdicts
) -> Suppressed:
    """Return the packed tuples of a shard that lie in failing classes; no more than may be left out."""
    found = {}
    for name, ladders, histogram in _histograms(plan, fitted, shard):
        classes, of_tuple = Lattice(ladders, histogram, ()).classes(choices[name].node)
        found[name] = histogram.keys[np.isin(classes.keys, verdicts[name].failing)[of_tuple]]
    return Suppressed(found)


def add_tuples(parts: Sequence[Suppressed]) -> Suppressed:
    """Put the tuples of all shards together, ascending."""
    names = sorted({name for part in parts for name in part.tuples})
    return Suppressed(
        {n: np.sort(np.concatenate([p.tuples[n] for p in parts if n in p.tuples])) for n in names}
    )


def decide(
    fitted: Fits,
    terms: Mapping[str, Terms],
    choices: Mapping[str, Choice],
    *,
    verdicts: Verdicts,
    suppressed: Suppressed,
) -> Chosen:
    """Return the decisions of all tables with terms, and what the report says of them.

    Raises:
        RequirementError: nobody would be left, or see `refuse_larger`.
    """
    decisions, accounts = {}, {}
    for name, t in terms.items():
        choice, fits = choices[name], fitted[name]
        if verdicts[name].after is None:
            raise nobody_left(t.table)
        out = suppressed.tuples[name]
        refuse_larger(t.table, t.held, len(out), choice.count.kept)
        sizes = tuple(len(ladder.values) for ladder in t.ladders)
        exceptions = Histogram(keys=out, sizes=sizes, records=np.ones(len(out), np.int64), total_people=0)
        recoder = recoder_of(full_domain(choice.node, np.ones(len(out), bool)), t.ladders, exceptions)
        decisions[name] = decision_of(fits, recoder)
        accounts[name] = Account(fits, _account(t, choice, verdicts[name]))
    return Chosen(decisions, accounts)


def _account(t: Terms, choice: Choice, verdict: Verdict) -> Recoded:
    objective = t.objectives["loss"]
    kept = tuple(
        {level: objective.by_level[i][level] - gone}
        for i, (level, gone) in enumerate(zip(choice.node, choice.count.gone, strict=True))
    )
    count = replace(choice.count, kept_labels=kept)
    sizes = np.array(sorted(verdict.sizes.items()), dtype=np.int64)
    return Recoded(
        choice=choice,
        count=count,
        costs={name: metric.value(count) for name, metric in t.objectives.items()},
        column_loss=Loss(t.ladders, t.summary.marginals, [1.0] * len(t.ladders)).columns(count),
        base=choice.node,
        levels=tuple((level, level) for level in choice.node),
        titles=tuple(ladder.titles for ladder in t.ladders),
        alternatives=compare({"full_domain": count}, objective, t.objectives[t.table.requirements.metric]),
        rounds=(),
        regions=0,
        models=t.models,
        reached=tuple(zip(verdict.before or (), verdict.after or (), strict=True)),
        classes_before=ClassSizes(sizes[:, 0], sizes[:, 1]),
        people_before=t.summary.everybody.total_people,
        against_before=None,
        population=None,
    )


def _histograms(
    plan: Plan, fitted: Fits, shard: Histograms
) -> Iterator[tuple[str, Sequence[Ladder], Histogram]]:
    for name, table in plan.tables.items():
        if name in shard:
            ladders = ladders_of(table, fitted[name])
            yield name, ladders, histogram_of(table, fitted[name], ladders, shard[name], None)
