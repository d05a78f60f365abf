"""From the histogram to the recoding: one level a quasi-identifier, and the classes to suppress."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from schemas.errors import RequirementError
from transforms.criteria.chain import Fitted
from transforms.plan import Plan, TablePlan
from transforms.profile.fit import FittedTable
from transforms.recode.count import Histograms
from transforms.recode.histogram import Classes, Histogram, histogram_of, pack
from transforms.recode.ladders import Ladder
from transforms.recode.search import MAX_NODES, Choice, InfeasibleError, Search, find_optimum


@dataclass(frozen=True)
class Recoding:
    """How pass 3 recodes one table.

    Attributes:
        level_codes: per quasi-identifier, place in the domain → code at the chosen level.
        labels: per quasi-identifier, code → text.
        suppressed: packed codes of the classes to suppress, ascending.
    """

    level_codes: tuple[npt.NDArray[np.int32], ...]
    labels: tuple[tuple[str | None, ...], ...]
    suppressed: npt.NDArray[np.int64]


@dataclass(frozen=True)
class Decision:
    """All that pass 3 needs to know about one table; small, and without any record."""

    columns: Mapping[str, Fitted]
    rejected: Mapping[str, tuple[int, ...]]
    recoding: Recoding | None


@dataclass(frozen=True)
class Account:
    """What the report says about one table's recoding.

    Attributes:
        fitted: the decisions of pass 1, with the input's counts.
        choice: the node chosen; None without quasi-identifiers.
        titles: per quasi-identifier, what its chosen level means, and how many levels there are.
        class_sizes: people a class before any generalization; capped at k where a person may have several
            records.
    """

    fitted: FittedTable
    choice: Choice | None
    titles: tuple[tuple[str, int], ...]
    class_sizes: npt.NDArray[np.int64] | None


@dataclass(frozen=True)
class Chosen:
    """The outcome of deciding, by table: what to do, and what to tell."""

    decisions: Mapping[str, Decision]
    accounts: Mapping[str, Account]


def choose(plan: Plan, fitted: Mapping[str, FittedTable], histograms: Histograms) -> Chosen:
    """Search every table's lattice.

    Raises:
        RequirementError: no generalization meets k within the suppression limit, or nobody would be left.
        InputError: values are not in their hierarchy.
    """
    decisions, accounts = {}, {}
    for name, table in plan.tables.items():
        decisions[name], accounts[name] = _choose_table(plan, table, fitted[name], histograms)
    return Chosen(decisions, accounts)


def _choose_table(
    plan: Plan, table: TablePlan, fitted: FittedTable, histograms: Histograms
) -> tuple[Decision, Account]:
    if not table.quasi_identifiers:
        return Decision(fitted.columns, fitted.rejected, None), Account(fitted, None, (), None)
    where = f"tables.{table.name}"
    ladders = []
    for name in table.quasi_identifiers:
        generalize = table.chains[name].generalize
        if generalize is None:
            raise TypeError(f"{name} is no quasi-identifier")
        ladders.append(generalize.ladder(fitted.columns[name].domain or ()))
    nodes = int(np.prod([ladder.levels for ladder in ladders], dtype=object))
    if nodes > MAX_NODES:
        raise RequirementError(
            "requirement.lattice",
            where=where,
            what=f"{nodes:,} combinations of levels are more than can be searched exactly ({MAX_NODES:,})",
            fix="use fewer quasi-identifiers or fewer levels, or coarsen columns with fixed methods first",
        )
    counted = histograms.get(table.name)
    if counted is None or counted.counts.height == 0:
        raise _nobody_left(where)
    histogram = histogram_of(counted, [len(ladder.values) for ladder in ladders], fitted.people)
    k, limit = table.k, float(plan.policy.requirements.suppression_limit)
    try:
        choice = find_optimum(ladders, histogram, k, limit)
    except InfeasibleError as error:
        raise RequirementError(
            "requirement.k",
            where=where,
            what=f"k={k} cannot be met: even with every quasi-identifier fully generalized,"
            f" {error.fewest_people:,} of {histogram.people:,} people would have to be left out"
            f" (allowed: {limit:.2%})",
            fix="lower requirements.k with a reason, raise suppression_limit, or release more people",
        ) from None
    if choice.suppressed_records == int(histogram.records.sum()):
        raise _nobody_left(where)
    search = Search(ladders, histogram, k)
    recoding = _recoding(ladders, histogram, choice, search.suppressed(choice.node)[0], k)
    before = search.classes((0,) * len(ladders))
    titles = tuple((la.titles[level], la.levels) for la, level in zip(ladders, choice.node, strict=True))
    return (
        Decision(fitted.columns, fitted.rejected, recoding),
        Account(fitted, choice, titles, before.people),
    )


def _recoding(
    ladders: list[Ladder], histogram: Histogram, choice: Choice, classes: Classes, k: int
) -> Recoding:
    level_codes = tuple(ladder.codes[level] for ladder, level in zip(ladders, choice.node, strict=True))
    labels = tuple(ladder.labels[level] for ladder, level in zip(ladders, choice.node, strict=True))
    small = classes.people[classes.of_tuple] < k
    packed = pack(
        [codes[histogram.codes[small, i]] for i, codes in enumerate(level_codes)],
        [len(texts) for texts in labels],
    )
    return Recoding(level_codes, labels, np.unique(packed))


def _nobody_left(where: str) -> RequirementError:
    return RequirementError(
        "requirement.nobody_left",
        where=where,
        what="every record would be dropped or suppressed; nothing would be released",
        fix="relax the criterion-4 methods that drop records, or the requirements",
    )
