"""The store of local paths: exclusive creation by hard link, compare-and-swap under a lock file."""

from __future__ import annotations

import errno
import glob as globbing
import hashlib
import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, BinaryIO, cast

import google_crc32c

from tokumei.schemas.errors import InputError
from tokumei.schemas.splits import SourceFile
from tokumei.transforms.storage.base import ConflictError, StoredFile, changed, refused
from tokumei.transforms.storage.durable import (
    PRIVATE,
    becomes,
    delete_abandoned,
    locked,
    make_folder,
    written_beside,
)

_FETCH = 1 << 20  # bytes that an input is read by
_READ = 1 << 20  # bytes that a file is read by for its checksum
# What os.link fails with on a file system that has no hard links.
_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS}


class LocalStore:
    """Files of this machine. See `Store` for what each method guarantees."""

    def glob(self, pattern: str) -> list[SourceFile]:  # noqa: D102
        with _local_errors(pattern):
            # A real file wins over the pattern its name may happen to be.
            paths = [pattern] if Path(pattern).exists() else sorted(_matching(pattern))
        return [self.stat(path) for path in paths]

    def stat(self, uri: str) -> SourceFile:  # noqa: D102
        with _local_errors(uri):
            found = Path(uri).stat()
        if not stat.S_ISREG(found.st_mode):  # to open a pipe may never end, nor to read a device
            raise refused(uri, "directory" if stat.S_ISDIR(found.st_mode) else "special")
        return SourceFile(uri, found.st_size, f"{found.st_mtime_ns}")

    def open_input(self, file: SourceFile) -> BinaryIO:  # noqa: D102
        with _local_errors(file.uri):
            raw = Path(file.uri).open("rb", buffering=0)  # noqa: SIM115  (the caller closes it)
            stream = io.BufferedReader(_Input(file.uri, raw), _FETCH)
            found = os.fstat(stream.fileno())
        if (found.st_size, f"{found.st_mtime_ns}") != (file.size, file.version):
            stream.close()
            raise changed(file.uri)
        return cast(BinaryIO, stream)

    def written_at(self, uri: str) -> float:  # noqa: D102
        with _local_errors(uri):
            return Path(uri).stat().st_mtime

    def read(self, uri: str) -> tuple[bytes, str]:  # noqa: D102
        with _local_errors(uri):
            data = Path(uri).read_bytes()
        # A digest, because two writes within one tick of the clock have the same modification time.
        return data, hashlib.sha256(data).hexdigest()

    def crc32c(self, uri: str) -> int:  # noqa: D102
        checksum = 0
        with _local_errors(uri), Path(uri).open("rb") as stream:
            while data := stream.read(_READ):
                checksum = int(google_crc32c.extend(checksum, data))
        return checksum

    def create(self, uri: str, data: bytes) -> None:  # noqa: D102
        with _local_errors(uri), written_beside(Path(uri), data) as temporary:
            try:
                os.link(temporary, uri)  # unlike a rename, this fails where the name is taken
            except OSError as error:
                if error.errno in _NO_LINKS:
                    raise refused(uri, "links") from None
                raise

    def replace(self, uri: str, data: bytes, expected_version: str | None) -> None:  # noqa: D102
        if expected_version is None:
            try:
                self.create(uri, data)
            except FileExistsError:
                raise ConflictError(uri) from None
            return
        path = Path(uri)
        with _local_errors(uri), locked(path):
            if not path.exists() or self.read(uri)[1] != expected_version:
                raise ConflictError(uri)
            with written_beside(path, data) as temporary:
                temporary.replace(path)

    def exists(self, uri: str) -> bool:  # noqa: D102
        with _local_errors(uri):
            return Path(uri).is_file()

    def delete(self, uri: str) -> None:  # noqa: D102
        with _local_errors(uri):
            Path(uri).unlink(missing_ok=True)

    def delete_abandoned(self, uri: str) -> bool:  # noqa: D102
        with _local_errors(uri):
            return delete_abandoned(Path(uri))

    def walk(self, base: str) -> list[StoredFile]:  # noqa: D102
        found = []
        with _local_errors(base):
            for folder, _, names in os.walk(base, onerror=_raise):
                for name in names:
                    with suppress(FileNotFoundError):  # gone since it was listed
                        at = Path(folder, name).lstat()
                        if stat.S_ISREG(at.st_mode):
                            uri = str(Path(folder, name))
                            found.append(StoredFile(uri, at.st_size, at.st_mtime, becomes(name)))
        return sorted(found)

    def folders(self, base: str) -> list[str]:  # noqa: D102
        with _local_errors(base), suppress(FileNotFoundError):
            return sorted(e.name for e in os.scandir(base) if e.is_dir(follow_symlinks=False))
        return []

    def prune(self, base: str) -> None:  # noqa: D102
        for folder, _, _ in os.walk(base, topdown=False):
            with suppress(OSError):  # not empty, or gone
                Path(folder).rmdir()

    def join(self, base: str, *parts: str) -> str:  # noqa: D102
        return str(Path(base, *parts))

    def make_private(self, folder: str) -> None:  # noqa: D102
        with _local_errors(folder):
            make_folder(Path(folder), PRIVATE)

    def check_writable(self, uri: str) -> None:  # noqa: D102
        folder = str(Path(uri).parent)
        try:
            with _local_errors(folder), written_beside(Path(uri), b"\0"):
                pass  # it is gone again
        except FileExistsError:
            raise refused(folder, "file") from None


class _Input(io.RawIOBase):
    """A local file as a stream whose failures are ours, also those that come while it is read."""

    def __init__(self, uri: str, file: io.FileIO) -> None:
        self._uri, self._file = uri, file

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._file.fileno()

    def tell(self) -> int:
        return self._file.tell()

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        return self._file.seek(offset, whence)

    def readinto(self, buffer: Any, /) -> int:
        with _local_errors(self._uri):
            return self._file.readinto(buffer) or 0

    def close(self) -> None:
        self._file.close()
        super().close()


def _matching(pattern: str) -> Iterator[str]:
    """Yield the paths that match; a folder that may not be read is an error, unlike for `glob.glob`."""
    path = Path(pattern)
    first = next((i for i, part in enumerate(path.parts) if globbing.has_magic(part)), len(path.parts))
    places = [Path(*path.parts[:first])]
    for part in path.parts[first:]:
        places = [place / name for place in places if place.is_dir() for name in os.listdir(place)]  # noqa: PTH208
        hidden = part[0] == "."
        places = [p for p in places if fnmatchcase(p.name, part) and (hidden or p.name[0] != ".")]
    for place in places:
        with suppress(
            FileNotFoundError, NotADirectoryError
        ):  # any other failure is not nothing, nor a broken link
            os.lstat(place)
            yield str(place)


@contextmanager
def _local_errors(uri: str) -> Iterator[None]:
    try:
        yield
    except IsADirectoryError:
        raise refused(uri, "directory") from None
    except NotADirectoryError:
        raise refused(_in_the_way(uri), "file") from None
    except FileNotFoundError:
        raise refused(uri, "missing") from None
    except PermissionError:
        raise refused(uri, "permission") from None
    except FileExistsError:
        raise
    except OSError as error:
        raise InputError(
            "store.failed",
            where=uri,
            what=f"cannot be read or written: {error.strerror or type(error).__name__}",
            fix="check the path, the free space and the device, then run again",
        ) from None


def _in_the_way(uri: str) -> str:
    """Return the file that stands where a path has a folder."""
    return str(next((p for p in (Path(uri), *Path(uri).parents) if p.is_file()), uri))


def _raise(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):  # a folder that is gone, or was never there
        raise error
