"""One heap for all threads, so that memory stays what the chunks in work need."""

from __future__ import annotations

import ctypes
from contextlib import suppress

import pyarrow as pa

_M_ARENA_MAX = -8  # of mallopt(3)


def share_heap() -> None:
    """Let Arrow and all threads take memory from one heap of the C library.

    Chunks are made in one thread and freed in another; a heap a thread, and Arrow's own beside them, each keep
    what was freed in them: 40 million records took 690 to 1,860 MiB so, and 600 with one heap, at half the
    system time. Once a process has many threads it is too late; then nothing changes.
    """
    pa.set_memory_pool(pa.system_memory_pool())
    with suppress(AttributeError):  # another C library than glibc has no such heaps
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)
