"""Settings of a process that is one job's own: rare garbage collection, one heap, one temporary folder."""

from __future__ import annotations

import atexit
import ctypes
import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress

# For the processes that this one starts; deploy/ sets the same for workers elsewhere.
HEAP = {"ARROW_DEFAULT_MEMORY_POOL": "system", "MALLOC_ARENA_MAX": "1"}
# Nothing here multiplies matrices; threads that wait for some spin for a tenth of a second.
_NO_THREADS = {"OPENBLAS_NUM_THREADS": "1"}
# Of mallopt(3): once the process has begun, the variables come too late.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
_KEPT, _LARGE = 256 << 20, 32 << 20


def settle() -> None:
    """Settle a process before it imports anything large; must come before its threads.

    Imports and graphs make objects by the 100,000; Python would look for garbage among what stays until its
    end, and once more at exit.

    Chunks are made in one thread and freed in another. A heap a thread, and Arrow's own beside them, each
    keep what was freed in them: 40 million records took 690 to 1,860 MiB so. What the one heap has is kept
    from chunk to chunk instead of being given back and cleared anew.
    """
    gc.set_threshold(500_000)
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # else every installed distribution is read
    atexit.register(gc.freeze)
    for name, value in (HEAP | _NO_THREADS).items():
        os.environ.setdefault(name, value)
    with suppress(AttributeError, ValueError):  # another C library has no such heaps
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_M_ARENA_MAX, int(os.environ["MALLOC_ARENA_MAX"]))
        mallopt(_M_MMAP_THRESHOLD, _LARGE)
        mallopt(_M_TRIM_THRESHOLD, _KEPT)


@contextmanager
def one_temporary_folder(*, until_exit: bool) -> Iterator[None]:
    """Keep what libraries put into temporary files while the block runs in one folder, and remove that.

    Args:
        until_exit: a library uses them at exit once more, as Beam does to end a job server that it began.
    """
    folder, before = tempfile.mkdtemp(prefix="tokumei-"), tempfile.tempdir
    tempfile.tempdir = folder
    if until_exit:  # handlers run last in, first out: after those of libraries
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    try:
        yield
    finally:
        tempfile.tempdir = before
        if not until_exit:
            shutil.rmtree(folder, ignore_errors=True)
