"""Working one step ahead in a thread: decoding and encoding overlap with the kernels between them.

Decoding (Parquet, CSV) and encoding (compression) leave Python's lock alone, so that a second core is busy
whatever the engine is, at the price of one more batch in memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
_END = object()


def ahead(items: Iterator[T]) -> Iterator[T]:
    """Yield the same items, in order, while a thread already makes the next one.

    An error of the items is raised where the item would have come. Whoever stops early waits for the item
    that is being made.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="ahead") as pool:
        coming = pool.submit(next, items, _END)
        while (item := coming.result()) is not _END:
            coming = pool.submit(next, items, _END)
            yield item  # type: ignore[misc]  # not the end, so an item
