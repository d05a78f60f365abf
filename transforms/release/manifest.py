"""The manifest: the one file that says which others are a release, read back and never changed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal

from tokumei.schemas.errors import InputError
from tokumei.transforms.storage.base import Store

MANIFEST = "manifest.json"
WITHDRAWN = "withdrawn.json"  # beside it, once the release is in force no longer
# The documents of a release and who they are for; internal ones tell of people who are not in the release.
NOTICE, NOTICE_PAGE = "notice.md", "notice.html"
DOCUMENTS: Mapping[str, Literal["public", "internal"]] = {
    NOTICE: "public",
    NOTICE_PAGE: "public",
    "public-report.html": "public",
    "public-report.json": "public",
    "report.html": "internal",
    "report.json": "internal",
}


def read_manifest(store: Store, base: str) -> dict[str, Any] | None:
    """Return the manifest of the release in the folder ``base``, or None if nothing is published there.

    Raises:
        InputError: there is a manifest, but it cannot be read.
    """
    uri = store.join(base, MANIFEST)
    if not store.exists(uri):
        return None
    try:
        manifest: dict[str, Any] = json.loads(store.read(uri)[0])
        manifest["work"], manifest["attempt"], listed_parts(manifest)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise damaged(uri) from None
    return manifest


def listed_parts(manifest: dict[str, Any]) -> frozenset[str]:
    """Return the paths, from the release's folder, of the parts and documents that a manifest lists."""
    parts = {str(file["path"]) for table in manifest["tables"].values() for file in table["files"]}
    documents = {f"{manifest['documents_path']}/{name}" for name in dict(manifest["documents"])}
    return frozenset(parts | documents)


def damaged(uri: str) -> InputError:
    """Return the error for a file of a release that is not as it was published."""
    return InputError(
        "release.damaged",
        where=uri,
        what="this file of a published release is missing or not as it was written",
        fix="restore it from a backup, or publish under another --release-id",
    )
