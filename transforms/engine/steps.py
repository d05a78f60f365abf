"""Functions as steps of a graph: what Beam's Map and FlatMap are, at a part of their fixed price.

Beam asks eight times of every step, while it is built, translated and set up, which states and timers it has.
To find them, it reads the signatures of all methods that `dir` names, some thirty a step: a tenth of a small
job. Steps here have neither, and `dir` names what they do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import apache_beam as beam


class Step(beam.DoFn):
    """Base of every step: without states and timers, and with the element types that the graph declares."""

    def __dir__(self) -> list[str]:
        """Name the one method that could ask for states and timers."""
        return ["process"]

    def default_type_hints(self) -> None:
        """Tell Beam nothing but what `with_output_types` does: to read annotations needs them to be types."""


def each(function: Callable[..., Any], *args: Any, **kwargs: Any) -> beam.ParDo:
    """Return the step from each element to one: what the function, guarded, makes of it.

    Args:
        function: takes an element and the arguments; picklable.
        args: values or side inputs.
        kwargs: the same, by name.
    """
    return beam.ParDo(_Each(function), *args, **kwargs)


def each_to_many(function: Callable[..., Iterable[Any]], *args: Any) -> beam.ParDo:
    """Return the step from each element to all that the function makes of it, as `each` does to one."""
    return beam.ParDo(_EachToMany(function), *args)


class _Each(Step):
    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function

    def process(self, element: Any, *args: Any, **kwargs: Any) -> Iterable[Any]:
        return (self._function(element, *args, **kwargs),)


class _EachToMany(Step):
    def __init__(self, function: Callable[..., Iterable[Any]]) -> None:
        self._function = function

    def process(self, element: Any, *args: Any) -> Iterable[Any]:
        return self._function(element, *args)
