"""Publishing: documents, then the manifest, created exclusively and last, then the register entry.

A release exists when its manifest does. Readers trust only what a manifest lists.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from schemas.errors import AlreadyPublishedError
from schemas.register import entry_of
from schemas.report import Report
from transforms.plan import Plan
from transforms.release.documents import render_notice, render_report
from transforms.release.register import add_entry
from transforms.release.verify import Written
from transforms.store import Store, open_store


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


def find_published(plan: Plan, store: Store) -> bool:
    """Return whether this very work is already published.

    Raises:
        AlreadyPublishedError: the release id is taken by other content.
    """
    uri = store.join(release_dir(plan, store), "manifest.json")
    if not store.exists(uri):
        return False
    manifest = json.loads(store.read(uri)[0])
    if manifest.get("work") != plan.work:
        raise AlreadyPublishedError(
            "release.taken",
            where=uri,
            what="this release id is already published with another policy or other inputs",
            fix="choose another --release-id, or leave it out",
        )
    return True


def publish(plan: Plan, report: Report, written: Written, attempt: str) -> Published:
    """Publish a verified release.

    Args:
        plan: the run.
        report: its report.
        written: the parts to list.
        attempt: fingerprint of the run's key; tells a retry of this run from another run.

    Raises:
        AlreadyPublishedError: another run published the id first.
    """
    store = open_store(plan.output)
    base = release_dir(plan, store)
    documents = {
        "report.json": json.dumps(report.model_dump(mode="json"), ensure_ascii=False, indent=2) + "\n",
        "report.html": render_report(report),
        "notice.md": render_notice(plan.policy, report),
    }
    for name, text in documents.items():
        _overwrite(store, store.join(base, name), text.encode())
    manifest = _manifest(plan, report, written, attempt, documents)
    uri = store.join(base, "manifest.json")
    try:
        store.create(uri, manifest)
    except FileExistsError:
        if json.loads(store.read(uri)[0]).get("attempt") != attempt:
            raise AlreadyPublishedError(
                "release.taken",
                where=uri,
                what="another run published this release id at the same time",
                fix="use the published release; this run's files are not listed by any manifest",
            ) from None
    register = store.join(plan.output, "register")
    add_entry(store, register, entry_of(plan.policy, report))
    return Published(
        base,
        register,
        report.people,
        sum(t.records_out for t in report.tables),
        sum(len(w.parts) for w in written.values()),
    )


def _overwrite(store: Store, uri: str, data: bytes) -> None:
    """Write a document; before the manifest exists nobody reads it, so an earlier attempt's may go."""
    version = store.read(uri)[1] if store.exists(uri) else None
    store.replace(uri, data, version)


def _manifest(plan: Plan, report: Report, written: Written, attempt: str, documents: dict[str, str]) -> bytes:
    store = open_store(plan.output)
    base = release_dir(plan, store)
    content = {
        "release_id": plan.release_id,
        "created_at": report.created_at,
        "work": plan.work,
        "attempt": attempt,
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
        "versions": report.versions,
    }
    return (json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode()
