"""Privacy models: which equivalence classes may be released (五号, 施行規則34条5号・62条5号).

Every model looks at classes counted in people and names those that fail. What fails is suppressed, within
the suppression limit; the recount of the written data asks the same models again.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from tokumei.transforms.counting.contingency import Contingency
from tokumei.transforms.counting.histogram import Histogram, Mask
from tokumei.transforms.recode.wildcards import matching_people
from tokumei.transforms.values.steady import exp2, log, log2_of_counts

TOLERANCE = 1e-12  # of comparisons between numbers that rounding may have moved
Floats = npt.NDArray[np.float64]


class Monotone(IntEnum):
    """What generalizing further can do to a model.

    RECORDS: whoever is in a failing class is in a failing class of every more specific node.
    CLASSES: a class made of passing classes passes; without suppression, failure goes down the lattice.
    NOTHING: neither holds.
    """

    NOTHING = 0
    CLASSES = 1
    RECORDS = 2


class PrivacyModel(ABC):
    """One requirement on equivalence classes. Immutable and picklable.

    Attributes:
        monotone: what the search may conclude from one node for others.
        higher_is_safer: whether `reached` grows with protection.
    """

    monotone: ClassVar[Monotone]
    higher_is_safer: ClassVar[bool] = True

    @abstractmethod
    def failing(self, classes: Histogram) -> Mask:
        """Return which classes fail; a class without records never does."""

    @abstractmethod
    def reached(self, classes: Histogram) -> float:
        """Return what the weakest of these classes reaches, in the unit of the model's parameter."""


@dataclass(frozen=True)
class KAnonymity(PrivacyModel):
    """At least k people a class (Samarati & Sweeney 1998).

    ``wildcard``: per column, whether a null matches every value (sdcMicro's reading). A record is then
    protected by all records that its class matches, as long as those are released themselves.
    """

    k: int
    wildcard: bool = False
    monotone = Monotone.RECORDS

    def failing(self, classes: Histogram) -> Mask:
        """Return the classes below k; with wildcards, until those left protect one another."""
        if not self.wildcard:
            return (classes.people < self.k) & (classes.records > 0)
        left = classes.records > 0
        while True:
            people = np.where(left, classes.people, 0)
            short = left & (matching_people(classes.codes, classes.nulls, people) < self.k)
            if not short.any():
                return ~left & (classes.records > 0)
            left &= ~short

    def reached(self, classes: Histogram) -> float:
        """Return the people of the smallest class."""
        held = classes.records > 0
        if self.wildcard:
            return _least(matching_people(classes.codes, classes.nulls, classes.people)[held])
        return _least(classes.people[held])


@dataclass(frozen=True)
class KMap(PrivacyModel):
    """At least k people of the population a class (Sweeney 2001)."""

    k: int
    monotone = Monotone.RECORDS

    def failing(self, classes: Histogram) -> Mask:
        """Return the classes that too few people of the population share."""
        return (_population(classes) < self.k) & (classes.records > 0)

    def reached(self, classes: Histogram) -> float:
        """Return the smallest number of people in the population."""
        return _least(_population(classes)[classes.records > 0])


@dataclass(frozen=True)
class DeltaPresence(PrivacyModel):
    """The share of a class's people in the population who are in the file stays in a range.

    Holds for every class of the population; one that nobody in the file belongs to has the share 0
    (Nergiz, Atzori & Clifton 2007). Suppressing records does not count as lowering a share, as in ARX.
    """

    least: float
    most: float
    monotone = Monotone.CLASSES
    higher_is_safer = False

    def failing(self, classes: Histogram) -> Mask:
        """Return the classes whose share is outside the range."""
        share = _presence(classes)
        return (share > self.most + TOLERANCE) | (share < self.least - TOLERANCE)

    def reached(self, classes: Histogram) -> float:
        """Return the largest share."""
        return float(_presence(classes)[classes.records > 0].max(initial=0))


def _population(classes: Histogram) -> npt.NDArray[np.int64]:
    if classes.population is None:
        raise TypeError("the model needs a population")
    return classes.population


def _presence(classes: Histogram) -> Floats:
    share: Floats = classes.people / np.maximum(_population(classes), 1)
    return share


class Sensitive(PrivacyModel):
    """A model of how the values of one sensitive column (機微な項目) spread inside a class."""

    column: str

    def failing(self, classes: Histogram) -> Mask:
        """Return the classes whose values are too uniform, or too unlike the whole file."""
        return self._beyond(self.measure(classes)) & (classes.records > 0)

    def reached(self, classes: Histogram) -> float:
        """Return the measure of the weakest class."""
        measured = self.measure(classes)[classes.records > 0]
        if self.higher_is_safer:
            return _least(measured)
        return float(measured.max(initial=0))

    def measure(self, classes: Histogram) -> Floats:
        """Return the measure of every class, shape (classes,)."""
        return self._measure(classes.sensitive[self.column].cells(), len(classes))

    @abstractmethod
    def _measure(self, table: Contingency, classes: int) -> Floats: ...

    @abstractmethod
    def _beyond(self, measured: Floats) -> Mask: ...


@dataclass(frozen=True)
class DistinctDiversity(Sensitive):
    """At least ℓ different values a class (Machanavajjhala et al. 2007)."""

    column: str
    l: float  # noqa: E741  # the literature's letter
    monotone = Monotone.RECORDS

    def _measure(self, table: Contingency, classes: int) -> Floats:
        return np.bincount(table.tuples, minlength=classes).astype(float)

    def _beyond(self, measured: Floats) -> Mask:
        return measured < self.l - TOLERANCE


@dataclass(frozen=True)
class EntropyDiversity(Sensitive):
    """The entropy of a class's values is at least log ℓ (Shannon); the measure is exp(entropy)."""

    column: str
    l: float  # noqa: E741
    monotone = Monotone.CLASSES

    def _measure(self, table: Contingency, classes: int) -> Floats:
        totals = totals_of(table, classes)
        bits = table.counts * log2_of_counts(table.counts)
        # −Σ share log2 share = log2 N − Σ n log2 n ÷ N: logarithms of whole numbers alone.
        within = np.bincount(table.tuples, weights=bits, minlength=classes) / np.maximum(totals, 1)
        return exp2(log2_of_counts(totals.astype(np.int64)) - within)

    def _beyond(self, measured: Floats) -> Mask:
        return measured < self.l * (1 - TOLERANCE)


@dataclass(frozen=True)
class RecursiveDiversity(Sensitive):
    """Recursive (c,ℓ)-diversity: the most frequent value is rarer than c times all from the ℓ-th on.

    The measure is the largest ratio f1 / (f_ℓ + … + f_m); it must stay below c.
    """

    column: str
    l: int  # noqa: E741
    c: float
    monotone = Monotone.CLASSES
    higher_is_safer = False

    def _measure(self, table: Contingency, classes: int) -> Floats:
        order = np.lexsort((-table.counts, table.tuples))
        tuples, counts = table.tuples[order], table.counts[order]
        starts = np.searchsorted(tuples, np.arange(classes))
        rank = np.arange(len(tuples)) - starts[tuples]
        rest = np.bincount(tuples, weights=np.where(rank >= self.l - 1, counts, 0), minlength=classes)
        most = np.bincount(tuples, weights=np.where(rank == 0, counts, 0), minlength=classes)
        return np.divide(most, rest, out=np.where(most > 0, np.inf, 0.0), where=rest > 0)

    def _beyond(self, measured: Floats) -> Mask:
        return ~(measured < self.c * (1 - TOLERANCE))


@dataclass(frozen=True)
class BetaLikeness(Sensitive):
    """No value's share grows by more than β of its share in the whole file (Cao & Karras 2012).

    Enhanced: the growth of value s stays below min(β, −ln q_s). The measure is the largest growth.
    """

    column: str
    beta: float
    overall: tuple[float, ...]
    enhanced: bool
    monotone = Monotone.CLASSES
    higher_is_safer = False

    def _measure(self, table: Contingency, classes: int) -> Floats:
        return _largest(table.tuples, self._growth(table, classes), classes)

    def failing(self, classes: Histogram) -> Mask:
        """Return the classes in which a value's share grows too much."""
        table = classes.sensitive[self.column].cells()
        bound = np.full(table.size, self.beta)
        if self.enhanced:
            shares = np.array(self.overall)
            bound = np.minimum(bound, -log(np.where(shares > 0, shares, 1.0)))
        beyond = self._growth(table, len(classes)) > bound[table.values] + TOLERANCE
        return (np.bincount(table.tuples[beyond], minlength=len(classes)) > 0) & (classes.records > 0)

    def _growth(self, table: Contingency, classes: int) -> Floats:
        overall = np.array(self.overall)[table.values]
        growth: Floats = table.counts / totals_of(table, classes)[table.tuples] / overall - 1
        return growth

    def _beyond(self, measured: Floats) -> Mask:
        return measured > self.beta + TOLERANCE


@dataclass(frozen=True)
class DeltaDisclosure(Sensitive):
    """|ln(share in the class / share in the file)| < δ for every value present (Brickell 2008)."""

    column: str
    delta: float
    overall: tuple[float, ...]
    monotone = Monotone.NOTHING
    higher_is_safer = False

    def _measure(self, table: Contingency, classes: int) -> Floats:
        share = table.counts / totals_of(table, classes)[table.tuples]
        gain = share / np.array(self.overall)[table.values]
        return log(np.maximum(_largest(table.tuples, np.maximum(gain, 1 / gain), classes), 1.0))

    def _beyond(self, measured: Floats) -> Mask:
        return ~(measured < self.delta - TOLERANCE)


class Bound(PrivacyModel):
    """A bound on all released classes together; the smallest classes are suppressed until it holds.

    Among classes of equal size those with the smaller codes go first. A person in several classes is one
    person of the release.
    """

    monotone = Monotone.CLASSES
    higher_is_safer = False

    def failing(self, classes: Histogram) -> Mask:
        """Return the fewest smallest classes without which the bound holds."""
        failing = np.zeros(len(classes), dtype=bool)
        held = np.flatnonzero(classes.records > 0)
        order = held[np.argsort(classes.people[held], kind="stable")]
        enough = self._holds(classes.people[order], _people_left(classes, order))
        failing[order[: int(np.argmax(enough))]] = True
        return failing

    @abstractmethod
    def _holds(self, people: npt.NDArray[np.int64], left: Floats) -> Mask:
        """Say for each number of suppressed classes, 0 to all, whether the bound holds for the rest.

        Args:
            people: of each class, ascending, shape (classes,).
            left: distinct people left without the first n classes, shape (classes + 1,).
        """


@dataclass(frozen=True)
class AverageRisk(Bound):
    """Classes ÷ people, the average (marketer) risk, is at most this."""

    at_most: float

    def reached(self, classes: Histogram) -> float:
        """Return classes ÷ people."""
        held = classes.records > 0
        return float(held.sum() / max(classes.people_in(held), 1))

    def _holds(self, people: npt.NDArray[np.int64], left: Floats) -> Mask:
        classes = len(people) - np.arange(len(people) + 1)
        return classes <= self.at_most * left * (1 + TOLERANCE)


@dataclass(frozen=True)
class SampleUniqueness(Bound):
    """The share of people who are alone in their class is at most this."""

    at_most: float

    def reached(self, classes: Histogram) -> float:
        """Return the share of unique people."""
        held = classes.records > 0
        return float((classes.people[held] == 1).sum() / max(classes.people_in(held), 1))

    def _holds(self, people: npt.NDArray[np.int64], left: Floats) -> Mask:
        unique = np.maximum((people == 1).sum() - np.arange(len(people) + 1), 0)
        enough: Mask = unique <= self.at_most * left * (1 + TOLERANCE)
        return enough


def _people_left(classes: Histogram, order: npt.NDArray[np.int64]) -> Floats:
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


def _least(values: npt.NDArray[np.int64] | Floats) -> float:
    return float(values.min()) if len(values) else np.inf


def totals_of(table: Contingency, classes: int) -> Floats:
    """Return the people of each class, one for each of their values."""
    return np.bincount(table.tuples, weights=table.counts, minlength=classes).astype(float)


def _largest(tuples: npt.NDArray[np.int64], values: Floats, classes: int) -> Floats:
    """Return the largest value of each class; entries are grouped by class."""
    largest = np.zeros(classes)
    if len(tuples):
        starts = np.flatnonzero(np.diff(tuples, prepend=-1))
        largest[tuples[starts]] = np.maximum.reduceat(values, starts)
    return largest
