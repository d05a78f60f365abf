"""From the people of every class to the risk that the report tells, before or after generalization."""

from __future__ import annotations

import numpy as np

from tokumei.schemas.report_risk import JournalistRisk, PopulationUniqueness, Risk, SizeBar, WildcardRisk
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.risk.attackers import journalist, prosecutor, sample_uniqueness, wildcard
from tokumei.transforms.risk.population import SAME_DIGITS, Method, dankar_choice, population_uniques
from tokumei.transforms.risk.sizes import ClassSizes, Ints
from tokumei.transforms.values.steady import significant

_SIZES = (1, 2, 3, 4, 5, 10, 20, 50, 100, 1000)


def measured_risk(
    classes: ClassSizes,
    against: tuple[Ints, Ints] | None,
    *,
    records: int,
    people: int,
    table: TablePlan,
    average: float | None,
    matched: tuple[Ints, Ints] | None,
) -> Risk:
    """Measure classes by their people.

    Args:
        classes: how many classes have how many people; capped at k where a person may have several records,
            so that whatever needs larger sizes, or each person in one class only, is left out.
        against: people a class, and in the population table, where the table has one; shape (classes,) each.
        records: of the file or of the release; suppressed ones are not among them.
        people: whose records they are.
        table: the table they belong to.
        average: the average risk, where people have several records and all are told apart.
        matched: people a class, and of all classes that it matches, where nulls match every value.
    """
    capped, k = table.counts_people, table.k
    drawn_from = table.requirements.population_size
    risk = prosecutor(classes, k)
    return Risk(
        records=records,
        people=people,
        classes=classes.total_classes,
        unique_people=classes.uniques,
        people_below_k=int((classes.people * classes.classes)[classes.people < k].sum()),
        smallest_class=int(classes.people[0]),
        highest_risk=risk.highest,
        lowest_risk=None if capped else 1 / int(classes.people[-1]),
        average_risk=average if capped else risk.average,
        at_risk=None if capped else risk.at_risk,
        sample_uniqueness=None if capped else sample_uniqueness(classes),
        population_uniqueness=None if capped or drawn_from is None else _uniqueness(classes, drawn_from),
        journalist=None if against is None else _journalist(*against, k),
        wildcard=None if matched is None else _wildcard(*matched, k),
        capped=capped,
        sizes=_size_bars(classes, k, capped),
    )


def _journalist(sizes: Ints, population: Ints, k: int) -> JournalistRisk | None:
    if (sizes > population).any():
        return None
    risk = journalist(sizes, population, k)
    return JournalistRisk(highest=risk.highest, average=risk.average, at_risk=risk.at_risk)


def _wildcard(people: Ints, matching: Ints, k: int) -> WildcardRisk:
    risk = wildcard(people, matching, k)
    smallest = int(matching.min())
    return WildcardRisk(smallest=smallest, highest=risk.highest, average=risk.average, at_risk=risk.at_risk)


def _uniqueness(classes: ClassSizes, population: int) -> PopulationUniqueness:
    fraction = classes.total_people / population

    def share(method: Method) -> float | None:
        uniques = population_uniques(classes, fraction, method)
        return None if uniques is None else significant(uniques / population, SAME_DIGITS)

    estimator, uniques = dankar_choice(classes, fraction)
    counted = classes.uniques == 0 or classes.total_people == population
    return PopulationUniqueness(
        population=population,
        uniqueness=significant(uniques / population, SAME_DIGITS),
        estimator=None if counted else estimator,
        pitman=share("pitman"),
        zayatz=share("zayatz"),
        snb=share("snb"),
    )


def _size_bars(classes: ClassSizes, k: int, capped: bool) -> tuple[SizeBar, ...]:
    edges = sorted({e for e in _SIZES if not capped or e < k} | {k})
    bars = []
    for low, high in zip(edges, [*edges[1:], None], strict=True):
        inside = (classes.people >= low) & (classes.people < (high or np.inf))
        held, people = classes.classes[inside], (classes.people * classes.classes)[inside]
        label = f"{low}人以上" if high is None else f"{low}人" if high == low + 1 else f"{low}～{high - 1}人"
        bars.append(SizeBar(label=label, classes=int(held.sum()), people=int(people.sum()), below_k=low < k))
    return tuple(bars)
