"""Work in threads, in order: several chunks are treated at once while the next one is read.

Kernels over columns leave Python's lock alone most of the time, so that further cores are busy whatever the
engine is, at the price of a few more chunks in memory.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Overlap(Generic[T, R]):
    """Applies a function to items in a few threads; results come in the order of the items.

    An error is raised where the result would have come. `close` waits for what is still being worked on.
    """

    def __init__(self, function: Callable[[T], R], threads: int) -> None:
        self._function, self._threads = function, threads
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="overlap")
        self._coming: deque[Future[R]] = deque()

    def put(self, item: T) -> Iterator[R]:
        """Begin with an item; yield the results that more than fill the threads."""
        self._coming.append(self._pool.submit(self._function, item))
        while len(self._coming) > self._threads:
            yield self._coming.popleft().result()

    def rest(self) -> Iterator[R]:
        """Yield the results that are left."""
        while self._coming:
            yield self._coming.popleft().result()

    def drop(self) -> None:
        """Forget what was begun, whose results nobody wants any more."""
        self._coming.clear()

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown()


def overlapped(function: Callable[[T], R], items: Iterable[T], threads: int) -> Iterator[R]:
    """Apply a function to items in a few threads, a few items ahead; yield the results in order.

    What fails comes where it would have come without threads: an error of the items after the results of
    those before it.
    """
    overlap, coming = Overlap(function, threads), iter(items)
    try:
        while True:
            try:
                item = next(coming)
            except StopIteration:
                break
            except Exception:
                yield from overlap.rest()
                raise
            yield from overlap.put(item)
        yield from overlap.rest()
    finally:
        overlap.close()
