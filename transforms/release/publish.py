"""Publishing: the manifest is created exclusively, and with it the release exists; then what follows from it.

Every attempt writes parts and documents under names of its own. The one whose manifest is created wins; its
documents are then copied to their well-known names and its entry is added to the register. `finish` does
that and may be repeated by anyone at any time: a run that died after its manifest is completed by the next.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from schemas.errors import AlreadyPublishedError, InputError
from schemas.register import entry_of
from schemas.report import Report
from transforms.plan import Plan
from transforms.release.documents import render_notice, render_report
from transforms.release.register import add_entry, check_book
from transforms.store import ConflictError, Store, open_store

if TYPE_CHECKING:  # it brings Beam along, which finding a published release does not need
    from transforms.release.verify import Written


@dataclass(frozen=True)
class Published:
    """Where a release is, and how large: what the launcher prints."""

    release: str
    register: str
    people: int
    records: int
    files: int


def release_dir(plan: Plan, store: Store) -> str:
    """Return the directory of the release."""
    return store.join(plan.output, "releases", plan.release_id)


def read_manifest(plan: Plan, store: Store) -> dict[str, Any] | None:
    """Return the manifest of the release id, or None if nothing is published under it.

    Raises:
        InputError: there is a manifest, but it cannot be read.
    """
    uri = store.join(release_dir(plan, store), "manifest.json")
    if not store.exists(uri):
        return None
    try:
        manifest: dict[str, Any] = json.loads(store.read(uri)[0])
        manifest["work"], manifest["attempt"], manifest["documents"], manifest["documents_path"]
        manifest["tables"]
    except (ValueError, TypeError, KeyError):
        raise _damaged(uri) from None
    return manifest


def find_published(plan: Plan, store: Store) -> bool:
    """Return whether this very work is already published.

    Raises:
        AlreadyPublishedError: the release id is taken by other content.
        InputError: its manifest, or the register book, cannot be read.
    """
    check_book(store, store.join(plan.output, "register"), plan.policy.file.body)
    manifest = read_manifest(plan, store)
    if manifest is not None and manifest["work"] != plan.work:
        raise AlreadyPublishedError(
            "release.taken",
            where=release_dir(plan, store),
            what="this release id is already published with another policy or other inputs",
            fix="choose another --release-id, or leave it out",
        )
    return manifest is not None


def publish(plan: Plan, report: Report, written: Written) -> Published:
    """Publish a verified release, unless the same work has been published meanwhile.

    Raises:
        AlreadyPublishedError: another run published other work under the id first.
        InputError: the register book cannot be read; nothing is published.
    """
    store = open_store(plan.output)
    base = release_dir(plan, store)
    if not find_published(plan, store):
        documents = {
            "report.json": json.dumps(report.model_dump(mode="json"), ensure_ascii=False, indent=2) + "\n",
            "report.html": render_report(report),
            "notice.md": render_notice(plan.policy, report),
        }
        folder = f"documents/{plan.attempt}-{secrets.token_hex(4)}"  # an engine may run this step twice
        for name, text in documents.items():
            store.create(store.join(base, folder, name), text.encode())
        manifest = _manifest(plan, report, written, folder, documents)
        try:
            store.create(store.join(base, "manifest.json"), manifest)
        except FileExistsError:
            find_published(plan, store)  # raises where the winner published other work
    finish(plan, store)
    return Published(
        base,
        store.join(plan.output, "register"),
        report.people,
        sum(t.records_out for t in report.tables),
        sum(len(w.parts) for w in written.values()),
    )


def finish(plan: Plan, store: Store) -> None:
    """Do what follows from a published manifest: documents, the register entry, and no other attempt's files.

    Idempotent. Raises InputError if a document is not the one the manifest lists, or a file cannot be
    removed though the account may.
    """
    manifest = read_manifest(plan, store)
    if manifest is None:
        raise _damaged(store.join(release_dir(plan, store), "manifest.json"))
    base = release_dir(plan, store)
    for name, digest in manifest["documents"].items():
        source, target = store.join(base, manifest["documents_path"], name), store.join(base, name)
        data, _ = store.read(source)
        if hashlib.sha256(data).hexdigest() != digest:
            raise _damaged(source)
        while not store.exists(target) or store.read(target)[0] != data:
            version = store.read(target)[1] if store.exists(target) else None
            with suppress(ConflictError):  # somebody else is finishing the same release
                store.replace(target, data, version)
        if name == "report.json":
            report = Report.model_validate_json(data)
    add_entry(store, store.join(plan.output, "register"), entry_of(plan.policy, report))
    _sweep(plan, store, manifest)


def _sweep(plan: Plan, store: Store, manifest: dict[str, Any]) -> None:
    """Remove what killed or beaten attempts left: a reader who takes whole directories would mix it in.

    Nobody misses it: under a published manifest no other attempt can win. An account that may only create
    leaves it, unlisted.
    """
    base = release_dir(plan, store)
    listed = {file["path"] for table in manifest["tables"].values() for file in table["files"]}
    listed |= {f"{manifest['documents_path']}/{name}" for name in manifest["documents"]}
    try:
        for table in manifest["tables"]:
            _delete_but(listed, store, base, "data", table, "part-*")
        _delete_but(listed, store, base, "documents", "*", "*")
    except InputError as error:
        if error.code != "store.permission":
            raise


def _delete_but(listed: set[str], store: Store, base: str, *pattern: str) -> None:
    """Delete the files of a release that match, but for those listed by their paths in it."""
    literal = re.sub(r"([*?[])", r"[\1]", base)  # the user's directory may have such a name
    for found in store.glob(store.join(literal, *pattern)):
        if "/".join(found.uri.split("/")[-len(pattern) :]) not in listed:
            store.delete(found.uri)


def discard(plan: Plan) -> None:
    """Remove what this attempt wrote, unless its manifest was created: then it is a release."""
    store = open_store(plan.output)
    base = release_dir(plan, store)
    manifest = read_manifest(plan, store)
    if manifest is not None and manifest["attempt"] == plan.attempt:
        return
    for table in plan.tables:
        _delete_but(set(), store, base, "data", table, f"part-{plan.attempt}-*")
    _delete_but(set(), store, base, "documents", f"{plan.attempt}-*", "*")
    store.prune(base)


def _damaged(uri: str) -> InputError:
    return InputError(
        "release.damaged",
        where=uri,
        what="this file of a published release is missing or not as it was written",
        fix="restore it from a backup, or publish under another --release-id",
    )


def _manifest(plan: Plan, report: Report, written: Written, folder: str, documents: dict[str, str]) -> bytes:
    store = open_store(plan.output)
    base = release_dir(plan, store)
    content = {
        "release_id": plan.release_id,
        "created_at": report.created_at,
        "work": plan.work,
        "attempt": plan.attempt,
        "people": report.people,
        "tables": {
            table.name: {
                "records": table.records_out,
                "people": table.people_out,
                "columns": [
                    {"name": field.name, "type": str(field.type)}
                    for field in plan.tables[table.name].output_schema()
                ],
                "files": sorted(
                    (
                        {
                            "path": part.uri.removeprefix(base).lstrip("/"),
                            "sha256": part.sha256,
                            "bytes": part.size,
                            "records": part.records,
                        }
                        for part in written[table.name].parts
                    ),
                    key=lambda file: str(file["path"]),
                ),
            }
            for table in report.tables
        },
        "documents": {
            name: hashlib.sha256(text.encode()).hexdigest() for name, text in sorted(documents.items())
        },
        "documents_path": folder,
        "versions": report.versions,
    }
    return (json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode()
