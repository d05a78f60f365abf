"""Limits on the risk of all released people together (average risk, uniqueness)."""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass
from typing import Self

import numpy as np

from tokumei.schemas import privacy_models as spec
from tokumei.transforms.counting.histogram import Histogram, Ints, Mask
from tokumei.transforms.recode.figures import plain_digits
from tokumei.transforms.recode.models.base import TOLERANCE, Floats, Monotone, PrivacyModel, WholeFile
from tokumei.transforms.recode.models.k_anonymity import KAnonymity


class Collective(PrivacyModel):
    """A limit on all released classes together; the smallest classes are suppressed until it holds.

    Among classes of equal size those with the smaller codes go first. A person in several classes is one
    person of the release.
    """

    monotone = Monotone.CLASSES
    higher_is_safer = False
    collective = True

    def failing(self, classes: Histogram) -> Mask:
        """Return the fewest smallest classes without which the limit holds."""
        failing = np.zeros(len(classes), dtype=bool)
        held = np.flatnonzero(classes.records > 0)
        order = held[np.argsort(classes.people[held], kind="stable")]
        enough = self._holds(classes.people[order], _people_left(classes, order))
        failing[order[: int(np.argmax(enough))]] = True
        return failing

    @abstractmethod
    def _holds(self, people: Ints, left: Floats) -> Mask:
        """Return for each number of suppressed classes, 0 to all, whether the limit holds for the rest.

        Args:
            people: of each class, ascending, shape (classes,).
            left: distinct people left without the first n classes, shape (classes + 1,).
        """


@dataclass(frozen=True)
class AverageRisk(Collective, serves=spec.AverageRisk):
    """Classes ÷ people, the average (marketer) risk, is at most this.

    Of people with several records it is an upper bound of the average; see `average_of_people`.
    """

    at_most: float
    title = "平均リスク"

    @classmethod
    def of(cls, declared: spec.AverageRisk, whole: WholeFile) -> Self:
        """Return the model that a policy declares."""
        return cls(declared.at_most)

    def reached(self, classes: Histogram) -> float:
        """Return classes ÷ people; no risk is above 1."""
        held = classes.records > 0
        return min(1.0, float(held.sum() / max(classes.people_in(held), 1)))

    def _holds(self, people: Ints, left: Floats) -> Mask:
        classes = len(people) - np.arange(len(people) + 1)
        return classes <= self.at_most * left * (1 + TOLERANCE)

    @property
    def wording(self) -> str:
        """As in ``average_risk at_most=0.05``."""
        return f"average_risk at_most={plain_digits(self.at_most)}"

    def meaning(self, column: str) -> str:
        """Return what it asks, in Japanese."""
        return f"グループの数を人数で割った値が{plain_digits(self.at_most)}以下である。"

    def of_each(self) -> PrivacyModel:
        """Return that classes are as large as 1 ÷ the average risk."""
        return KAnonymity(math.ceil(1 / self.at_most))


@dataclass(frozen=True)
class SampleUniqueness(Collective, serves=spec.SampleUniqueness):
    """The share of people who are alone in their class is at most this."""

    at_most: float
    title = "標本一意率"

    @classmethod
    def of(cls, declared: spec.SampleUniqueness, whole: WholeFile) -> Self:
        """Return the model that a policy declares."""
        return cls(declared.at_most)

    def reached(self, classes: Histogram) -> float:
        """Return the share of unique people."""
        held = classes.records > 0
        return float((classes.people[held] == 1).sum() / max(classes.people_in(held), 1))

    def _holds(self, people: Ints, left: Floats) -> Mask:
        unique = np.maximum((people == 1).sum() - np.arange(len(people) + 1), 0)
        enough: Mask = unique <= self.at_most * left * (1 + TOLERANCE)
        return enough

    @property
    def wording(self) -> str:
        """As in ``sample_uniqueness at_most=0.05``."""
        return f"sample_uniqueness at_most={plain_digits(self.at_most)}"

    def meaning(self, column: str) -> str:
        """Return what it asks, in Japanese."""
        return f"同じ組合せの人が他にいない人の割合が{plain_digits(self.at_most)}以下である。"

    def of_each(self) -> None:
        """Return None: in classes of two people nobody is unique."""


def _people_left(classes: Histogram, order: Ints) -> Floats:
    """Return the distinct people left when the first 0, 1, … of the ordered classes are suppressed."""
    if classes.pair_rows is None or classes.pair_persons is None:
        people = classes.people[order].astype(float)
        left: Floats = people.sum() - np.concatenate([[0.0], np.cumsum(people)])
        return left
    rank = np.zeros(len(classes), dtype=np.int64)
    rank[order] = np.arange(len(order))
    _, person = np.unique(classes.pair_persons, return_inverse=True)
    last = np.zeros(int(person.max(initial=-1)) + 1, dtype=np.int64)
    np.maximum.at(last, person, rank[classes.pair_rows])  # the last class in which they stand
    leaving = np.bincount(last, minlength=len(order))
    return float(len(last)) - np.concatenate([[0.0], np.cumsum(leaving)])
