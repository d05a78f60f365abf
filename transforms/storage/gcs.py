"""The store of gs:// URIs: exclusive creation and compare-and-swap by object generation."""

from __future__ import annotations

import base64
import fnmatch
import io
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, BinaryIO, cast

import requests
from google.api_core import exceptions as api
from google.auth import exceptions as auth
from google.cloud import storage  # type: ignore[attr-defined]
from google.cloud.storage.retry import DEFAULT_RETRY

from tokumei.schemas.errors import InputError
from tokumei.schemas.splits import SourceFile
from tokumei.transforms.storage.base import ConflictError, StoredFile, changed, refused

_FETCH = 1 << 20  # least bytes a reader asks for at a time; larger reads ask for what they need
_ANSWER = 60  # seconds to wait for an answer
# Seconds to try again, with growing pauses, after 408, 429, 5xx and broken connections.
_RETRY = DEFAULT_RETRY.with_timeout(120)
_WRITE = "tokumei-write"  # names the write that made an object, in its metadata
_READ = "storage.objects.get and storage.objects.list"


class GcsStore:
    """Objects in Cloud Storage; versions are generations. See `Store` for what each method guarantees.

    Every request may be repeated: reads and deletions by nature, writes because each has a precondition and
    a name of its own, by which a write whose answer was lost is known as done.
    """

    def glob(self, pattern: str) -> list[SourceFile]:  # noqa: D102
        bucket, name = _bucket(pattern)
        literal = self._find(pattern)
        if literal is not None:
            return [literal]
        fixed = re.split(r"[*?\[]", name, maxsplit=1)[0]
        if fixed == name:
            return []
        with _gcs_errors(pattern, _READ):
            found = bucket.list_blobs(prefix=fixed, **_again())
            return sorted(_as_source(blob) for blob in found if _matches(blob.name, name))

    def stat(self, uri: str) -> SourceFile:  # noqa: D102
        found = self._find(uri)
        if found is None:
            raise refused(uri, "missing")
        return found

    def _find(self, uri: str) -> SourceFile | None:
        """Return the live object, or None; a bucket that does not exist is refused, not taken for empty."""
        bucket, name = _bucket(uri)
        with _gcs_errors(uri, _READ):
            blob = bucket.get_blob(name, **_again()) if name else None
            if blob is not None:
                return _as_source(blob)
            inside = list(bucket.list_blobs(prefix=_folder(name), max_results=1, **_again()))
        if inside or not name:
            raise refused(uri, "directory")
        return None

    def open_input(self, file: SourceFile) -> BinaryIO:  # noqa: D102
        return cast(BinaryIO, io.BufferedReader(_Pinned(file), _FETCH))

    def read(self, uri: str) -> tuple[bytes, str]:  # noqa: D102
        bucket, name = _bucket(uri)
        with _gcs_errors(uri, _READ):
            blob = bucket.blob(name)
            data = blob.download_as_bytes(**_again())
            return data, str(blob.generation)  # as the answer itself said: the two belong together

    def crc32c(self, uri: str) -> int:  # noqa: D102
        return int.from_bytes(base64.b64decode(self._blob(uri).crc32c), "big")

    def written_at(self, uri: str) -> float:  # noqa: D102
        return float(self._blob(uri).time_created.timestamp())

    def _blob(self, uri: str) -> Any:
        bucket, name = _bucket(uri)
        with _gcs_errors(uri, _READ):
            blob = bucket.get_blob(name, **_again())
        if blob is None:
            raise refused(uri, "missing")
        return blob

    def create(self, uri: str, data: bytes) -> None:  # noqa: D102
        self._write(uri, data, 0, FileExistsError, "storage.objects.create")

    def replace(self, uri: str, data: bytes, expected_version: str | None) -> None:  # noqa: D102
        needs = "storage.objects.create" + (" and storage.objects.delete" if expected_version else "")
        self._write(uri, data, int(expected_version or 0), ConflictError, needs)

    def _write(self, uri: str, data: bytes, generation: int, taken: type[Exception], needs: str) -> None:
        bucket, name = _bucket(uri)
        blob, token = bucket.blob(name), secrets.token_hex(8)
        blob.metadata = {_WRITE: token}
        with _gcs_errors(uri, needs):
            try:
                blob.upload_from_string(
                    data, "application/octet-stream", if_generation_match=generation, **_again()
                )
            except (api.PreconditionFailed, api.NotFound) as error:
                # Perhaps of our own writing: it was done, its answer lost, and then the precondition fails,
                # or a large object's upload session is gone.
                found = bucket.get_blob(name, **_again())
                if found is not None and (found.metadata or {}).get(_WRITE) == token:
                    return
                if isinstance(error, api.PreconditionFailed):
                    raise taken(uri) from None
                raise

    def exists(self, uri: str) -> bool:  # noqa: D102
        return self._find(uri) is not None

    def delete(self, uri: str) -> None:  # noqa: D102
        bucket, name = _bucket(uri)
        with _gcs_errors(uri, "storage.objects.delete"):
            try:
                bucket.blob(name).delete(**_again())
            except api.NotFound:
                return

    def delete_abandoned(self, uri: str) -> bool:
        """Cloud Storage has no temporary files: an upload that was cut off is no object."""
        return False

    def walk(self, base: str) -> list[StoredFile]:  # noqa: D102
        bucket, name = _bucket(base)
        with _gcs_errors(base, _READ):
            found = bucket.list_blobs(prefix=_folder(name), **_again())
            return sorted(StoredFile(*_as_source(blob)[:2], blob.updated.timestamp()) for blob in found)

    def folders(self, base: str) -> list[str]:  # noqa: D102
        bucket, name = _bucket(base)
        with _gcs_errors(base, _READ):
            pages = bucket.list_blobs(prefix=_folder(name), delimiter="/", **_again())
            for _ in pages:  # what is not in a folder; the folders come with the pages
                pass
            return sorted(prefix.rstrip("/").rsplit("/", 1)[-1] for prefix in pages.prefixes)

    def prune(self, base: str) -> None:
        """Cloud Storage has no directories."""

    def join(self, base: str, *parts: str) -> str:  # noqa: D102
        return "/".join([base.rstrip("/"), *(part.strip("/") for part in parts)])

    def make_private(self, folder: str) -> None:
        """The rights of a bucket are its own, and so are those of its parts."""

    def check_writable(self, uri: str) -> None:
        """Begin an upload and give it up: it asks for the right to create, and nothing is there to delete."""
        bucket, name = _bucket(uri)
        with _gcs_errors(uri, "storage.objects.create"):
            bucket.blob(name).create_resumable_upload_session(if_generation_match=0, **_again())


class _Pinned(io.RawIOBase):
    """One generation of an object as a stream: whatever is read is of the object that was planned."""

    def __init__(self, file: SourceFile) -> None:
        bucket, name = _bucket(file.uri)
        self._file, self._at = file, 0
        self._blob = bucket.blob(name, generation=int(file.version))

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._file.size}[whence]
        return self._at

    def readall(self) -> bytes:
        data = bytearray(max(0, self._file.size - self._at))  # in one request; the default makes many
        left = memoryview(data)
        while left and (got := self.readinto(left)):
            left = left[got:]
        return bytes(data)

    def readinto(self, buffer: Any, /) -> int:
        end = min(self._at + len(buffer), self._file.size)
        if end <= self._at:
            return 0
        with _gcs_errors(self._file.uri, _READ):
            try:
                # Raw, because Cloud Storage would otherwise unpack gzip on the way and sizes would not hold.
                # The checksum that it sends is of the whole object.
                data = self._blob.download_as_bytes(
                    start=self._at, end=end - 1, raw_download=True, checksum=None, **_again()
                )
            except api.NotFound:
                raise changed(self._file.uri) from None
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)


@cache
def _client() -> Any:
    # Honours STORAGE_EMULATOR_HOST, then without credentials. Objects need no project.
    return storage.Client(project=None)


def _bucket(uri: str) -> tuple[Any, str]:
    bucket, _, name = uri.removeprefix("gs://").partition("/")
    if not bucket:
        raise refused(uri, "missing")
    with _gcs_errors(uri, _READ):
        return _client().bucket(bucket), name


def _folder(name: str) -> str | None:
    return f"{name.rstrip('/')}/" if name else None


def _again() -> dict[str, Any]:
    """Return how every request waits and is repeated, also those that the library would not repeat."""
    return {"timeout": _ANSWER, "retry": _RETRY}


@contextmanager
def _gcs_errors(uri: str, needs: str) -> Iterator[None]:
    """Turn the errors of Cloud Storage into ours; ``needs`` are the permissions that a request asks for."""
    try:
        yield
    except api.NotFound:
        raise refused(uri, "missing") from None
    except api.Forbidden:
        raise refused(uri, "permission", needs) from None
    except (api.RetryError, api.ServerError, api.TooManyRequests, requests.RequestException):
        raise refused(uri, "unavailable") from None
    except auth.TransportError:
        raise refused(uri, "unavailable") from None
    except (api.Unauthorized, auth.GoogleAuthError):
        raise refused(uri, "credentials") from None
    except api.GoogleAPICallError as error:
        raise InputError(
            "store.failed",
            where=uri,
            what=f"Cloud Storage refuses the request (HTTP status {error.code})",
            fix="check the name of the bucket and of the object",
        ) from None


def _as_source(blob: Any) -> SourceFile:
    uri = f"gs://{blob.bucket.name}/{blob.name}"
    return SourceFile(uri, int(blob.size), str(blob.generation), f"crc32c:{blob.crc32c}")


def _matches(name: str, pattern: str) -> bool:
    parts, wanted = name.split("/"), pattern.split("/")
    return len(parts) == len(wanted) and all(
        (fnmatch.fnmatchcase(part, want) and part[:1] != ".") or part == want
        for part, want in zip(parts, wanted, strict=True)
    )
