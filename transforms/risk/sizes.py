"""The histogram of class sizes: how many equivalence classes have how many people."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ClassSizes:
    """How many classes have how many people.

    Attributes:
        people: shape (m,), the sizes that occur, ascending, each at least 1.
        classes: shape (m,), the number of classes of that size, each at least 1.
    """

    people: Ints
    classes: Ints

    @classmethod
    def of(cls, sizes: Ints) -> ClassSizes:
        """Count the people of every class, shape (classes,), into a histogram.

        Raises:
            ValueError: there is no class, or one without people: an empty or suppressed class is none.
        """
        people, classes = np.unique(sizes, return_counts=True)
        if len(people) == 0 or people[0] < 1:
            raise ValueError("there must be a class, and every class must have people")
        return cls(people.astype(np.int64), classes.astype(np.int64))

    @property
    def total_people(self) -> int:
        """People over all classes."""
        return int((self.people * self.classes).sum())

    @property
    def total_classes(self) -> int:
        """Number of classes."""
        return int(self.classes.sum())

    def of_size(self, size: int) -> int:
        """Return the number of classes with exactly ``size`` people."""
        return int(self.classes[self.people == size].sum())

    @property
    def uniques(self) -> int:
        """People alone in their class (sample uniques)."""
        return self.of_size(1)
