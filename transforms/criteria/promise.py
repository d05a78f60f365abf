"""What a column promises of its released values: at least so many people bear each of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Promise:
    """How many people must bear a released value of a column.

    Attributes:
        every: each value; 0: only some labels.
        labels: these labels, each at least so many.
    """

    every: int
    labels: Mapping[str, int]

    @property
    def most(self) -> int:
        """The largest number promised; 0: nothing is."""
        return max((self.every, *self.labels.values()))

    @property
    def least(self) -> int:
        """The smallest number promised of any value; 0: nothing is."""
        asked = [n for n in (self.every, *(self.of(label) for label in self.labels)) if n]
        return min(asked, default=0)

    def of(self, value: str | None) -> int:
        """Return how many people must bear a value; a blank promises nothing."""
        return 0 if value is None else max(self.every, self.labels.get(value, 0))
