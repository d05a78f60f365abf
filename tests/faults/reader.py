"""A reader who trusts only what manifests list, and the register: what does it see, and is all of it whole?"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from support.helpers import DOCUMENTS

from tokumei.schemas.register import Book
from tokumei.transforms.register.views import VIEWS


class Violation(AssertionError):
    """A guarantee that does not hold."""


def must(holds: object, what: str) -> None:
    if not holds:
        raise Violation(what)


def published(out: Path) -> dict[str, dict]:
    """The manifests by release id, each with everything that it lists present and unchanged."""
    found = {}
    for folder in sorted((out / "releases").iterdir()) if (out / "releases").exists() else []:
        path = folder / "manifest.json"
        if not path.exists():
            continue
        manifest = json.loads(path.read_bytes())
        found[folder.name] = manifest
        for table in manifest["tables"].values():
            must(table["files"], "a manifest lists no part")
            for file in table["files"]:
                data = (folder / file["path"]).read_bytes()
                must(hashlib.sha256(data).hexdigest() == file["sha256"], "a listed part is not as listed")
        for name, digest in manifest["documents"].items():
            data = (folder / manifest["documents_path"] / name).read_bytes()
            must(hashlib.sha256(data).hexdigest() == digest, "a listed document is not as listed")
            shown = folder / name
            must(not shown.exists() or shown.read_bytes() == data, "a document is not the one that is listed")
    return found


def entered(out: Path) -> list[str]:
    """The releases in the register book."""
    ids = [entry.release_id for entry in book_of(out).entries]
    must(len(set(ids)) == len(ids), "a release is in the book twice")
    return ids


def book_of(out: Path) -> Book:
    return Book.model_validate_json((out / "register" / "book.json").read_bytes())


def views(out: Path, before: dict[str, bytes] | None = None) -> None:
    """Each view of the book shows it whole: as it is, or as it was before."""
    for name, derive in VIEWS.items():
        shown = (out / "register" / name).read_bytes()
        was = before is not None and shown == before[f"register/{name}"]
        must(was or shown == derive(book_of(out)), f"{name} does not show the book")


def files(out: Path) -> set[str]:
    """All files but lock files."""
    return {
        str(path.relative_to(out))
        for path in out.rglob("*")
        if path.is_file() and not (path.name.startswith(".") and path.name.endswith(".lock"))
    }


def proper(out: Path) -> set[str]:
    """The files that should be there: what is listed, and what follows from it."""
    expected = {f"register/{name}" for name in ("book.json", *VIEWS)}
    for release, manifest in published(out).items():
        names = {"manifest.json", *DOCUMENTS} | {f"{manifest['documents_path']}/{name}" for name in DOCUMENTS}
        names |= {file["path"] for table in manifest["tables"].values() for file in table["files"]}
        expected |= {f"releases/{release}/{name}" for name in names}
        if kept := manifest.get("record"):  # by which later releases are compared
            expected.add(f"register/private/{kept['entry_id']}/releases.json")
    return expected


def untaken(out: Path) -> set[str]:
    """The records that manifests name: until a run finishes its release, and takes them, nobody may remove them."""
    named = [manifest["record"] for manifest in published(out).values() if manifest.get("record")]
    return {f"register/private/{record['entry_id']}/{record['name']}" for record in named}


def snapshot(out: Path) -> dict[str, bytes]:
    return {name: (out / name).read_bytes() for name in files(out)}
