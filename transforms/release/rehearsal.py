"""Rehearsals (予行): the whole job, of which a report stays in a private folder and nothing else.

What a rehearsal measures is measured before a product is finished. Once it is, its source must not be
matched with it (法43条5項・121条1項), and no rehearsal of it is run.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from tokumei.schemas.errors import PolicyError, RequirementError
from tokumei.schemas.report import Report
from tokumei.transforms.planning.plan import Plan
from tokumei.transforms.release.manifest import read_manifest
from tokumei.transforms.storage.base import ConflictError, Store, refused
from tokumei.transforms.storage.durable import PRIVATE
from tokumei.transforms.storage.places import open_store


def report_place(plan: Plan, store: Store) -> str:
    """Return where a rehearsal leaves its report for the launcher."""
    return store.join(plan.output, f"rehearsal-{plan.attempt}.json")


def keep_report(plan: Plan, report: Report) -> None:
    """Leave the report; an engine may run this twice, and the first stays."""
    store = open_store(plan.output)
    with suppress(FileExistsError):
        store.create(report_place(plan, store), report.model_dump_json().encode())


def take_report(plan: Plan) -> Report | None:
    """Return the report that a rehearsal left, and remove it; None if it left none."""
    store = open_store(plan.output)
    place = report_place(plan, store)
    if not store.exists(place):
        return None
    report = Report.model_validate_json(store.read(place)[0])
    store.delete(place)
    store.prune(store.join(plan.output, "releases"))  # where it was tried whether a release could be written
    return report


def write_documents(folder: str, documents: dict[str, str]) -> None:
    """Write documents into a private folder, over those of an earlier rehearsal."""
    store = open_store(folder)
    for name, text in documents.items():
        uri, data = store.join(folder, name), text.encode()
        while not store.exists(uri) or store.read(uri)[0] != data:
            version = store.read(uri)[1] if store.exists(uri) else None
            with suppress(ConflictError):
                store.replace(uri, data, version)


def private_folder(folder: str) -> str:
    """Make the folder of a rehearsal, where it is local, and return its absolute place.

    Raises:
        PolicyError: a file is there, or a folder that others than its owner may look into.
        InputError: it may not be made.
    """
    if "://" in folder:
        return folder
    path = Path(folder).absolute()
    try:
        path.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise PolicyError(
            "usage.report_folder",
            where=f"{path}",
            what="this is a file, not a folder, or a part of it is",
            fix="name a new folder",
        ) from None
    except PermissionError:
        raise refused(f"{path}", "permission") from None
    if path.stat().st_mode & 0o077:
        raise PolicyError(
            "usage.report_folder",
            where=f"{path}",
            what="others than its owner may look into this folder; what is written here tells of few people",
            fix="chmod 700, or name a new folder",
        )
    return f"{path}"


def refuse_finished(plan: Plan, output: str) -> None:
    """Refuse a rehearsal of what is published already under the same policy, from the same inputs.

    Raises:
        RequirementError: it is.
    """
    store = open_store(output)
    releases = store.join(output, "releases")
    for name in store.folders(releases):
        manifest = read_manifest(store, store.join(releases, name))
        if manifest is not None and manifest["work"] == plan.work:
            raise RequirementError(
                "rehearsal.finished",
                where=store.join(releases, name),
                what="this policy has made a finished product of these inputs; what a rehearsal measures by"
                " the source is an evaluation before the product is finished, and matching a finished product"
                " with its source is prohibited (法43条5項・121条1項)",
                fix="read that release's report; rehearse a changed policy, or the next file",
            )
