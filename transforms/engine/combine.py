"""The global combine: merges partial results of any size of run, a few at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Generic, TypeVar

import apache_beam as beam
from apache_beam.pvalue import PCollection
from apache_beam.transforms.window import GlobalWindows

from tokumei.transforms.engine.guard import guarded
from tokumei.transforms.engine.steps import Step, each

T = TypeVar("T")
_BATCH = 8  # how many parts wait before they are merged: amortises merging, bounds memory


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


class _MergeBundle(Step, Generic[T]):
    """Merges the parts of a bundle, before they cross the wire: what engines make of a combine."""

    def __init__(self, fn: MergeAll[T]) -> None:
        self._fn = fn

    def start_bundle(self) -> None:
        """Begin anew, whatever became of the bundle before."""
        self._held: list[T] = []

    def process(self, part: T) -> None:
        """Hold a part."""
        self._held = self._fn.add_input(self._held, part)

    def finish_bundle(self) -> Iterator[Any]:
        """Give out what the parts come to, under the one key of all."""
        yield from (GlobalWindows.windowed_value((0, part)) for part in self._fn.compact(self._held))


class _MergeGlobally(beam.PTransform):
    """All parts to their merged result. Element types: ``kind`` (any number) → ``kind`` (one; none of none).

    Who is told of the result says by ``AsSingleton(result, merge([]))`` what no parts come to. Beam's own
    CombineGlobally makes that an element, in three times as many steps and one stage more: each of them costs
    every run some milliseconds.
    """

    def __init__(self, fn: MergeAll[Any], kind: Any) -> None:
        super().__init__()
        self._fn, self._kind = fn, kind

    def expand(self, parts: PCollection[Any]) -> PCollection[Any]:
        """Parts (any number) → (0, part) (at most one a bundle) → result (one, where there are parts)."""
        return (
            parts
            | "MergeBundle"
            >> beam.ParDo(_MergeBundle(self._fn)).with_output_types(beam.typehints.KV[int, self._kind])
            | "Gather" >> beam.GroupByKey()
            | "MergeAll" >> each(_merge_all, self._fn).with_output_types(self._kind)
        )


def _merge_all(gathered: tuple[int, Iterable[T]], fn: MergeAll[T]) -> T:
    return fn.extract_output(fn.merge_accumulators([part] for part in gathered[1]))


def merge_globally(merge: Callable[[Sequence[T]], T], kind: object) -> beam.PTransform:
    """Return the typed global combine of all parts; ``kind`` is the element type of parts and result.

    There is one result, and none where there are no parts (`_MergeGlobally`).
    """
    return _MergeGlobally(MergeAll(merge), kind)
