"""What builds the levels of a built-in hierarchy: one step a level, from the value itself to its label."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

ANY = "*"  # the label of the last level of every hierarchy
Step = tuple[str, Callable[[str], str]]  # what a level means, in Japanese; value → label


class Between(NamedTuple):
    """The open range of numbers that a top or bottom code before the hierarchy leaves; None has no end."""

    above: float | None = None
    below: float | None = None


ANYWHERE = Between()


class NotInHierarchyError(ValueError):
    """Values of the data that are not in the hierarchy; holds their number only."""

    def __init__(self, count: int) -> None:
        self.count = count
        super().__init__(f"{count} values are not in the hierarchy")
