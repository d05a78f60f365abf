"""One small store interface for local paths and gs:// URIs.

Beam's own file systems can neither create exclusively nor compare and swap; the release protocol needs both,
and readers need a version of every input. Whatever a store cannot reach becomes an `InputError`.
"""

from __future__ import annotations

import fcntl
import fnmatch
import glob as globbing
import hashlib
import io
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO, Protocol, cast

from schemas.errors import InputError
from schemas.splits import SourceFile

_FETCH = 1 << 20  # least bytes a gs:// reader asks for at a time; larger reads ask for what they need


class ConflictError(Exception):
    """The file is not at the expected version: somebody else has written it."""


class Store(Protocol):
    """What the pipeline needs of a place where files are.

    Every method raises `InputError` where the place cannot be reached: missing file or bucket, no permission,
    a directory instead of a file. Version tokens are opaque texts that change whenever the content does.
    """

    def glob(self, pattern: str) -> list[SourceFile]:
        """Return the files that match, sorted by URI.

        ``*``, ``?`` and ``[..]`` match within one path part and never a leading dot. A name without them
        matches the file of that name. Nothing found is an empty list.
        """

    def stat(self, uri: str) -> SourceFile:
        """Return one file as it is now; the URI is taken literally, not as a pattern."""

    def open_input(self, uri: str) -> BinaryIO:
        """Open a file for reading; the stream is seekable."""

    def open_output(self, uri: str) -> BinaryIO:
        """Create a file exclusively and open it for writing.

        Raises:
            FileExistsError: the file is there already (gs:// may say so only when it is closed).
        """

    def read(self, uri: str) -> tuple[bytes, str]:
        """Return a small file's content, and its version for `replace`."""

    def create(self, uri: str, data: bytes) -> None:
        """Create a file with this content, whole or not at all.

        Raises:
            FileExistsError: the file is there already; it is unchanged.
        """

    def replace(self, uri: str, data: bytes, expected_version: str | None) -> None:
        """Compare and swap: write only over the version `read` returned (None: only if there is no file).

        Raises:
            ConflictError: the file is at another version; nothing was written.
        """

    def exists(self, uri: str) -> bool:
        """Return whether there is a file."""

    def delete(self, uri: str) -> None:
        """Delete a file; that there is none is no error."""

    def join(self, base: str, *parts: str) -> str:
        """Append path parts to a base path or URI."""


def open_store(uri: str) -> Store:
    """Return the store that a path or URI belongs to.

    Raises:
        InputError: the URI has a scheme other than gs://.
    """
    if uri.startswith("gs://"):
        return GcsStore()
    if "://" in uri:
        raise InputError(
            "store.scheme",
            where=uri,
            what="only local paths and gs:// URIs can be read and written",
            fix="copy the file to a local path or to Cloud Storage",
        )
    return LocalStore()


def _refused(uri: str, reason: str) -> InputError:
    fixes = {
        "missing": ("there is no such file, directory or bucket", "correct the path or URI"),
        "permission": ("permission is denied", "give this account the right to read or write it"),
        "directory": ("this is a directory, not a file", "name the files in it, for example with /*.csv"),
        "credentials": ("there are no Google Cloud credentials", "run gcloud auth application-default login"),
    }
    what, fix = fixes[reason]
    return InputError(f"store.{reason}", where=uri, what=what, fix=fix)


@contextmanager
def _local_errors(uri: str) -> Iterator[None]:
    try:
        yield
    except IsADirectoryError:
        raise _refused(uri, "directory") from None
    except (FileNotFoundError, NotADirectoryError):
        raise _refused(uri, "missing") from None
    except PermissionError:
        raise _refused(uri, "permission") from None


class LocalStore:
    """Files of this machine. See `Store` for what each method guarantees."""

    def glob(self, pattern: str) -> list[SourceFile]:  # noqa: D102
        # A real file wins over the pattern its name may happen to be.
        paths = [pattern] if Path(pattern).exists() else sorted(globbing.glob(pattern))  # noqa: PTH207
        return [self.stat(path) for path in paths]

    def stat(self, uri: str) -> SourceFile:  # noqa: D102
        with _local_errors(uri):
            found = Path(uri).stat()
        if Path(uri).is_dir():
            raise _refused(uri, "directory")
        return SourceFile(uri, found.st_size, f"{found.st_mtime_ns}")

    def open_input(self, uri: str) -> BinaryIO:  # noqa: D102
        with _local_errors(uri):
            return Path(uri).open("rb")

    def open_output(self, uri: str) -> BinaryIO:  # noqa: D102
        with _local_errors(uri):
            Path(uri).parent.mkdir(parents=True, exist_ok=True)
            return Path(uri).open("xb")

    def read(self, uri: str) -> tuple[bytes, str]:  # noqa: D102
        with _local_errors(uri):
            data = Path(uri).read_bytes()
        # A digest, because two writes within one tick of the clock have the same modification time.
        return data, hashlib.sha256(data).hexdigest()

    def create(self, uri: str, data: bytes) -> None:  # noqa: D102
        with _local_errors(uri), _written_beside(Path(uri), data) as temporary:
            os.link(temporary, uri)  # unlike a rename, this fails where the name is taken

    def replace(self, uri: str, data: bytes, expected_version: str | None) -> None:  # noqa: D102
        if expected_version is None:
            try:
                self.create(uri, data)
            except FileExistsError:
                raise ConflictError(uri) from None
            return
        path = Path(uri)
        with _local_errors(uri), _locked(path):
            if not path.exists() or self.read(uri)[1] != expected_version:
                raise ConflictError(uri)
            with _written_beside(path, data) as temporary:
                temporary.replace(path)

    def exists(self, uri: str) -> bool:  # noqa: D102
        with _local_errors(uri):
            return Path(uri).is_file()

    def delete(self, uri: str) -> None:  # noqa: D102
        with _local_errors(uri):
            Path(uri).unlink(missing_ok=True)

    def join(self, base: str, *parts: str) -> str:  # noqa: D102
        return str(Path(base, *parts))


@contextmanager
def _written_beside(path: Path, data: bytes) -> Iterator[Path]:
    """Put data durably into a hidden file in the same directory, for the caller to link or rename."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as out:
            os.fchmod(descriptor, 0o644)
            out.write(data)
            out.flush()
            os.fsync(descriptor)
        yield Path(name)
        directory = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)  # the new name must survive a power cut too
        finally:
            os.close(directory)
    finally:
        Path(name).unlink(missing_ok=True)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold the lock file of a path; it stays, since removing it would let two holders in."""
    with path.with_name(f".{path.name}.lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def _gcs_errors(uri: str) -> Iterator[None]:
    from google.api_core import exceptions as api
    from google.auth.exceptions import DefaultCredentialsError

    try:
        yield
    except api.NotFound:
        raise _refused(uri, "missing") from None
    except (api.Forbidden, api.Unauthorized):
        raise _refused(uri, "permission") from None
    except DefaultCredentialsError:
        raise _refused(uri, "credentials") from None


@cache
def _client() -> Any:
    from google.cloud import storage

    return storage.Client()  # honours STORAGE_EMULATOR_HOST, then without credentials


class GcsStore:
    """Objects in Cloud Storage; versions are generations. See `Store` for what each method guarantees."""

    def __init__(self, client: Any = None) -> None:
        self._given = client

    def _bucket(self, uri: str) -> tuple[Any, str]:
        bucket, _, name = uri.removeprefix("gs://").partition("/")
        return (self._given or _client()).bucket(bucket), name

    def glob(self, pattern: str) -> list[SourceFile]:  # noqa: D102
        with _gcs_errors(pattern):
            bucket, name = self._bucket(pattern)
            literal = bucket.get_blob(name)
            if literal is not None:
                return [_as_source(literal)]
            fixed = re.split(r"[*?\[]", name, maxsplit=1)[0]
            if fixed == name:
                return []
            return sorted(_as_source(b) for b in bucket.list_blobs(prefix=fixed) if _matches(b.name, name))

    def stat(self, uri: str) -> SourceFile:  # noqa: D102
        return _as_source(self._blob(uri))

    def _blob(self, uri: str) -> Any:
        """Return the live object; its generation is known, so that later reads are pinned to it."""
        with _gcs_errors(uri):
            bucket, name = self._bucket(uri)
            blob = bucket.get_blob(name)
        if blob is None:
            raise _refused(uri, "missing")
        return blob

    def open_input(self, uri: str) -> BinaryIO:  # noqa: D102
        # Raw, because Cloud Storage would otherwise unpack gzip on the way and sizes would not hold.
        return cast(BinaryIO, self._blob(uri).open("rb", chunk_size=_FETCH, raw_download=True))

    def open_output(self, uri: str) -> BinaryIO:  # noqa: D102
        with _gcs_errors(uri):
            bucket, name = self._bucket(uri)
            stream = bucket.blob(name).open("wb", ignore_flush=True, if_generation_match=0)
        return cast(BinaryIO, _ExclusiveWriter(stream, uri))

    def read(self, uri: str) -> tuple[bytes, str]:  # noqa: D102
        blob = self._blob(uri)
        with _gcs_errors(uri):
            return blob.download_as_bytes(), str(blob.generation)

    def create(self, uri: str, data: bytes) -> None:  # noqa: D102
        with _gcs_errors(uri), _taken(uri, FileExistsError):
            self._upload(uri, data, 0)

    def replace(self, uri: str, data: bytes, expected_version: str | None) -> None:  # noqa: D102
        with _gcs_errors(uri), _taken(uri, ConflictError):
            self._upload(uri, data, int(expected_version or 0))

    def _upload(self, uri: str, data: bytes, generation: int) -> None:
        bucket, name = self._bucket(uri)
        bucket.blob(name).upload_from_string(data, "application/octet-stream", if_generation_match=generation)

    def exists(self, uri: str) -> bool:  # noqa: D102
        with _gcs_errors(uri):
            bucket, name = self._bucket(uri)
            return bucket.get_blob(name) is not None

    def delete(self, uri: str) -> None:  # noqa: D102
        from google.api_core.exceptions import NotFound

        with _gcs_errors(uri):
            bucket, name = self._bucket(uri)
            try:
                bucket.blob(name).delete()
            except NotFound:
                return

    def join(self, base: str, *parts: str) -> str:  # noqa: D102
        return "/".join([base.rstrip("/"), *(part.strip("/") for part in parts)])


def _as_source(blob: Any) -> SourceFile:
    return SourceFile(f"gs://{blob.bucket.name}/{blob.name}", int(blob.size), str(blob.generation))


def _matches(name: str, pattern: str) -> bool:
    parts, wanted = name.split("/"), pattern.split("/")
    return len(parts) == len(wanted) and all(
        (fnmatch.fnmatchcase(part, want) and part[:1] != ".") or part == want
        for part, want in zip(parts, wanted, strict=True)
    )


@contextmanager
def _taken(uri: str, error: type[Exception]) -> Iterator[None]:
    from google.api_core.exceptions import PreconditionFailed

    try:
        yield
    except PreconditionFailed:
        raise error(uri) from None


class _ExclusiveWriter(io.BufferedIOBase):
    """A gs:// writer whose precondition failure, which may come with any part, is a FileExistsError."""

    def __init__(self, stream: Any, uri: str) -> None:
        self._stream, self._uri = stream, uri

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        with _gcs_errors(self._uri), _taken(self._uri, FileExistsError):
            return int(self._stream.write(data))

    def tell(self) -> int:
        return int(self._stream.tell())

    def close(self) -> None:
        if not self.closed:
            try:
                with _gcs_errors(self._uri), _taken(self._uri, FileExistsError):
                    self._stream.close()
            finally:
                super().close()

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if kind is not None:
            self._stream.terminate()  # closing would publish half a file
            super().close()
        else:
            self.close()
