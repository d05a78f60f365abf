"""Prosecutor, journalist and marketer risk: three attackers who know the quasi-identifiers.

The prosecutor knows that the target is in the file; the journalist does not, and wants any one person of the
population; the marketer wants as many people as possible. Each picks at random within the matching class.

Source: El Emam, Guide to the De-Identification of Personal Health Information (2013), ch. 16;
Dankar and El Emam, PAIS 2010 (marketer).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from tokumei.transforms.risk.sizes import ClassSizes, Ints


@dataclass(frozen=True)
class AttackerRisk:
    """Risk of one attacker; every value is a share from 0 to 1.

    Attributes:
        highest: of the person most at risk.
        average: over the people of the file.
        at_risk: share of the file's people whose own risk is above the threshold.
    """

    highest: float
    average: float
    at_risk: float


def prosecutor(sizes: ClassSizes, k: int) -> AttackerRisk:
    """Return 1/class size as risk; ``at_risk`` counts people above 1/k, that is in classes below k.

    The average, classes ÷ people, is also the marketer's share of right guesses.
    """
    people = sizes.total_people
    below = sizes.people < k
    return AttackerRisk(
        highest=1 / int(sizes.people[0]),
        average=sizes.total_classes / people,
        at_risk=int((sizes.people[below] * sizes.classes[below]).sum()) / people,
    )


def average_of_people(classes: Ints, persons: npt.NDArray[np.uint64], sizes: Ints) -> float:
    """Return the mean, over people, of the highest 1/class size among their classes.

    A person with several records stands in several classes and is attacked in the smallest: their risk is the
    highest of their records'. Classes ÷ people would count such a person once a class, and exceed 1. It is an
    upper bound of this mean, and equal to it where everybody stands in one class.

    Source: of longitudinal data it is the person, not the record, who is at risk (El Emam and Arbuckle,
    Anonymizing Health Data, 2013, ch. 6); that the worst of their records counts is the cautious reading.

    Args:
        classes: shape (n,), the class of each pair of class and person, each pair once.
        persons: shape (n,), the person.
        sizes: shape (classes,), people of each class.
    """
    people = (
        pl.DataFrame({"person": persons, "size": sizes[classes]}).group_by("person").agg(pl.col("size").min())
    )
    counted = ClassSizes.of(people["size"].to_numpy())
    return math.fsum((counted.classes / counted.people).tolist()) / people.height


def wildcard(people: Ints, matching: Ints, k: int) -> AttackerRisk:
    """Return the risk from a prosecutor who takes a missing value for any value.

    Args:
        people: of each class, shape (classes,).
        matching: people of all classes that each matches, itself included.
        k: people whose match has fewer are at risk.
    """
    total = int(people.sum())
    return AttackerRisk(
        highest=1 / int(matching.min()),
        average=math.fsum((people / matching).tolist()) / total,
        at_risk=int(people[matching < k].sum()) / total,
    )


def journalist(released: Ints, population: Ints, k: int) -> AttackerRisk:
    """Return 1/population size of the class as risk.

    ``released`` and ``population`` give, class by class, shape (classes,), the people in the file and in the
    population it is drawn from. The average is the greater of classes ÷ population of these classes (the
    attacker starts from the population) and the mean of 1/population size over the file (from the file).

    Raises:
        ValueError: the arrays are empty or differ in length, or a class has more people in the file than in
            the population, so that the table given is not the population of this file.
    """
    if len(released) == 0 or len(released) != len(population):
        raise ValueError("one population size is needed for every class")
    if released.min() < 1 or (released > population).any():
        raise ValueError("a class has nobody, or more people in the file than in the population")
    people = int(released.sum())
    return AttackerRisk(
        highest=1 / int(population.min()),
        average=max(len(population) / int(population.sum()), float((released / population).sum()) / people),
        at_risk=int(released[population < k].sum()) / people,
    )


def sample_uniqueness(sizes: ClassSizes) -> float:
    """Return the share of the file's people who are alone in their class."""
    return sizes.uniques / sizes.total_people
