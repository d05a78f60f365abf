"""Models that compare the file with the population that it is drawn from (母集団)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from tokumei.schemas import privacy_models as spec
from tokumei.transforms.counting.histogram import Histogram, Ints, Mask
from tokumei.transforms.recode.figures import plain_digits
from tokumei.transforms.recode.models.base import TOLERANCE, Floats, Monotone, PrivacyModel, WholeFile, least


class OfPopulation(PrivacyModel):
    """A model that asks who of the population shares a class.

    The population is counted by the full-domain classes. Where some people go their own way, nobody knows who
    of the population would go with them.
    """

    @property
    def full_domain_only(self) -> bool:
        """Whatever the model asks of the population."""
        return True


@dataclass(frozen=True)
class KMap(OfPopulation, serves=spec.KMap):
    """At least k people of the population a class (Sweeney 2001)."""

    k: int
    monotone = Monotone.RECORDS
    title = "k-マップ"

    @classmethod
    def of(cls, declared: spec.KMap, whole: WholeFile) -> Self:
        """Return the model that a policy declares."""
        return cls(declared.k)

    def failing(self, classes: Histogram) -> Mask:
        """Return the classes that too few people of the population share."""
        return (_population(classes) < self.k) & (classes.records > 0)

    def reached(self, classes: Histogram) -> float:
        """Return the smallest number of people in the population."""
        return least(_population(classes)[classes.records > 0])

    @property
    def wording(self) -> str:
        """As in ``k_map k=5``."""
        return f"k_map k={self.k}"

    def meaning(self, column: str) -> str:
        """Return what it asks, in Japanese."""
        return f"母集団の中に、同じ組合せの人が{self.k}人以上いる。"


@dataclass(frozen=True)
class DeltaPresence(OfPopulation, serves=spec.DeltaPresence):
    """The share of a class's people in the population who are in the file stays in a range.

    Holds for every class of the population; one that nobody in the file belongs to has the share 0
    (Nergiz, Atzori & Clifton 2007). Suppressing records does not count as lowering a share, as in ARX.
    """

    least: float
    most: float
    monotone = Monotone.CLASSES
    higher_is_safer = False
    title = "δ-存在性"

    @classmethod
    def of(cls, declared: spec.DeltaPresence, whole: WholeFile) -> Self:
        """Return the model that a policy declares."""
        return cls(declared.at_least, declared.at_most)

    def failing(self, classes: Histogram) -> Mask:
        """Return the classes whose share is outside the range."""
        share = _presence(classes)
        return (share > self.most + TOLERANCE) | (share < self.least - TOLERANCE)

    def reached(self, classes: Histogram) -> float:
        """Return the largest share."""
        return float(_presence(classes)[classes.records > 0].max(initial=0))

    @property
    def wording(self) -> str:
        """As in ``delta_presence 0 to 0.05``."""
        return f"delta_presence {plain_digits(self.least)} to {plain_digits(self.most)}"

    def meaning(self, column: str) -> str:
        """Return what it asks, in Japanese."""
        return (
            "母集団で同じ組合せの人のうち、このファイルにいる人の割合が"
            f"{plain_digits(self.least)}以上{plain_digits(self.most)}以下である。"
        )


def _population(classes: Histogram) -> Ints:
    if classes.population is None:
        raise TypeError("the model needs a population")
    return classes.population


def _presence(classes: Histogram) -> Floats:
    share: Floats = classes.people / np.maximum(_population(classes), 1)
    return share
