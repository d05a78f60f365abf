"""What models of a sensitive column (機微な項目) share: a measure of each class, and when it is beyond."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np

from tokumei.transforms.counting.contingency import Contingency
from tokumei.transforms.counting.histogram import Histogram, Ints, Mask
from tokumei.transforms.recode.models.base import Floats, PrivacyModel, least


class Sensitive(PrivacyModel):
    """A model of how the values of one sensitive column spread inside a class."""

    column: str

    @property
    def watches(self) -> str:
        """The column."""
        return self.column

    def failing(self, classes: Histogram) -> Mask:
        """Return the classes whose values are too uniform, or too unlike the whole file."""
        return self._beyond(self.measure(classes)) & self._held(classes)

    def reached(self, classes: Histogram) -> float:
        """Return the measure of the weakest class."""
        measured = self.measure(classes)[self._held(classes)]
        if self.higher_is_safer:
            return least(measured)
        return float(measured.max(initial=0))

    def _held(self, classes: Histogram) -> Mask:
        """Return the classes in which anybody has a value: joined ones may be of other tables alone."""
        return np.bincount(classes.sensitive[self.column].tuples, minlength=len(classes)) > 0

    def measure(self, classes: Histogram) -> Floats:
        """Return the measure of every class, shape (classes,)."""
        return self._measure(classes.sensitive[self.column].cells(), len(classes))

    @abstractmethod
    def _measure(self, table: Contingency, classes: int) -> Floats: ...

    @abstractmethod
    def _beyond(self, measured: Floats) -> Mask: ...


class AgainstFile(Sensitive):
    """A sensitive model that compares with the shares of the whole file, ``overall`` by value code."""

    overall: tuple[float, ...]

    def compares(self, classes: Histogram) -> bool:
        """Whether the file had each value of these classes: blanks may have come later."""
        return int(classes.sensitive[self.column].cells().values.max(initial=-1)) < len(self.overall)


def totals_of(table: Contingency, classes: int) -> Floats:
    """Return the people of each class, one for each of their values."""
    return np.bincount(table.tuples, weights=table.counts, minlength=classes).astype(float)


def shares_of(table: Contingency, classes: int) -> Floats:
    """Return the share of each entry in its class."""
    shares: Floats = table.counts / totals_of(table, classes)[table.tuples]
    return shares


def largest_of(tuples: Ints, values: Floats, classes: int) -> Floats:
    """Return the largest value of each class; entries are grouped by class."""
    largest = np.zeros(classes)
    if len(tuples):
        starts = np.flatnonzero(np.diff(tuples, prepend=-1))
        largest[tuples[starts]] = np.maximum.reduceat(values, starts)
    return largest
