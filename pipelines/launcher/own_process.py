"""Settings of a process that is one job's own: rare garbage collection, one heap, one temporary folder."""

from __future__ import annotations

import atexit
import ctypes
import fcntl
import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

# For the processes that this one starts; deploy/ sets the same for workers elsewhere.
HEAP = {"ARROW_DEFAULT_MEMORY_POOL": "system", "MALLOC_ARENA_MAX": "1"}
# Nothing here multiplies matrices; threads that wait for some spin for a tenth of a second.
_NO_THREADS = {"OPENBLAS_NUM_THREADS": "1"}
# Of mallopt(3): once the process has begun, the variables come too late.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
_KEPT, _LARGE = 256 << 20, 32 << 20
_FOLDERS = "tokumei-run-"  # how the names of folders begin that are locked while their process lives


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

    Those of this user's runs that were killed are removed before.

    Args:
        until_exit: a library uses them at exit once more, as Beam does to end a job server that it began.
    """
    sweep()
    (folder, lock), before = _locked_folder(), tempfile.tempdir
    tempfile.tempdir = folder
    if until_exit:  # handlers run last in, first out: after those of libraries
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    try:
        yield
    finally:
        tempfile.tempdir = before
        if not until_exit:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(lock)


def sweep(*, dry_run: bool = False) -> list[str]:
    """Remove the temporary folders of runs of this user on this machine that were killed; return their paths.

    A run that lives holds the lock of its folder, whatever its process is called and wherever it runs. Where
    the file system has no locks nothing is removed.

    Args:
        dry_run: only find them.
    """
    found = []
    with suppress(OSError):  # the temporary directory may not be listed
        for path in sorted(Path(tempfile.gettempdir()).glob(f"{_FOLDERS}*")):
            with suppress(OSError):  # another's, or another is at it
                lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
                try:
                    if os.fstat(lock).st_uid == os.getuid():
                        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                        if not dry_run:
                            shutil.rmtree(path)
                        found.append(str(path))
                finally:
                    os.close(lock)
    return found


def _locked_folder() -> tuple[str, int]:
    """Make a temporary folder that is this process's as long as it lives; return it with its open lock."""
    while True:
        folder = tempfile.mkdtemp(prefix=_FOLDERS)
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        with suppress(OSError):  # a file system without locks, where nobody sweeps
            fcntl.flock(lock, fcntl.LOCK_EX)
        if Path(folder).exists():  # nobody has swept it before it was locked
            return folder, lock
        os.close(lock)
