"""Local files that are there whole or not at all, and stay: what was written survives a power cut.

A write goes into a hidden temporary file beside its target, which is then linked or renamed. Its writer holds
a lock on it, which ends with the process: so what a killed write has left can be told from one that goes on.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

PRIVATE = 0o700  # the rights of a folder that its owner alone may look into
_TRIES = 100
_TEMPORARY = re.compile(r"\.(.+)\.[a-z0-9_]{8}")  # as tempfile.mkstemp names it
_NO_FOLDER_SYNC = {errno.EINVAL, errno.EBADF}  # file systems that keep no folder in memory say so
_durable: set[Path] = set()


def becomes(name: str) -> str | None:
    """Return the file name that a temporary file was to get; None for any other file."""
    found = _TEMPORARY.fullmatch(name)
    return found and found.group(1)


@contextmanager
def written_beside(path: Path, data: bytes) -> Iterator[Path]:
    """Put data durably into a temporary file beside ``path``, for the caller to link or rename to it."""
    descriptor, temporary = _temporary(path)
    try:
        with os.fdopen(descriptor, "wb") as out:
            out.write(data)  # private until it is whole
            out.flush()
            os.fchmod(descriptor, 0o666 & ~_umask() & (PRIVATE if _is_private(path.parent) else 0o777))
            os.fsync(descriptor)
            yield temporary
            _sync(path.parent)  # the new name must survive a power cut too
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock file of a path; it stays, since removing it would let two holders in."""
    rights = 0o666 & (PRIVATE if _is_private(path.parent) else 0o777)
    with open(path.with_name(f".{path.name}.lock"), "ab", opener=partial(os.open, mode=rights)) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def delete_abandoned(temporary: Path) -> bool:
    """Delete a temporary file unless its write is going on; return whether it is gone."""
    try:
        with temporary.open("rb+") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            temporary.unlink(missing_ok=True)
    except FileNotFoundError:
        return True
    except BlockingIOError:
        return False
    return True


def _umask() -> int:
    mask = os.umask(0o077)  # it can only be read by setting it, so others may come between: privately
    os.umask(mask)
    return mask


def _is_private(folder: Path) -> bool:
    """Return whether its owner alone may look into a folder; so it is then with each of its files."""
    return not folder.stat().st_mode & 0o077


def _temporary(path: Path) -> tuple[int, Path]:
    """Create a temporary file beside ``path`` and lock it."""
    for _ in range(_TRIES):
        try:
            make_folder(path.parent)
            descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        except FileNotFoundError:
            continue  # another run has removed the folder, as it was still empty
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if os.fstat(descriptor).st_nlink:
                return descriptor, Path(name)
            os.close(descriptor)  # another run took it for abandoned just before it was locked
        except OSError:
            os.close(descriptor)
            Path(name).unlink(missing_ok=True)
            raise
    raise FileNotFoundError(path)


def make_folder(folder: Path, mode: int = 0o777) -> None:
    """Make a folder and those above it, each name durable; its own rights are those of ``mode`` at most.

    A killed run may have made some and not come to syncing them: so each process does it once, up to where
    this account, and so that run, could not have made any.
    """
    if folder in _durable and folder.is_dir():
        return
    above = folder.parent
    if above != folder and (not folder.is_dir() or os.access(above, os.W_OK)):
        make_folder(above)
        try:
            folder.mkdir(mode)
        except FileExistsError:
            if folder.is_file():
                raise NotADirectoryError(folder) from None
        _sync(above)
    _durable.add(folder)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_FOLDER_SYNC:
            raise
    finally:
        os.close(descriptor)
