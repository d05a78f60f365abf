"""Elements dealt over the workers anew: what Beam's Create and Reshuffle do, at a part of their fixed price.

Theirs are made of wrapped functions, of each of which Beam reads thirty signatures and the source (`steps`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import apache_beam as beam
from apache_beam.pvalue import PBegin, PCollection

from tokumei.transforms.engine.guard import guarded
from tokumei.transforms.engine.steps import each, each_to_many

T = TypeVar("T")


class DealElements(beam.PTransform):
    """Any elements → the same ones, shuffled, so that workers share them and a retry sees them again.

    Args:
        name: of each element, another for each; a worker gets the elements of a name.
        kind: element type.
    """

    def __init__(self, name: Callable[[T], str], kind: Any) -> None:
        super().__init__()
        self._name, self._kind = name, kind

    def expand(self, elements: PCollection[Any]) -> PCollection[Any]:
        """Elements → (name, element) → elements."""
        return (
            elements
            | "Name" >> each(_named, self._name).with_output_types(beam.typehints.KV[str, self._kind])
            | "Deal" >> beam.GroupByKey()
            | "Take" >> each_to_many(_elements).with_output_types(self._kind)
        )


class BeginWith(beam.PTransform):
    """The root → some elements, shared if there are several.

    Args:
        elements: known while the graph is built.
        name, kind: as of `DealElements`.
    """

    def __init__(self, elements: Sequence[T], name: Callable[[T], str], kind: Any) -> None:
        super().__init__()
        self._elements, self._name, self._kind = elements, name, kind

    def expand(self, root: PBegin) -> PCollection[Any]:
        """Nothing → elements."""
        begun = (
            root
            | beam.Impulse()
            | "Elements" >> each_to_many(_all, self._elements).with_output_types(self._kind)
        )
        return begun if len(self._elements) < 2 else begun | DealElements(self._name, self._kind)


@guarded
def _named(element: T, name: Callable[[T], str]) -> tuple[str, T]:
    return name(element), element


@guarded
def _elements(named: tuple[str, Iterable[T]]) -> Iterable[T]:
    return named[1]


@guarded
def _all(_: bytes, elements: Sequence[T]) -> Sequence[T]:
    return elements
