"""From a path or URI to the store that it belongs to."""

from __future__ import annotations

from tokumei.schemas.errors import InputError
from tokumei.transforms.storage.base import Store
from tokumei.transforms.storage.local import LocalStore


def open_store(uri: str) -> Store:
    """Return the store that a path or URI belongs to.

    Raises:
        InputError: the URI has a scheme other than gs://.
    """
    if uri.startswith("gs://"):
        from tokumei.transforms.storage.gcs import GcsStore  # Google's libraries are slow to import

        return GcsStore()
    if "://" in uri:
        raise InputError(
            "store.scheme",
            where=uri,
            what="only local paths and gs:// URIs can be read and written",
            fix="copy the file to a local path or to Cloud Storage",
        )
    return LocalStore()
