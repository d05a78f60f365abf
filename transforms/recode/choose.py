"""From the histogram to the recoding: the levels of every tuple, and whom to suppress."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from tokumei.schemas.errors import PolicyError, RequirementError
from tokumei.transforms.counting.histogram import Ints
from tokumei.transforms.decisions.decision import decision_of
from tokumei.transforms.decisions.fitted import FittedTable
from tokumei.transforms.decisions.recoder import Recoder
from tokumei.transforms.engine.run_key import RunKey
from tokumei.transforms.hierarchies.ladders import Ladder
from tokumei.transforms.joined.removal import GivenNode, given_of
from tokumei.transforms.planning.plan import EVERYBODY, Plan, TablePlan
from tokumei.transforms.recode.assignment import (
    Assignment,
    count_assignment,
    full_domain,
    recoder_of,
    released_classes,
)
from tokumei.transforms.recode.attacked import average_risk, matching
from tokumei.transforms.recode.chosen import Account, Chosen, Recoded, before_joining
from tokumei.transforms.recode.count import Histograms
from tokumei.transforms.recode.downcoding import Narrowed, narrowed
from tokumei.transforms.recode.frozen import OTHER_PEOPLE, apply_frozen
from tokumei.transforms.recode.given import GivenSearch
from tokumei.transforms.recode.infeasible import no_node
from tokumei.transforms.recode.lattice import Lattice
from tokumei.transforms.recode.minimality import told_by_values
from tokumei.transforms.recode.objectives import OBJECTIVES
from tokumei.transforms.recode.objectives.base import Node, NodeCount, Objective
from tokumei.transforms.recode.objectives.by_column import Loss
from tokumei.transforms.recode.queries import Answer, Queries, mean_error, queries_of
from tokumei.transforms.recode.ranking import Choice, InfeasibleError, Known
from tokumei.transforms.recode.regions import MAX_DIVIDED
from tokumei.transforms.recode.requirements import (
    covered_by_population,
    histogram_of,
    models_of,
    people_allowed,
)
from tokumei.transforms.recode.search import affordable_checks, conclude, counter, find_optimum
from tokumei.transforms.recode.unavoidable import unavoidable_loss
from tokumei.transforms.recode.undetermined import cut_anew
from tokumei.transforms.recode.ways import WAYS, TooManyTuplesError, Way, WayLoss, WayName, compare, work_out
from tokumei.transforms.risk.sizes import ClassSizes


def choose(
    plan: Plan,
    fitted: Mapping[str, FittedTable],
    histograms: Histograms,
    key: RunKey,
    watch: Callable[[Known], None] = lambda _: None,
) -> Chosen:
    """Search every table's lattice; ``watch`` is told of every node counted.

    The key decides where a policy asks for a cut that is not deterministic, and nowhere else.

    Raises:
        RequirementError: no generalization meets the requirements within the suppression limit, nobody
            would be left, or no cut was found of which nothing can be concluded.
        InputError: values are not in their hierarchy, or a population table does not hold the file's people.
        PolicyError: a table has more people than the population declared.
    """
    decisions, accounts = {}, {}
    for name, table in plan.tables.items():
        recoder, recoded = None, None
        if table.quasi_identifiers:
            recoder, recoded = _choose_table(plan, table, fitted[name], histograms, key=key, watch=watch)
        fits = fitted[name]
        decisions[name] = decision_of(fits, recoder)
        accounts[name] = Account(fitted[name], recoded)
    return Chosen(decisions, accounts)


def _choose_table(
    plan: Plan,
    table: TablePlan,
    fitted: FittedTable,
    histograms: Histograms,
    *,
    key: RunKey,
    watch: Callable[[Known], None],
) -> tuple[Recoder, Recoded]:
    ladders = ladders_of(table, fitted)
    counted = histograms.get(table.name)
    if counted is None or counted.tuples.counts.height == 0:
        raise nobody_left(table)
    population = plan.populations.get(table.name)
    histogram = histogram_of(
        table, fitted, ladders, counted, histograms.get(population.name) if population else None
    )
    population_holds(table.requirements.population_size, histogram.total_people)
    covered_by_population(table, histogram)
    models = models_of(table, fitted, histogram)
    lattice = Lattice(ladders, histogram, models)
    objectives = objectives_of(table, ladders, histogram.marginals())
    objective = objectives[table.requirements.minimize]
    given = given_of(fitted)
    queries = queries_of(table, fitted, ladders, histogram)
    early = sum(removal.expected(table).dropped[1] for removal in fitted.removals)
    choice = _search(table, lattice, objective, watch, given=given, queries=queries, early=early)
    optimum = full_domain(choice.node, lattice.failing(choice.node))
    if not (optimum.released & (histogram.records > 0)).any():
        raise nobody_left(table)
    # Over joined tables there is one way: others would take no heed of the classes of the other tables.
    asked = table.requirements.way
    compared = (plan.policy.report.compare or asked == "best") and given is None
    ways = _ways(table, lattice, objective, optimum, compared=compared)
    usual = {name: w.assignment for name, w in ways.items()}
    decided = table.requirements.deterministic_cut or table.frozen
    if not decided:
        choice, ways = cut_anew(table, lattice, objective, choice, ways=ways, key=key)
    counts = {name: count_assignment(w.assignment, ladders, histogram) for name, w in ways.items()}
    answers = {name: queries.answers(w.assignment) for name, w in ways.items()} if queries else {}
    errors = {name: mean_error(told) for name, told in answers.items()}
    name = _closest(errors) if asked == "best" else asked
    audited = {way: narrowed(found.assignment, ladders, histogram) for way, found in ways.items()}
    if (found := audited.get("full_domain")) is not None and decided and not table.frozen:
        by_values = told_by_values(
            lattice, choice.node, people_allowed(table, lattice.histogram.total_people)
        )
        # Of joined tables, others may have forbidden finer levels.
        audited["full_domain"] = replace(found, by_values=by_values if given is None else None)
    recoded = _account(
        choice,
        name,
        ways[name],
        counts[name],
        compare(counts, objectives["loss"], objective, errors, audited) if compared else (),
        narrow=audited[name],
        usual=usual[name],
        answers=answers.get(name, ()),
        lattice=lattice,
        objectives=objectives,
        table=table,
    )
    return recoder_of(ways[name].assignment, ladders, histogram), before_joining(recoded, given)


def _closest(errors: Mapping[WayName, float]) -> WayName:
    """Return the way that keeps queries closest, the first of equals; full-domain where none are asked."""
    return min(errors, key=lambda name: (errors[name], WAYS.index(name)), default="full_domain")


def _ways(
    table: TablePlan, lattice: Lattice, objective: Objective, optimum: Assignment, *, compared: bool
) -> Mapping[WayName, Way]:
    asked = table.requirements.way
    chosen: WayName = "full_domain" if asked == "best" else asked
    try:
        return work_out(lattice, objective, optimum, chosen, compared=compared)
    except TooManyTuplesError as error:
        raise RequirementError(
            "requirement.regions",
            where=f"tables.{table.name}",
            what=f"{error.tuples:,} distinct combinations are more than recoding: {asked} works on"
            f" ({MAX_DIVIDED:,})",
            fix="use recoding: cells, or coarsen columns with fixed methods first",
        ) from None


def ladders_of(table: TablePlan, fitted: FittedTable) -> list[Ladder]:
    """Return the ladder of every quasi-identifier over its domain.

    Raises:
        InputError: values are not in their hierarchy.
    """
    return [table.chains[name].ladder(fitted.columns[name]) for name in table.quasi_identifiers]


def objectives_of(
    table: TablePlan, ladders: Sequence[Ladder], marginals: Sequence[Ints]
) -> dict[str, Objective]:
    """Return every metric, by name, over the records of each value."""
    weights = [weight_of(table, name) for name in table.quasi_identifiers]
    return {name: kind(ladders, marginals, weights) for name, kind in OBJECTIVES.items()}


def weight_of(table: TablePlan, name: str) -> float:
    """Return how much a quasi-identifier counts in a metric."""
    generalize = table.table.columns[name].quasi_identifier
    return 1.0 if generalize is None else float(generalize.weight)


def _search(
    table: TablePlan,
    lattice: Lattice,
    objective: Objective,
    watch: Callable[[Known], None],
    *,
    given: GivenNode | None,
    queries: Queries,
    early: int,
) -> Choice:
    allowed = people_allowed(table, lattice.histogram.total_people)
    try:
        if table.frozen:
            return apply_frozen(table, lattice, objective, early)
        if given is not None:
            search = GivenSearch(objective, lattice.models, given)
            search.learn(lattice.count(given.levels))
            return conclude(search, lattice.count)
        checks = affordable_checks(len(lattice.histogram))
        return find_optimum(
            objective,
            lattice.models,
            counter(lattice, objective, allowed),
            allowed,
            max_checks=checks,
            watch=watch,
            prefer=(lambda node: queries.error(full_domain(node, lattice.failing(node))))
            if queries
            else None,
        )
    except InfeasibleError as error:
        raise no_node(
            f"tables.{table.name}", table.quasi_identifiers, lattice, error.closest, allowed
        ) from None


def _account(
    choice: Choice,
    name: WayName,
    way: Way,
    count: NodeCount,
    alternatives: tuple[WayLoss, ...],
    *,
    narrow: Narrowed | None,
    usual: Assignment,
    answers: tuple[Answer, ...],
    lattice: Lattice,
    objectives: Mapping[str, Objective],
    table: TablePlan,
) -> Recoded:
    everybody = table.people_cap == EVERYBODY
    ladders, histogram, assignment = lattice.ladders, lattice.histogram, way.assignment
    released, _ = released_classes(assignment, ladders, histogram)
    held = histogram.records > 0
    used = assignment.nodes[np.unique(assignment.of_tuple[assignment.released])]
    return Recoded(
        choice=choice,
        count=count,
        costs={name: objective.value(count) for name, objective in objectives.items()},
        column_loss=Loss(ladders, histogram.marginals(), [1.0] * len(ladders)).columns(count),
        base=count.node,
        levels=tuple(zip(used.min(axis=0).tolist(), used.max(axis=0).tolist(), strict=True)),
        titles=tuple(ladder.titles for ladder in ladders),
        way=name,
        alternatives=alternatives,
        answers=answers,
        rounds=way.rounds,
        regions=way.regions,
        narrowed=narrow,
        usual_loss=None
        if table.requirements.deterministic_cut
        else objectives["loss"].value(count_assignment(usual, ladders, histogram)),
        least_loss=unavoidable_loss(lattice, objectives["loss"], objectives["loss"].value(count))
        if way.regions
        else None,
        blanked=way.blanked,
        models=lattice.models,
        reached=tuple((m.reached(histogram), m.reached(released)) for m in lattice.models),
        classes_before=ClassSizes.of(histogram.people[held]),
        people_before=histogram.people_in(held) if everybody else histogram.total_people,
        against_before=None
        if histogram.population is None
        else (histogram.people[held], histogram.population[held]),
        matching_before=matching(histogram) if table.requirements.nulls == "wildcard" else None,
        average_before=average_risk(histogram) if everybody else None,
        population=_population(choice.node, lattice),
    )


def _population(node: Node, lattice: Lattice) -> Mapping[tuple[str | None, ...], int] | None:
    """Return the people of the population by class labels; a population knows full-domain recoding alone."""
    classes, _ = lattice.classes(node)
    if classes.population is None:
        return None
    texts = [
        [ladder.labels[level][code] for code in codes]
        for ladder, level, codes in zip(lattice.ladders, node, classes.codes, strict=True)
    ]
    population = classes.population.tolist()
    return dict(zip(zip(*texts, strict=True), population, strict=True))


def population_holds(population: int | None, people: int) -> None:
    """Refuse a declared population smaller than the file.

    Raises:
        PolicyError: it is.
    """
    if population is not None and population < people:
        raise PolicyError(
            "requirement.population_size",
            where="requirements.population_size",
            what=f"the file holds {people:,} people, more than the {population:,} of the population"
            " that it is drawn from",
            fix="correct the number of people in the population, or leave it out: then nothing is estimated"
            " about the population",
        )


def nobody_left(table: TablePlan) -> RequirementError:
    """Return the error for a table of which nothing would be released."""
    return RequirementError(
        "requirement.nobody_left",
        where=f"tables.{table.name}",
        what="every record would be dropped or suppressed; nothing would be released",
        fix=OTHER_PEOPLE
        if table.frozen
        else "relax the criterion-4 methods that drop records, or the requirements",
    )
