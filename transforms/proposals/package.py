"""The package that a recipient gets (提供物): files of the release, papers, and last the list of checksums.

It stands in the output area, in a folder of the case. Without SHA256SUMS there is no package: whoever was
killed before leaves files that the next attempt finds, and takes if they are the same.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from tokumei.schemas.errors import RequirementError
from tokumei.transforms.release.manifest import DOCUMENTS, NOTICE_PAGE, damaged
from tokumei.transforms.storage.base import Store

SUMS = "SHA256SUMS"
PACKAGES = "packages"
_PIECE = 1 << 20  # bytes that are compared at a time


def package_folder(store: Store, output: str, case: str) -> str:
    """Return where the package of a case is: in a folder of its id, as far as that can name one."""
    return store.join(output, PACKAGES, folder_name(case))


def folder_name(case: str) -> str:
    """Return the name of a folder, or a part of that of a file, for a case; no two cases have the same."""
    if re.fullmatch(r"[^\W_][\w.-]{0,60}", case):
        return case
    return f"_{hashlib.sha256(case.encode()).hexdigest()[:24]}"


def sums_of(manifest: Mapping[str, Any], papers: Mapping[str, str]) -> dict[str, str]:
    """Return the SHA-256 of each file of a package, by its path there.

    Args:
        manifest: of the release; the parts that it lists go in, and the documents that may leave the house.
        papers: file name → text, beside the release.
    """
    parts = {part["path"]: part["sha256"] for table in manifest["tables"].values() for part in table["files"]}
    # The page of the notice has ways to the register, which a recipient has not; its text goes in.
    taken = [n for n, reader in DOCUMENTS.items() if reader == "public" and n != NOTICE_PAGE]
    documents = {name: manifest["documents"][name] for name in taken}
    beside = {name: _digest(text.encode()) for name, text in papers.items()}
    return dict(sorted({**parts, **documents, **beside}.items()))


def digest_of(sums: Mapping[str, str]) -> str:
    """Return what an event calls a package: the SHA-256 of its list of checksums."""
    return _digest(_listed(sums))


def make_package(
    store: Store, folder: str, release: str, sums: Mapping[str, str], papers: Mapping[str, str]
) -> None:
    """Make the package of a case; the same again changes nothing.

    Args:
        store: of the output area.
        folder: of the package.
        release: directory or gs:// URI of the release.
        sums: as `sums_of` returns them.
        papers: file name → text, beside the release.

    Raises:
        RequirementError: another package stands there.
        InputError: a file of the release is not as it was published.
    """
    for name, digest in sums.items():
        uri = store.join(release, name)
        data = papers[name].encode() if name in papers else store.read(uri)[0]
        if _digest(data) != digest:
            raise damaged(uri)
        _put(store, store.join(folder, name), data)
    for file in store.walk(folder):
        if file.becomes is not None:
            store.delete_abandoned(file.uri)
        elif file.uri.removeprefix(folder).lstrip("/") not in {*sums, SUMS}:
            raise _another(file.uri)
    _put(store, store.join(folder, SUMS), _listed(sums))


def unlike_package(store: Store, folder: str, digest: str) -> str | None:
    """Return how a package is not as it was handed over; None where it is.

    Args:
        store: of the output area.
        folder: of the package.
        digest: of its list of checksums, as the event of the provision has it.

    Raises:
        InputError: the store cannot be reached.
    """
    there = {file.uri.removeprefix(folder).lstrip("/"): file for file in store.walk(folder)}
    if SUMS not in there:
        return "emptied"
    listing = store.read(there[SUMS].uri)[0]
    if _digest(listing) != digest:
        return "changed"
    sums = {name: of for of, _, name in (line.partition("  ") for line in listing.decode().splitlines())}
    if set(sums) - set(there):
        return "emptied"
    whole = all(_same(store, there[name].uri, of) for name, of in sums.items())
    return None if whole and set(there) == {*sums, SUMS} else "changed"


def _same(store: Store, uri: str, digest: str) -> bool:
    found = hashlib.sha256()
    with store.open_input(store.stat(uri)) as stream:
        while piece := stream.read(_PIECE):
            found.update(piece)
    return found.hexdigest() == digest


def _listed(sums: Mapping[str, str]) -> bytes:
    """Return the file that `sha256sum --check` reads."""
    return "".join(f"{digest}  {name}\n" for name, digest in sums.items()).encode()


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _put(store: Store, uri: str, data: bytes) -> None:
    """Create a file, or find it there as it is."""
    try:
        store.create(uri, data)
    except FileExistsError:
        if store.read(uri)[0] != data:
            raise _another(uri) from None


def _another(uri: str) -> RequirementError:
    return RequirementError(
        "provide.package",
        where=uri,
        what="another package of this case stands here, or was begun, or something else beside it",
        fix="find out whether it was handed over; if not, remove its folder and run again",
    )
