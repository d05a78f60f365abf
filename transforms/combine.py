"""The global combine: merges partial results of any size of run, a few at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Generic, TypeVar

import apache_beam as beam

from transforms.guard import guarded

T = TypeVar("T")
_BATCH = 32  # how many parts wait before they are merged: amortises merging, bounds memory


class MergeAll(beam.CombineFn, Generic[T]):
    """Combine parts with a function that merges a sequence of them.

    Args:
        merge: associative and commutative; takes any number of parts, none included, and gives one.
    """

    def __init__(self, merge: Callable[[Sequence[T]], T]) -> None:
        self._merge = merge

    def create_accumulator(self) -> list[T]:
        """Start with nothing."""
        return []

    def add_input(self, mutable_accumulator: list[T], element: T) -> list[T]:
        """Hold a part; merge when enough are held."""
        mutable_accumulator.append(element)
        return (
            self.compact(mutable_accumulator) if len(mutable_accumulator) >= _BATCH else mutable_accumulator
        )

    def merge_accumulators(self, accumulators: Iterable[list[T]]) -> list[T]:
        """Merge what is held, as it comes: one accumulator a bundle are thousands in a large run."""
        merged = self.create_accumulator()
        for accumulator in accumulators:
            for part in accumulator:
                merged = self.add_input(merged, part)
        return self.compact(merged)

    def compact(self, accumulator: list[T]) -> list[T]:
        """Merge what is held, before it crosses the wire."""
        return [guarded(self._merge)(accumulator)] if len(accumulator) > 1 else accumulator

    def extract_output(self, accumulator: list[T]) -> T:
        """Return the merged result."""
        return guarded(self._merge)(accumulator)


def merge_globally(merge: Callable[[Sequence[T]], T], kind: object) -> beam.CombineGlobally:
    """Return the typed global combine of all parts; ``kind`` is the element type of parts and result."""
    fn = MergeAll(merge).with_input_types(kind).with_output_types(kind)
    return beam.CombineGlobally(fn)
