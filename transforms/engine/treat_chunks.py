"""A step that treats chunks in threads: the way of every pass from records to what is kept of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

from apache_beam.transforms.window import GlobalWindows

from tokumei.transforms.engine.chunks import Chunk, D_co
from tokumei.transforms.engine.guard import guarded, guarded_steps
from tokumei.transforms.engine.overlap import Overlap
from tokumei.transforms.engine.steps import Step

T = TypeVar("T")
R = TypeVar("R")
# Two chunks are treated while a third is read: enough for two cores. Engines start a worker for every core
# or two anyway, and each more would hold one more chunk.
THREADS = 2


class InThreads(Step, Generic[T, R]):
    """Base of the steps that begin with an element in a thread, and give out what the oldest has become.

    A bundle ends only after all its results; when it fails, what its threads still compute goes nowhere. So
    the function must not write anything, nor count for the engine.

    Args:
        function: from what `_overlap` is given to what becomes of it; picklable.
    """

    def __init__(self, function: Callable[[T], R]) -> None:
        self._function = function

    def setup(self) -> None:
        """Start the threads."""
        self._overlap = Overlap(guarded(self._function), THREADS)

    def teardown(self) -> None:
        """End the threads."""
        self._overlap.close()

    def start_bundle(self) -> None:
        """Begin anew, whatever became of the bundle before."""
        self._overlap.drop()


class TreatChunks(InThreads[Chunk[D_co], R]):
    """Applies a pure function to every chunk of a bundle, in threads; one result a chunk, in order."""

    @guarded_steps
    def process(self, chunk: Chunk[D_co]) -> Iterator[R]:
        """Begin with a chunk, and give out the oldest result."""
        yield from self._overlap.put(chunk)

    @guarded_steps
    def finish_bundle(self) -> Iterator[Any]:
        """Give out all others."""
        yield from map(GlobalWindows.windowed_value, self._overlap.rest())
