"""A published release, read again: whether it is still what manifest, reports and register say."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, NamedTuple

from tokumei.schemas.errors import InputError
from tokumei.schemas.register_ends import Withdrawal
from tokumei.schemas.report import Report
from tokumei.transforms.register.books import books
from tokumei.transforms.release.manifest import MANIFEST, damaged, listed_parts, read_manifest
from tokumei.transforms.release.orphans import RELEASE, find_orphans
from tokumei.transforms.release.shown import NOTICES, read_document, read_withdrawal, with_banner
from tokumei.transforms.storage.base import Store

_AT_ONCE = 8  # parts read at once; a store far away answers slowly
_PIECE = 1 << 20


class Difference(NamedTuple):
    """What is not as it was published: the file, and in which way."""

    uri: str
    what: str


class Reread(NamedTuple):
    """What was read of a release: its counts by its manifest, and what differs from it.

    Attributes:
        release: directory or gs:// URI of the release.
        records: in all tables. parts: files of the data. documents: files for people.
        withdrawn: that, and why, the release is in force no longer; None: it is.
        differences: nothing where the release is whole.
    """

    release: str
    records: int
    parts: int
    documents: int
    withdrawn: Withdrawal | None
    differences: tuple[Difference, ...]


def reread(store: Store, output: str, release_id: str) -> Reread:
    """Read every byte of a release, and compare it with its manifest, its reports and the register book.

    Nothing is changed. Contents of parts are read in pieces, eight files at a time.

    Args:
        store: of the output.
        output: directory or gs:// URI that holds the releases and the register.
        release_id: names the release.

    Raises:
        InputError: there is no such release, its manifest or a register book cannot be read, or the store
            does not answer.
    """
    base = store.join(output, "releases", release_id)
    manifest = read_manifest(store, base)
    if manifest is None:
        raise InputError(
            "release.none",
            where=base,
            what="there is no published release of this name: no manifest.json",
            fix="take the name from tokumei register show, or run tokumei anonymize",
        )
    withdrawal = read_withdrawal(store, base)
    try:
        files = dict(_listed(manifest))
        if withdrawal is not None:
            files |= {name: _marked(store, base, manifest, name, withdrawal) for name in NOTICES}
        tables = manifest["tables"].values()
        records = sum(table["records"] for table in tables)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            wrong = [found for found in pool.map(partial(_compared, store, base), files.items()) if found]
        wrong += _unlisted(store, base, manifest)
        if manifest["release_id"] != release_id:
            wrong.append(Difference(store.join(base, MANIFEST), "is of another release"))
        if not wrong:
            wrong += _reported(store, base, manifest)
            wrong += _registered(store, output, base, manifest, withdrawal)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise damaged(store.join(base, MANIFEST)) from None
    parts = sum(len(table["files"]) for table in tables)
    return Reread(base, records, parts, len(manifest["documents"]), withdrawal, tuple(wrong))


def _listed(manifest: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield path and digest of every file: parts, documents, and these under their well-known names."""
    for table in manifest["tables"].values():
        for part in table["files"]:
            yield part["path"], part["sha256"]
    for name, digest in manifest["documents"].items():
        yield f"{manifest['documents_path']}/{name}", digest
        yield name, digest


def _marked(store: Store, base: str, manifest: dict[str, Any], name: str, withdrawal: Withdrawal) -> str:
    """Return the digest of a notice with its banner; of a damaged one, told itself, as published."""
    try:
        data = read_document(store, base, manifest, name)
    except InputError:
        return str(manifest["documents"][name])
    return hashlib.sha256(with_banner(name, data, withdrawal)).hexdigest()


def _compared(store: Store, base: str, listed: tuple[str, str]) -> Difference | None:
    path, digest = listed
    uri = store.join(base, path)
    try:
        found = hashlib.sha256()
        with store.open_input(store.stat(uri)) as stream:
            while piece := stream.read(_PIECE):
                found.update(piece)
    except InputError as error:
        if error.code != "store.missing":
            raise
        return Difference(uri, "is missing")
    return None if found.hexdigest() == digest else Difference(uri, "is not as it was written")


def _unlisted(store: Store, base: str, manifest: dict[str, Any]) -> list[Difference]:
    """Tell of files that the manifest does not list: who hands on the whole folder hands them on too."""
    known = listed_parts(manifest) | RELEASE
    left, others = find_orphans(store, base, listed_parts(manifest))
    paths = [orphan.file.uri for orphan in left if orphan.file.becomes is None]
    paths += [store.join(base, path) for path in others if path not in known and not path.endswith(".lock")]
    return [Difference(uri, "is not listed in the manifest") for uri in sorted(paths)]


def _reported(store: Store, base: str, manifest: Mapping[str, Any]) -> list[Difference]:
    uri = store.join(base, "report.json")
    report = Report.model_validate_json(store.read(uri)[0])
    told = {table.name: (table.records_out, table.people_out) for table in report.tables}
    listed = {name: (table["records"], table["people"]) for name, table in manifest["tables"].items()}
    same = (report.release_id, report.work_sha256, report.people, told) == (
        manifest["release_id"],
        manifest["work"],
        manifest["people"],
        listed,
    )
    return [] if same else [Difference(uri, "counts other people or records than the manifest")]


def _registered(
    store: Store, output: str, base: str, manifest: Mapping[str, Any], withdrawal: Withdrawal | None
) -> list[Difference]:
    """Compare the release with the version of its register entry that was made with it, and withdrawals."""
    directory = store.join(output, "register")
    of = manifest["release_id"]
    every = [entry for book in books(store, directory) for entry in book.entries]
    entries = [entry for entry in every if entry.release_id == of]
    if not entries:
        return [Difference(base, "is in no register book")]
    if entries[0].product_people != manifest["people"]:
        return [Difference(directory, "tells another number of people (本人の数) than the manifest")]
    for gone in manifest.get("replaces", ()):
        other = store.join(output, "releases", gone["release_id"])
        if store.exists(store.join(other, MANIFEST)) and read_withdrawal(store, other) is None:
            return [Difference(other, f"was replaced by {of}, and is not withdrawn")]
    told = next((w for entry in every for w in entry.withdrawn if w.release_id == of), None)
    if told != withdrawal:
        return [Difference(directory, "does not tell of the release's withdrawal as withdrawn.json does")]
    return []
