"""The Store contract: one small interface for local paths and gs:// URIs.

Beam's own file systems can neither create exclusively nor compare and swap; the release protocol needs both,
and readers need a version of every input. Whatever a store cannot reach becomes an `InputError`.
"""

from __future__ import annotations

from typing import BinaryIO, NamedTuple, Protocol

from tokumei.schemas.errors import InputError
from tokumei.schemas.splits import SourceFile


class ConflictError(Exception):
    """The file is not at the expected version: somebody else has written it."""


class StoredFile(NamedTuple):
    """A file as `Store.walk` finds it.

    Attributes:
        uri: where it is; size: in bytes; modified: when it was last written, seconds since 1970.
        becomes: for the temporary file of a write, the file name it was to get; else None.
    """

    uri: str
    size: int
    modified: float
    becomes: str | None = None


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

    def open_input(self, file: SourceFile) -> BinaryIO:
        """Open a file as it was planned; the stream is seekable.

        Another version of it is never read: `InputError` input.changed is raised, by gs:// when it is read.
        """

    def written_at(self, uri: str) -> float:
        """Return when a file got its content, in seconds since 1970."""

    def read(self, uri: str) -> tuple[bytes, str]:
        """Return a small file's content, and its version for `replace`."""

    def crc32c(self, uri: str) -> int:
        """Return the CRC-32C of the content as it is stored now, wherever possible without fetching it."""

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

    def delete_abandoned(self, uri: str) -> bool:
        """Delete the temporary file of a write, unless that is going on; return whether it is gone."""

    def walk(self, base: str) -> list[StoredFile]:
        """Return every file in ``base`` and below, hidden ones too, links not; where nothing is, none."""

    def folders(self, base: str) -> list[str]:
        """Return the names of the folders in ``base``, sorted, links not; where nothing is, none."""

    def prune(self, base: str) -> None:
        """Remove directories that are empty, from ``base`` down; nothing to do where there are none."""

    def join(self, base: str, *parts: str) -> str:
        """Append path parts to a base path or URI."""

    def make_private(self, folder: str) -> None:
        """Make a folder that its owner alone may look into; one that is there is left as it is.

        Files that are written into such a folder are their owner's alone, too. A bucket's rights are its own.
        """

    def check_writable(self, uri: str) -> None:
        """Check that this file, and others beside it, could be created; nothing of the check stays."""


def changed(uri: str) -> InputError:
    """Return the error for an input that is no longer the one that was planned."""
    return InputError(
        "input.changed",
        where=uri,
        what="the file has changed since the run was planned",
        fix="wait until the file is complete, then run again",
    )


def refused(uri: str, reason: str, needs: str = "the right to read or write it") -> InputError:
    """Return the error for a place that cannot be reached; ``needs`` is what a denied account lacks."""
    fixes = {
        "missing": (
            "there is no such file, directory or bucket",
            "correct the path or URI (input or output)",
        ),
        "permission": ("permission is denied", f"give this account {needs}"),
        "directory": ("this is a directory, not a file", "name the files in it, for example with /*.csv"),
        "links": (
            "this file system has no hard links, without which a run could overwrite what another published",
            "write to another one, or to gs://, and copy the release from there",
        ),
        "file": ("this is a file, not a directory", "name a directory, or a new one"),
        "special": ("this is a device, pipe or socket, not a file", "copy its content to a file first"),
        "credentials": (
            "there are no Google Cloud credentials, or they are not valid",
            "attach a service account, or run gcloud auth application-default login",
        ),
        "unavailable": (
            "Cloud Storage did not answer, or could not, although asked again and again",
            "check the network, then run the same command again",
        ),
    }
    what, fix = fixes[reason]
    return InputError(f"store.{reason}", where=uri, what=what, fix=fix)
