"""The package that a recipient gets (提供物): files of the release, papers, and last the list of checksums.

It stands in the output area, in a folder of the case. Without SHA256SUMS there is no package: whoever was
killed before leaves files that the next attempt finds, and takes if they are the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from tokumei.schemas.errors import RequirementError
from tokumei.transforms.release.manifest import DOCUMENTS, damaged
from tokumei.transforms.storage.base import Store

SUMS = "SHA256SUMS"
PACKAGES = "packages"


def package_folder(store: Store, output: str, case: str) -> str:
    """Return where the package of a case is."""
    return store.join(output, PACKAGES, case)


def make_package(
    store: Store, folder: str, release: str, *, manifest: Mapping[str, Any], papers: Mapping[str, str]
) -> str:
    """Make the package of a case; return the SHA-256 of its list of checksums. Again, it changes nothing.

    Args:
        store: of the output area.
        folder: of the package.
        release: directory or gs:// URI of the release, which was read again just before.
        manifest: its manifest; the parts that it lists go in, and the documents that may leave the house.
        papers: file name → text, beside the release.

    Raises:
        RequirementError: another package stands there.
        InputError: a file of the release is not as it was published.
    """
    sums = {name: _put(store, folder, name, text.encode()) for name, text in papers.items()}
    listed = {
        part["path"]: part["sha256"] for table in manifest["tables"].values() for part in table["files"]
    }
    listed |= {name: manifest["documents"][name] for name, reader in DOCUMENTS.items() if reader == "public"}
    for path, digest in listed.items():
        uri = store.join(release, path)
        data, _ = store.read(uri)
        if hashlib.sha256(data).hexdigest() != digest:
            raise damaged(uri)
        sums[path] = _put(store, folder, path, data)
    lines = "".join(f"{digest}  {name}\n" for name, digest in sorted(sums.items())).encode()
    return _put(store, folder, SUMS, lines)


def _put(store: Store, folder: str, name: str, data: bytes) -> str:
    """Create a file, or find it there as it is; return its digest."""
    uri = store.join(folder, name)
    try:
        store.create(uri, data)
    except FileExistsError:
        if store.read(uri)[0] != data:
            raise RequirementError(
                "provide.package",
                where=uri,
                what="another package of this case stands here, or was begun",
                fix="find out whether it was handed over; if not, remove its folder and run again",
            ) from None
    return hashlib.sha256(data).hexdigest()
