"""Publishing: the manifest is created exclusively, and with it the release exists; then what follows from it.

Every attempt writes parts and documents under names of its own, and publishes only if it was not cancelled
before (`attempt`). The one whose manifest is created wins; its documents are then copied to their well-known
names and its entry is added to the register. `finish` does that and may be repeated by anyone at any time: a
run that died after its manifest is completed by the next.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tokumei.schemas import japan_time
from tokumei.schemas.errors import AlreadyPublishedError, RequirementError, TokumeiError
from tokumei.schemas.kept_releases import ReleaseRecord
from tokumei.transforms.planning.plan import Plan
from tokumei.transforms.register.books import check_book, check_clock
from tokumei.transforms.release.at_once import refuse_others_at_once
from tokumei.transforms.release.attempt import PUBLISH, decide, release_dir
from tokumei.transforms.release.deliveries import (
    enter_release,
    refuse_delivered_meanwhile,
    withdrawals_with,
)
from tokumei.transforms.release.earlier import recorded
from tokumei.transforms.release.manifest import DOCUMENTS, MANIFEST, damaged, read_manifest
from tokumei.transforms.release.orphans import find_book_orphans, remove_unlisted
from tokumei.transforms.release.shown import read_withdrawal
from tokumei.transforms.release.stored import check_parts, refuse_incomplete
from tokumei.transforms.storage.base import Store
from tokumei.transforms.storage.places import open_store

if TYPE_CHECKING:  # finding a published release needs neither Beam, which parts bring along, nor a report
    from tokumei.schemas.report import Report
    from tokumei.transforms.release.written import Written

Documents = Mapping[str, str]  # file name → text, of each of `DOCUMENTS`


@dataclass(frozen=True, kw_only=True)
class Published:
    """A release that is there: what a pipeline that ends with one goes on with.

    Attributes:
        release: directory or gs:// URI of the release; its manifest.json lists every file of it.
        register: directory or gs:// URI of the register.
        people: distinct people in all tables.
        records: in all tables.
        files: parts of the data.
    """

    release: str
    register: str
    people: int
    records: int
    files: int


def find_published(plan: Plan, store: Store) -> bool:
    """Return whether this very work is already published.

    Raises:
        AlreadyPublishedError: the release id is taken by other content, or the release was withdrawn.
        InputError: its manifest, or the register book, cannot be read; or a part of it is missing or has
            another size.
    """
    check_book(store, store.join(plan.output, "register"), plan.policy.file.body)
    manifest = read_manifest(store, release_dir(plan, store))
    if manifest is None:
        check_clock(store, store.join(plan.output, "register"), plan.policy.file.body, japan_time.now())
    if manifest is not None and manifest["work"] != plan.work:
        raise AlreadyPublishedError(
            "release.taken",
            where=release_dir(plan, store),
            what="this release id is already published with another policy or other inputs",
            fix="choose another --release-id, or leave it out",
        )
    gone = read_withdrawal(store, release_dir(plan, store)) if manifest is not None else None
    if gone is not None:
        by = f", replaced by {gone.replaced_by} (差替え)" if gone.replaced_by else ""
        raise AlreadyPublishedError(
            "release.withdrawn",
            where=release_dir(plan, store),
            what=f"this very work was released, and withdrawn (取下げ) since{by}; withdrawn.json says why",
            fix="change what was wrong with it; or, to release the same again, choose another --release-id",
        )
    if manifest is not None:
        refuse_incomplete(store, release_dir(plan, store), manifest)
    return manifest is not None


def publish(
    plan: Plan,
    report: Report,
    written: Written,
    render: Callable[[], Documents],
    record: ReleaseRecord | None = None,
) -> Published:
    """Publish a verified release, unless the same work has been published meanwhile.

    Args:
        plan: the run.
        report: what was done and measured.
        written: merged summaries of all parts.
        render: gives the documents; asked only where they are needed.
        record: what is kept of the release, to compare the next of the file with it.

    Raises:
        AlreadyPublishedError: another run published other work under the id first.
        InputError: the register book cannot be read; nothing is published.
        RequirementError: a part is not as it was written, or gone; nothing is published.
        TokumeiError: the run was cancelled before; nothing of it is published.
    """
    store = open_store(plan.output)
    base = release_dir(plan, store)
    if not find_published(plan, store):
        documents = render()
        unique = f"{plan.attempt}-{secrets.token_hex(4)}"  # an engine may run this step twice
        folder = f"documents/{unique}"
        for name, text in documents.items():
            store.create(store.join(base, folder, name), text.encode())
        content = _manifest(plan, report, written, folder, documents)
        try:
            check_parts(store, (part for table in written.values() for part in table.parts))
        except RequirementError:
            if not find_published(plan, store):  # else the winner has removed them
                raise
        refuse_delivered_meanwhile(plan, store)
        with recorded(plan, store, record, unique) as named:
            if plan.policy.requirements.asks_of_earlier and record is not None:
                refuse_others_at_once(plan, store)
            if not decide(plan, store, PUBLISH):
                raise TokumeiError(
                    "run.cancelled",
                    where=base,
                    what="this run was stopped before it published, or gave way to another of the same file;"
                    " nothing of it is published",
                    fix="run the same command again",
                )
            manifest = json.dumps(content | {"record": named}, ensure_ascii=False, indent=2) + "\n"
            try:
                store.create(store.join(base, MANIFEST), manifest.encode())
            except FileExistsError:
                find_published(plan, store)  # raises where the winner published other work
    return finish(plan, store)


def finish(plan: Plan, store: Store) -> Published:
    """Do what follows from a published manifest: documents, the register entry, and no other attempt's files.

    Idempotent.

    Returns:
        The release, as its manifest says it.

    Raises:
        InputError: a document is not the one the manifest lists, or a file cannot be removed though the
            account may.
    """
    base = release_dir(plan, store)
    manifest = read_manifest(store, base)
    if manifest is None:
        raise damaged(store.join(base, MANIFEST))
    register = store.join(plan.output, "register")
    enter_release(plan, store, plan.release_id, manifest)
    remove_unlisted(store, base, manifest, find_book_orphans(store, register))
    tables = manifest["tables"].values()
    return Published(
        release=base,
        register=register,
        people=manifest["people"],
        records=sum(table["records"] for table in tables),
        files=sum(len(table["files"]) for table in tables),
    )


def _manifest(
    plan: Plan,
    report: Report,
    written: Written,
    folder: str,
    documents: Documents,
) -> dict[str, object]:
    store = open_store(plan.output)
    base = release_dir(plan, store)
    return {
        "release_id": plan.release_id,
        "created_at": report.created_at,
        "work": plan.work,
        "delivery": plan.delivery,
        "replaces": withdrawals_with(plan, report.created_at),
        "attempt": plan.attempt,
        "people": report.people,
        "people_of": {plan.policy.people.of: plan.policy.people.name, "by": report.people_basis},
        "tables": {
            table.name: {
                "records": table.records_out,
                "people": table.people_out,
                "records_without_person": table.records_without_person,
                "person_missing": table.person_missing,
                "blank_records_skipped": table.records_blank,
                "order": table.order.order if table.order is not None else None,
                "columns": [
                    {"name": plan.policy.written_name(table.name, field.name), "type": str(field.type)}
                    for field in plan.tables[table.name].output_schema()
                ],
                "partition_by": [
                    plan.policy.written_name(table.name, name) for name in plan.tables[table.name].naming
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
        "documents_for": {name: DOCUMENTS[name] for name in sorted(documents)},
        "documents_path": folder,
        "versions": report.versions,
    }
