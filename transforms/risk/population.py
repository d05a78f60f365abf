"""How many people of the population are alone in their class, estimated from the file.

The file is seen as a random sample of the population. Four published estimators: Zayatz, Pitman, the slide
negative binomial, and Dankar's rule, which chooses among them.

Sources: L. Zayatz, Estimation of the Number of Unique Population Elements Using a Sample, Proc. Survey
Research Methods, ASA 1991; F. K. Dankar et al., Estimating the re-identification risk of clinical data sets,
BMC Medical Informatics and Decision Making 12:66, 2012; pitman.py and snb.py name theirs.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from tokumei.transforms.risk.pitman import pitman_uniques
from tokumei.transforms.risk.sizes import ClassSizes
from tokumei.transforms.risk.snb import snb_uniques

Estimator = Literal["pitman", "zayatz", "snb"]
Method = Literal["dankar", Estimator]
SMALL_FRACTION = 0.1  # Dankar et al.: up to here Pitman's model is the best
_NEGLIGIBLE = 745.0  # exp(-745) is the smallest double above 0


def population_uniques(sizes: ClassSizes, fraction: float, method: Method = "dankar") -> float | None:
    """Estimate how many people are alone in their class in the population (not in the file only).

    Args:
        sizes: classes of the file; a file without sample uniques gives 0 by every method.
        fraction: people of the file ÷ people of the population, above 0 and at most 1; at 1 the file is the
            population and its uniques are counted, not estimated.
        method: the estimator; ``dankar`` chooses it.

    Returns:
        People of the population (divide by its size, people ÷ fraction rounded, for the uniqueness); None
        where the model does not fit the file. Zayatz and Dankar always give a number.

    Raises:
        ValueError: the fraction is not in (0, 1].
    """
    if method == "dankar":
        return dankar_choice(sizes, fraction)[1]
    if not 0 < fraction <= 1:
        raise ValueError("the sampling fraction must be above 0 and at most 1")
    population = round(sizes.total_people / fraction)
    if sizes.uniques == 0 or population == sizes.total_people:
        return float(sizes.uniques)
    return {"pitman": pitman_uniques, "zayatz": zayatz_uniques, "snb": snb_uniques}[method](sizes, population)


def dankar_choice(sizes: ClassSizes, fraction: float) -> tuple[Estimator, float]:
    """Choose by Dankar's rule, and return the estimator with its population uniques.

    Up to a fraction of 0.1 Pitman, above it the smaller of Zayatz and SNB; Zayatz where the other does not
    fit.

    Raises:
        ValueError: the fraction is not in (0, 1].
    """
    zayatz = population_uniques(sizes, fraction, "zayatz")
    if zayatz is None:
        raise AssertionError("Zayatz always gives a number")
    other: Estimator = "pitman" if fraction <= SMALL_FRACTION else "snb"
    uniques = population_uniques(sizes, fraction, other)
    if uniques is None or (other == "snb" and zayatz < uniques):
        return "zayatz", zayatz
    return other, uniques


def zayatz_uniques(sizes: ClassSizes, population: int) -> float:
    """Return Zayatz's estimate: sample uniques × P(class of one in the population | one in the sample) ÷ f.

    By Bayes' rule, with the sample's class sizes standing for the population's and one person drawn of a
    class with hypergeometric probability. It keeps at most √(745 × population) terms.
    """
    people = sizes.total_people
    fraction = people / population
    # P(one of a class of s is drawn) = s·f·Π_{i<s−1} (N−n−i)/(N−1−i); beyond `reach` that is 0 as a double.
    reach = int(min(sizes.people[-1] - 1, population - people, _NEGLIGIBLE / fraction + 1))
    drawn = np.arange(reach, dtype=np.float64)
    logs = np.log(population - people - drawn) - np.log(population - 1 - drawn)
    others_missed = np.exp(np.concatenate([[0.0], np.cumsum(logs)]))
    near = sizes.people - 1 <= reach
    one_drawn = sizes.people[near] * fraction * others_missed[sizes.people[near] - 1]
    ones = sizes.uniques
    unique_if_one = ones * fraction / float((sizes.classes[near] * one_drawn).sum())
    return ones * unique_if_one / fraction
