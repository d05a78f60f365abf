"""A run beside the earlier releases of its file: what it knows of them, and what it leaves for the next."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tokumei.schemas.earlier import Frozen
from tokumei.schemas.errors import InputError, RequirementError, TokumeiError
from tokumei.schemas.kept_releases import KeptRecoding, KeptReleases, ReleaseRecord
from tokumei.transforms.earlier.changes import Past
from tokumei.transforms.earlier.kept import (
    PRIVATE_SIDE,
    RESTORE,
    keep_record,
    kept_classes,
    kept_people,
    ledger_of,
    past_of,
    private_folder_of,
)
from tokumei.transforms.earlier.recorded import declared_of, kept_recoding
from tokumei.transforms.engine.run_key import RunKey
from tokumei.transforms.planning.plan import Plan, TablePlan
from tokumei.transforms.release.manifest import damaged, read_manifest
from tokumei.transforms.storage.base import Store
from tokumei.transforms.storage.places import open_store

if TYPE_CHECKING:  # they bring Beam along, which finding a published release does not need
    from tokumei.transforms.earlier.compare import SeenReleases
    from tokumei.transforms.recode.chosen import Chosen
    from tokumei.transforms.release.written import Written


def beside_earlier(plan: Plan, published: str) -> Plan:
    """Return the plan with what workers must know of earlier releases: recodings, and the levels to freeze.

    A release whose run died before its record was in the ledger is taken in first.

    Args:
        plan: as `make_plan` fixed it.
        published: directory or URI where the releases of the file are.

    Raises:
        RequirementError: levels are to be frozen of a release that is not known, or cannot be applied; or the
            release is to be compared with one that no comparison is exact for.
        InputError: the ledger is damaged, or lacks a release that is published.
    """
    needed = plan.policy.requirements
    if not needed.asks_of_earlier:
        return replace(plan, published=published)
    store, entry = open_store(published), entry_of_plan(plan)
    _take_in(store, published, entry)
    kept = ledger_of(store, published, entry).read()
    if needed.earlier_releases is not None:
        _refuse_short(store, published, entry, kept)
        _refuse_inexact(plan, kept)
    tables = dict(plan.tables)
    if isinstance(needed.recoding, Frozen):
        for name, table in tables.items():
            if table.quasi_identifiers:
                levels = _frozen(table, kept, needed.recoding.frozen, needed.hold_back)
                tables[name] = replace(table, frozen=levels)
    small = {"people": None, "classes": ""}
    recodings = tuple(r.model_copy(update=small) for r in kept.recodings)
    known = kept.model_copy(update={"recodings": recodings, "joins": ()})
    return replace(plan, tables=tables, earlier=known, published=published)


def entry_of_plan(plan: Plan) -> str:
    """Return the id of the file in the register."""
    return plan.policy.file.entry_id


def salt_of(plan: Plan, key: RunKey) -> RunKey:
    """Return the key of the hashes of people over all releases of the file; the first run's makes it."""
    salt = plan.earlier.salt
    return RunKey(bytes.fromhex(salt) if salt else key.derive("people of releases"))


def read_earlier(plan: Plan) -> KeptReleases:
    """Return all that is kept of earlier releases, people included.

    Raises:
        TokumeiError: another release of the file has come since the run was planned.
    """
    kept = ledger_of(open_store(plan.published), plan.published, entry_of_plan(plan)).read()
    if kept.releases != plan.earlier.releases:
        raise TokumeiError(
            "earlier_releases.changed",
            where=plan.published,
            what="another release of the file was published while this run was going on; this one was not"
            " compared with it",
            fix="run the same command again",
        )
    return kept


def frozen_recodings(plan: Plan) -> dict[str, Past]:
    """Return, by table, who stood in the classes of all releases that have the frozen levels.

    Raises:
        TokumeiError: another release of the file has come since the run was planned.
    """
    recoding = plan.policy.requirements.recoding
    release = recoding.frozen if isinstance(recoding, Frozen) else ""
    found = (r for r in read_earlier(plan).recodings if release in r.releases)
    return {r.table: past_of(r.people) for r in found if r.people is not None}


def _frozen(table: TablePlan, kept: KeptReleases, release: str, hold_back: bool) -> dict[str, int]:
    where = f"tables.{table.name}"
    found = next((r for r in kept.recodings if r.table == table.name and release in r.releases), None)
    if found is None:
        newest = f", the newest is {kept.releases[-1]}" if kept.releases else ""
        raise RequirementError(
            "requirement.frozen",
            where=where,
            what="nothing is kept of the release whose levels are to be applied: it is none of this file, or"
            f" had no such table with classes ({len(kept.releases):,} releases are kept{newest})",
            fix="name a release of this output, from tokumei register show, that has this table",
        )
    other = _not_alike(table, found)
    if other:
        raise RequirementError("requirement.frozen", where=where, what=other, fix=_ALIKE)
    if hold_back and found.people is None:
        raise RequirementError(
            "requirement.frozen",
            where=where,
            what="no people are kept of that release, so nobody knows who came since",
            fix="publish one with requirements.earlier_releases: {action: refuse} first, and name it",
        )
    return found.levels


_ALIKE = "declare these columns as the policy of that release did, with the same hierarchy files"


def _not_alike(table: TablePlan, recoding: KeptRecoding) -> str | None:
    """Return why a recoding cannot be applied to today's file; None if it can."""
    if recoding.way != "full_domain":
        return (
            f"release {recoding.releases[-1]} was recoded by {recoding.way}, which gave records levels of"
            " their own: it cannot be applied to another file without values of that day's"
        )
    declared = declared_of(table)
    others = sorted(n for n in {*declared, *recoding.declared} if declared.get(n) != recoding.declared.get(n))
    if others:
        return (
            f"release {recoding.releases[-1]} treated {', '.join(others)} otherwise than this policy does, so"
            " its labels cannot be told of today's values"
        )
    return None


def _refuse_short(store: Store, output: str, entry_id: str, kept: KeptReleases) -> None:
    """Refuse a ledger that lacks a release of the file, or cannot be read; a manifest tells which there are.

    Withdrawn ones count: recipients hold them.
    """
    lost = []
    for name in store.folders(store.join(output, "releases")):
        if name in kept.releases:
            continue
        manifest = read_manifest(store, store.join(output, "releases", name))
        if manifest is not None and (manifest.get("record") or {}).get("entry_id") == entry_id:
            lost.append(name)
    if lost:
        raise InputError(
            "earlier_releases.damaged",
            where=ledger_of(store, output, entry_id).uri,
            what=f"{len(lost):,} published releases of this file are not in what is kept of them, so nothing"
            f" can be compared with them: {', '.join(sorted(lost)[:5])}{', …' if len(lost) > 5 else ''}",
            fix=RESTORE,
        )
    for recoding in kept.recodings:
        kept_classes(recoding)  # raises where it cannot be read


def _refuse_inexact(plan: Plan, kept: KeptReleases) -> None:
    for name, releases in kept.unclassed.items():
        if name in plan.tables and plan.tables[name].quasi_identifiers:
            raise _no_comparison(
                name,
                f"release {releases[-1]} had this table without classes, so nobody can tell what it shows",
                "publish under another output what may lie beside that release",
            )
    for recoding in kept.recodings:
        table = plan.tables.get(recoding.table)
        if table is None or not table.quasi_identifiers:
            reason: str | None = "this policy has no such table with classes"
        elif not recoding.exact:
            reason = (
                f"of release {recoding.releases[-1]} no exact numbers of people are kept: its policy did not"
                " say earlier_releases"
            )
        else:
            reason = _not_alike(table, recoding)
        if reason:
            raise _no_comparison(recoding.table, reason, _ALIKE)


def _no_comparison(table: str, reason: str, advice: str) -> RequirementError:
    return RequirementError(
        "requirement.earlier_releases",
        where=f"tables.{table}",
        what=f"no exact comparison: {reason}",
        fix=f"{advice}; or leave requirements.earlier_releases out, and compare by other means what"
        " recipients of both learn",
    )


def record_of(plan: Plan, chosen: Chosen, written: Written, seen: SeenReleases, key: RunKey) -> ReleaseRecord:
    """Return what the release adds to the ledger of its file."""
    from tokumei.transforms.earlier.joins import kept_joins

    tables, unclassed = [], []
    for name, table in plan.tables.items():
        classes, recoded = written[name].recount.classes, chosen.accounts[name].recoded
        if classes is None or recoded is None:
            unclassed.append(name)
            continue
        standing = seen[name].standing if name in seen else None
        people = None if standing is None else kept_people(plan.release_id, standing)
        tables.append(
            kept_recoding(
                table, chosen.accounts[name], recoded, plan.release_id, classes.labels, people=people
            )
        )
    return ReleaseRecord(
        entry_id=entry_of_plan(plan),
        release_id=plan.release_id,
        salt=salt_of(plan, key).hexadecimal,
        tables=tuple(tables),
        unclassed=tuple(unclassed),
        joins=tuple(kept_joins(plan.tables, seen, tables, plan.release_id)),
    )


@contextmanager
def recorded(plan: Plan, store: Store, record: ReleaseRecord | None, unique: str) -> Iterator[dict[str, str]]:
    """Write a record; yield what the manifest says of it. It goes again if that cannot be created."""
    if record is None:
        yield {}
        return
    folder = private_folder_of(store, plan.output, record.entry_id)
    for private in (store.join(plan.output, *PRIVATE_SIDE), folder):
        store.make_private(private)
    data = record.model_dump_json().encode()
    name = f"{record.release_id}-{unique}.json"
    uri = store.join(folder, name)
    store.create(uri, data)
    try:
        yield {"entry_id": record.entry_id, "name": name, "sha256": hashlib.sha256(data).hexdigest()}
    except TokumeiError:
        with suppress(TokumeiError):
            if read_manifest(store, store.join(plan.output, "releases", plan.release_id)) is None:
                store.delete(uri)
        raise


def take_record(store: Store, output: str, release: str, manifest: dict[str, Any]) -> None:
    """Add the record that a manifest names to the ledger, and remove the records of all attempts at it.

    Idempotent.

    Raises:
        InputError: the record is not the one that the manifest names, or the ledger is damaged.
    """
    named = manifest.get("record")
    if not named:
        return
    folder = private_folder_of(store, output, named["entry_id"])
    uri = store.join(folder, named["name"])
    if release not in ledger_of(store, output, named["entry_id"]).read().releases:
        try:
            data, _ = store.read(uri)
        except InputError:
            if release not in ledger_of(store, output, named["entry_id"]).read().releases:
                raise
            return  # somebody else has just taken it in
        if hashlib.sha256(data).hexdigest() != named["sha256"]:
            raise damaged(uri)
        keep_record(store, output, ReleaseRecord.model_validate_json(data))
    for file in store.walk(folder):
        name = (file.becomes or file.uri).rsplit("/", 1)[-1]
        if name.startswith(f"{release}-") and len(name) == len(named["name"]):
            delete = store.delete if file.becomes is None else store.delete_abandoned  # one may go on
            with suppress(InputError):  # who may not delete leaves it
                delete(file.uri)


def _take_in(store: Store, output: str, entry_id: str) -> None:
    """Take in the records of releases of a file whose runs died before they did."""
    for file in store.walk(private_folder_of(store, output, entry_id)):
        if file.becomes is not None or not file.uri.endswith(".json"):
            continue
        for name in store.folders(store.join(output, "releases")):
            if file.uri.rsplit("/", 1)[-1].startswith(f"{name}-"):
                manifest = read_manifest(store, store.join(output, "releases", name))
                if manifest is not None:
                    take_record(store, output, name, manifest)
