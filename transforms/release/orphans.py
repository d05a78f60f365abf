"""Orphans: what attempts that were killed or beaten left in an output directory; no manifest lists it.

Only files whose names this project gives are ever taken for orphans: parts, documents and decisions under
the names of attempts, and the temporary files of writes. Lock files, and whatever else lies there, are left
alone.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tokumei.schemas.errors import InputError
from tokumei.schemas.formats import OUTPUT_FORMATS
from tokumei.transforms.earlier.kept import OVER_TIME, PRIVATE_SIDE
from tokumei.transforms.ledger.file_names import KEPT_NAME, NOTE_NAME, SEGMENT_NAME
from tokumei.transforms.register.books import REGISTER
from tokumei.transforms.release.manifest import DOCUMENTS, MANIFEST, WITHDRAWN, listed_parts, read_manifest
from tokumei.transforms.storage.base import Store, StoredFile

RELEASE = frozenset({MANIFEST, WITHDRAWN, *DOCUMENTS})  # files of a release with well-known names
DECISION = "attempt-{}.json"  # what an attempt comes to; of no use once there is a manifest
_ATTEMPT = r"(?P<attempt>[0-9a-f]{12})"
_SUFFIX = "|".join(map(re.escape, OUTPUT_FORMATS))
_PART = re.compile(rf"data/[^/]+/([^/=]+=[^/=]+/)*part-{_ATTEMPT}-[0-9a-f]{{24}}\.({_SUFFIX})")
_DOCUMENT = re.compile(rf"documents/{_ATTEMPT}-[0-9a-f]{{8}}/({'|'.join(map(re.escape, DOCUMENTS))})")
_DECISION = re.compile(DECISION.replace(".", r"\.").format(_ATTEMPT))
RECORD = re.compile(r"(?P<release>.+)-(?P<attempt>[0-9a-f]{12})-[0-9a-f]{8}\.json")
_LEDGER = re.compile(f"{SEGMENT_NAME}|{re.escape(NOTE_NAME)}|{KEPT_NAME}")
_NAMES = (_PART, _DOCUMENT, _DECISION)


class Orphan(NamedTuple):
    """A file that may go, and the attempt that wrote it (None where its name does not say)."""

    attempt: str | None
    file: StoredFile


@dataclass
class Cleaned:
    """What `clean` did, or would do.

    Attributes:
        files, folders: removed. young: files kept because their attempt may still be going on.
        unknown: files kept because nothing is known of them. problems: of what was left alone.
    """

    files: list[str] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    young: int = 0
    unknown: int = 0
    problems: list[InputError] = field(default_factory=list)


def find_orphans(store: Store, base: str, keep: Collection[str] = ()) -> tuple[list[Orphan], list[str]]:
    """Return the orphans in a release's folder, and the paths of the other files.

    Args:
        store: of the output.
        base: the release's folder.
        keep: paths that its manifest lists.
    """
    orphans, others = [], []
    for file in store.walk(base):
        path = file.uri.removeprefix(base).lstrip("/")
        intended = path if file.becomes is None else path[: path.rfind("/") + 1] + file.becomes
        found = next(filter(None, (name.fullmatch(intended) for name in _NAMES)), None)
        if found and (file.becomes or path not in keep):
            orphans.append(Orphan(found["attempt"], file))
        elif file.becomes in RELEASE:
            orphans.append(Orphan(None, file))
        else:
            others.append(path)
    return orphans, others


def find_records(store: Store, output: str) -> list[Orphan]:
    """Return the records of attempts at releases that are not there: their runs died before the manifest."""
    found = []
    for file in store.walk(store.join(output, *PRIVATE_SIDE)):
        name = RECORD.fullmatch(file.becomes or file.uri.rsplit("/", 1)[-1])
        if name and read_manifest(store, store.join(output, "releases", name["release"])) is None:
            found.append(Orphan(name["attempt"], file))
    return found


def find_book_orphans(store: Store, directory: str) -> list[Orphan]:
    """Return the temporary files of killed writes of books, ledgers and what is kept of proposers."""
    books = REGISTER.files | OVER_TIME.files
    return [
        Orphan(None, file)
        for file in store.walk(directory)
        if file.becomes in books or (file.becomes and _LEDGER.fullmatch(file.becomes))
    ]


def remove(store: Store, orphans: Iterable[Orphan]) -> Iterator[str]:
    """Delete orphans, and yield what is gone; a temporary file stays while its write is going on."""
    for _, file in orphans:
        if file.becomes is None:
            store.delete(file.uri)
            yield file.uri
        elif store.delete_abandoned(file.uri):
            yield file.uri


def remove_unlisted(store: Store, base: str, manifest: dict[str, Any], more: Iterable[Orphan] = ()) -> None:
    """Remove from a published release what killed or beaten attempts left, and ``more``.

    A reader who takes whole directories would mix it in. Nobody misses it: under a published manifest no
    other attempt can win. Who may only create leaves it, unlisted.

    Raises:
        InputError: a file cannot be removed though the account may.
    """
    orphans, _ = find_orphans(store, base, listed_parts(manifest))
    try:
        deque(remove(store, [*orphans, *more]), maxlen=0)
    except InputError as error:
        if error.code != "store.permission":
            raise


def clean(store: Store, output: str, before: float, *, dry_run: bool) -> Cleaned:
    """Remove orphans from an output directory.

    An attempt's files go only if the newest of them is old: while a run is going on, it is not. Nothing that
    a manifest lists goes, and nothing at all of a release whose manifest cannot be read. May be repeated, and
    run beside others.

    Args:
        store: of the output.
        output: directory or URI that holds the releases and the register.
        before: seconds since 1970; what was written then or later, or in the future, is young.
        dry_run: whether only to tell what would go.

    Raises:
        InputError: there are neither releases nor a register there, or they cannot be listed.
    """
    if not {"releases", "register"} & set(store.folders(output)):
        raise InputError(
            "clean.nothing",
            where=output,
            what="there are neither releases nor a register here",
            fix="give the directory or URI that was the --output of tokumei anonymize",
        )
    done = Cleaned()
    for release in store.folders(store.join(output, "releases")):
        with _noted(done):
            _clean_release(store, store.join(output, "releases", release), before, done, dry_run)
    with _noted(done):
        _remove_old(store, find_records(store, output), before, done, dry_run)
    with _noted(done):
        _remove_old(store, find_book_orphans(store, store.join(output, "register")), before, done, dry_run)
    return done


@contextmanager
def _noted(done: Cleaned) -> Iterator[None]:
    """One release that cannot be cleaned does not keep the others from it."""
    try:
        yield
    except InputError as error:
        done.problems.append(error)


def _clean_release(store: Store, base: str, before: float, done: Cleaned, dry_run: bool) -> None:
    manifest = read_manifest(store, base)
    keep = listed_parts(manifest) if manifest else frozenset()
    orphans, others = find_orphans(store, base, keep)
    if manifest is None and store.exists(store.join(base, MANIFEST)):
        return  # published while this looked: the next time sees what it lists
    known = keep | RELEASE if manifest else keep
    done.unknown += sum(path not in known and not path.endswith(".lock") for path in others)
    left = _remove_old(store, orphans, before, done, dry_run)
    if not left and not others:
        done.folders.append(base)
        if not dry_run:
            store.prune(base)


def _remove_old(store: Store, orphans: list[Orphan], before: float, done: Cleaned, dry_run: bool) -> int:
    """Remove the orphans of attempts whose newest file is old; return how many are left."""
    newest: dict[str, float] = {}
    for attempt, file in orphans:
        key = attempt or file.uri
        newest[key] = max(newest.get(key, file.modified), file.modified)
    old = [o for o in orphans if newest[o.attempt or o.file.uri] < before]
    count = len(done.files)
    done.files.extend((o.file.uri for o in old) if dry_run else remove(store, old))
    left = len(orphans) - (len(done.files) - count)
    done.young += left
    return left
