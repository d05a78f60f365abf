"""The parts as they lie in the store, against what was written: nothing damaged or lost is published."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from tokumei.schemas.errors import InputError, RequirementError
from tokumei.transforms.release.manifest import damaged
from tokumei.transforms.storage.base import Store

if TYPE_CHECKING:  # it brings Beam along, which finding a published release does not need
    from tokumei.transforms.release.parts import Part

_AT_ONCE = 8  # requests to Cloud Storage; it knows every object's checksum


def check_parts(store: Store, parts: Iterable[Part]) -> None:
    """Compare every part's checksum with that of the bytes that were written.

    A checksum of an object in Cloud Storage is asked for, without fetching it; a local file is read again.

    Raises:
        RequirementError: a part is missing, truncated or altered; nothing must be published.
        InputError: the store does not answer.
    """
    parts = tuple(parts)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        same = pool.map(lambda part: _as_written(store, part), parts)
        damaged = [part.uri for part, fine in zip(parts, same, strict=True) if not fine]
    if damaged:
        raise RequirementError(
            "verification.parts",
            where=damaged[0],
            what=f"{len(damaged):,} of {len(parts):,} written parts are missing, or not as they were written",
            fix="check the storage and who else writes there, then run again",
        )


def refuse_incomplete(store: Store, base: str, manifest: Mapping[str, Any]) -> None:
    """Check that every part that a manifest lists is there, in its size; contents are not read again.

    Raises:
        InputError: one is missing or has another size.
    """
    sizes = {file.uri: file.size for file in store.walk(base)}
    for table in manifest["tables"].values():
        for part in table["files"]:
            uri = store.join(base, part["path"])
            if sizes.get(uri) != part["bytes"]:
                raise damaged(uri)


def _as_written(store: Store, part: Part) -> bool:
    try:
        return store.crc32c(part.uri) == part.crc32c
    except InputError as error:
        if error.code == "store.missing":
            return False
        raise
