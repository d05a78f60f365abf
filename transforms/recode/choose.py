"""From the histogram to the recoding: one level a quasi-identifier, and the classes to suppress."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from schemas.errors import RequirementError
from transforms.criteria.chain import Fitted
from transforms.plan import Plan, TablePlan
from transforms.profile.fit import FittedTable
from transforms.recode.assignment import (
    Assignment,
    Recoding,
    count_assignment,
    full_domain,
    label_texts,
    recoding_of,
    released_classes,
)
from transforms.recode.count import Histograms
from transforms.recode.histogram import Histogram
from transforms.recode.infeasible import no_node
from transforms.recode.ladders import Ladder
from transforms.recode.lattice import Lattice, failing_classes
from transforms.recode.models import PrivacyModel
from transforms.recode.objectives import OBJECTIVES, Loss, NodeCount, Objective
from transforms.recode.ranking import Choice, InfeasibleError, Known
from transforms.recode.requirements import histogram_of, models_of
from transforms.recode.search import find_optimum


@dataclass(frozen=True)
class Decision:
    """All that pass 3 needs to know about one table; small, and without any record."""

    columns: Mapping[str, Fitted]
    rejected: Mapping[str, tuple[int, ...]]
    recoding: Recoding | None


@dataclass(frozen=True)
class Recoded:
    """What the report and the verification know about one table's recoding.

    Attributes:
        choice: the node chosen by the search.
        count: what the release keeps and suppresses, whichever way it is recoded.
        costs: by metric, the cost of the release; ``column_loss`` its loss per quasi-identifier.
        titles: per quasi-identifier, what its chosen level means, and how many levels there are.
        models: what every class satisfies.
        reached: by model, in the same order, what the weakest class reaches before and after.
        classes_before: people a class before any generalization; as far as people are told apart.
        population: for models of a population, its people in each released class, by the class's labels.
    """

    choice: Choice
    count: NodeCount
    costs: Mapping[str, float]
    column_loss: tuple[float, ...]
    titles: tuple[tuple[str, int], ...]
    models: tuple[PrivacyModel, ...]
    reached: tuple[tuple[float, float], ...]
    classes_before: npt.NDArray[np.int64]
    population: Mapping[tuple[str | None, ...], int] | None


@dataclass(frozen=True)
class Account:
    """What the report says about one table: the decisions of pass 1, and the recoding if there is one."""

    fitted: FittedTable
    recoded: Recoded | None


@dataclass(frozen=True)
class Chosen:
    """The outcome of deciding, by table: what to do, and what to tell."""

    decisions: Mapping[str, Decision]
    accounts: Mapping[str, Account]


def choose(
    plan: Plan,
    fitted: Mapping[str, FittedTable],
    histograms: Histograms,
    watch: Callable[[Known], None] = lambda _: None,
) -> Chosen:
    """Search every table's lattice; ``watch`` is told of every node counted.

    Raises:
        RequirementError: no generalization meets the requirements within the suppression limit, or nobody
            would be left.
        InputError: values are not in their hierarchy.
    """
    decisions, accounts = {}, {}
    for name, table in plan.tables.items():
        recoding, recoded = None, None
        if table.quasi_identifiers:
            recoding, recoded = _choose_table(plan, table, fitted[name], histograms, watch)
        decisions[name] = Decision(fitted[name].columns, fitted[name].rejected, recoding)
        accounts[name] = Account(fitted[name], recoded)
    return Chosen(decisions, accounts)


def _choose_table(
    plan: Plan,
    table: TablePlan,
    fitted: FittedTable,
    histograms: Histograms,
    watch: Callable[[Known], None],
) -> tuple[Recoding, Recoded]:
    ladders = ladders_of(table, fitted)
    counted = histograms.get(table.name)
    if counted is None or counted.tuples.counts.height == 0:
        raise _nobody_left(table)
    population = plan.populations.get(table.name)
    histogram = histogram_of(
        table, fitted, ladders, counted, histograms.get(population.name) if population else None
    )
    models = models_of(table, fitted, histogram)
    lattice = Lattice(ladders, histogram, models)
    weights = [_weight(table, name) for name in table.quasi_identifiers]
    marginals = histogram.marginals()
    objectives = {name: kind(ladders, marginals, weights) for name, kind in OBJECTIVES.items()}
    choice = _search(table, lattice, objectives[table.requirements.metric], watch)
    classes, of_tuple = lattice.classes(choice.node)
    failing, _ = failing_classes(models, classes)
    assignment = full_domain(choice.node, failing[of_tuple])
    if not (assignment.released & (histogram.records > 0)).any():
        raise _nobody_left(table)
    return recoding_of(assignment, ladders, histogram), _account(choice, assignment, lattice, objectives)


def ladders_of(table: TablePlan, fitted: FittedTable) -> list[Ladder]:
    """Return the ladder of every quasi-identifier over its domain.

    Raises:
        InputError: values are not in their hierarchy.
    """
    ladders = []
    for name in table.quasi_identifiers:
        generalize = table.chains[name].generalize
        if generalize is None:
            raise TypeError(f"{name} is no quasi-identifier")
        ladders.append(generalize.hierarchy.ladder(fitted.columns[name].domain or ()))
    return ladders


def _weight(table: TablePlan, name: str) -> float:
    generalize = table.table.columns[name].quasi_identifier
    return 1.0 if generalize is None else float(generalize.weight)


def _search(
    table: TablePlan, lattice: Lattice, objective: Objective, watch: Callable[[Known], None]
) -> Choice:
    limit = float(table.requirements.suppression_limit)
    allowed = math.floor(limit * lattice.histogram.total_people + 1e-9)
    try:
        return find_optimum(objective, lattice.models, lattice.count, allowed, watch=watch)
    except InfeasibleError as error:
        raise no_node(table, lattice, error.closest, allowed) from None


def _account(
    choice: Choice, assignment: Assignment, lattice: Lattice, objectives: Mapping[str, Objective]
) -> Recoded:
    ladders, histogram = lattice.ladders, lattice.histogram
    count = count_assignment(assignment, ladders, histogram)
    released, _ = released_classes(assignment, ladders, histogram)
    before, _ = lattice.classes(lattice.bottom)
    return Recoded(
        choice,
        count,
        {name: objective.value(count) for name, objective in objectives.items()},
        Loss(ladders, histogram.marginals(), [1.0] * len(ladders)).columns(count),
        tuple((la.titles[level], la.levels) for la, level in zip(ladders, choice.node, strict=True)),
        lattice.models,
        tuple((m.reached(before), m.reached(released)) for m in lattice.models),
        before.people[before.records > 0],
        _population(assignment, ladders, histogram),
    )


def _population(
    assignment: Assignment, ladders: Sequence[Ladder], histogram: Histogram
) -> Mapping[tuple[str | None, ...], int] | None:
    if histogram.population is None:
        return None
    everyone = Assignment(assignment.nodes, np.zeros(len(histogram), np.int32))
    classes, _ = released_classes(everyone, ladders, histogram)
    population = classes.population if classes.population is not None else ()
    texts = [
        [labels[code] for code in codes]
        for labels, codes in zip(label_texts(ladders), classes.codes, strict=True)
    ]
    return {labels: int(n) for labels, n in zip(zip(*texts, strict=True), population, strict=True)}


def _nobody_left(table: TablePlan) -> RequirementError:
    return RequirementError(
        "requirement.nobody_left",
        where=f"tables.{table.name}",
        what="every record would be dropped or suppressed; nothing would be released",
        fix="relax the criterion-4 methods that drop records, or the requirements",
    )
