"""What builds the levels of a built-in hierarchy: one step a level, from the value itself to its label."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from tokumei.transforms.values.patterns import count_patterns, tell_patterns

NOT_MERGED = "（この段階では、どの値も他の値とまとめていない）"
ANY = "*"  # the label of the last level of every hierarchy
Coarser = tuple[str, Callable[[str], str]]  # what a level means, in Japanese; value → label


class Between(NamedTuple):
    """The open range of numbers that a top or bottom code before the hierarchy leaves; None has no end."""

    above: float | None = None
    below: float | None = None


ANYWHERE = Between()


class NotInHierarchyError(ValueError):
    """Values of the data that are not in the hierarchy.

    Holds no value: their number, and what they look like.
    """

    def __init__(self, values: Iterable[str], count: int) -> None:
        self.count = count
        self.patterns = tell_patterns(count_patterns(values))
        super().__init__(f"{count} values are not in the hierarchy: {self.patterns}")
