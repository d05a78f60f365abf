"""The store of gs:// URIs: exclusive creation and compare-and-swap by object generation."""

from __future__ import annotations

import fnmatch
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, BinaryIO, cast

from schemas.splits import SourceFile
from transforms.store import ConflictError, refused

_FETCH = 8 << 20  # bytes a reader asks for at a time


@contextmanager
def _gcs_errors(uri: str) -> Iterator[None]:
    from google.api_core import exceptions as api
    from google.auth.exceptions import DefaultCredentialsError

    try:
        yield
    except api.NotFound:
        raise refused(uri, "missing") from None
    except (api.Forbidden, api.Unauthorized):
        raise refused(uri, "permission") from None
    except DefaultCredentialsError:
        raise refused(uri, "credentials") from None


@cache
def _client() -> Any:
    from google.cloud import storage  # type: ignore[attr-defined]

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
            raise refused(uri, "missing")
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

    def prune(self, base: str) -> None:
        """Cloud Storage has no directories."""

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
