"""The policy, and the files beside it: on a local path or in Cloud Storage."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from tokumei.schemas import policy_file
from tokumei.schemas.errors import InputError, PolicyError
from tokumei.schemas.policy import Policy
from tokumei.schemas.splits import SourceFile
from tokumei.transforms.storage.places import open_store

MAX_FILE_BYTES = 256 << 20  # of a file that a policy names


def read_policy(uri: str | os.PathLike[str], settings: Mapping[str, str] = policy_file.NONE_SET) -> Policy:
    """Read and validate a policy from a local path or a gs:// URI, with values of its parameters.

    Raises:
        PolicyError: it cannot be read, is not YAML, or breaks a rule; the message names each place.
        InputError: Cloud Storage cannot be reached, or the object changed while it was read.
    """
    uri = os.fspath(uri)
    if "://" not in uri:
        return policy_file.read_policy_file(uri, settings)
    try:
        store = open_store(uri)
        with store.open_input(store.stat(uri)) as stream:
            raw = stream.read(policy_file.MAX_BYTES + 1)
    except InputError as error:
        raise _ours("policy.missing", uri, error) from None
    return policy_file.decode_policy(raw, uri, settings)


def folder_of(uri: str) -> str:
    """Return the folder that a policy's relative paths start from, as an absolute path or a gs:// URI."""
    return uri.rpartition("/")[0] if "://" in uri else str(Path(uri).resolve().parent)


def locate(folder: str, path: str) -> str:
    """Return where a path in a policy leads; absolute paths and URIs lead where they say.

    Raises:
        PolicyError: it leads out of the bucket of the policy.
    """
    if "://" in path or "://" not in folder or path.startswith("/"):
        return path if "://" in path else str(Path(folder, path))
    scheme, _, rest = folder.partition("://")
    bucket, *parts = rest.split("/")
    for part in path.split("/"):  # Cloud Storage has no "..": names are plain texts
        if part == ".." and not parts:
            raise PolicyError(
                "policy.path",
                where=path,
                what="the path leads out of the bucket that the policy is in",
                fix="write it as a gs:// URI",
            )
        if part == "..":
            parts.pop()
        elif part not in {"", "."}:
            parts.append(part)
    return f"{scheme}://{'/'.join([bucket, *parts])}"


def read_beside(folder: str, path: str) -> bytes:
    """Return the content of a small file that a policy names.

    Raises:
        PolicyError: it cannot be read.
        InputError: Cloud Storage cannot be reached.
    """
    uri = locate(folder, path)
    try:
        store = open_store(uri)
        found = store.stat(uri)
        if found.size > MAX_FILE_BYTES:
            raise PolicyError(
                "policy.path",
                where=path,
                what=f"the file has more than {MAX_FILE_BYTES >> 20} MiB",
                fix="correct the path or URI",
            )
        with store.open_input(found) as stream:
            return stream.read()
    except InputError as error:
        raise _ours("policy.path", path, error) from None


def files_beside(folder: str, path: str) -> list[SourceFile]:
    """Return the files that a path or glob of a policy names: at least one, small all together.

    Raises:
        PolicyError: none matches, they cannot be looked at, or they have more than `MAX_FILE_BYTES`.
        InputError: Cloud Storage cannot be reached.
    """
    uri = locate(folder, path)
    try:
        found = open_store(uri).glob(uri)
    except InputError as error:
        raise _ours("policy.path", path, error) from None
    if not found or sum(file.size for file in found) > MAX_FILE_BYTES:
        raise PolicyError(
            "policy.path",
            where=path,
            what=f"the files have more than {MAX_FILE_BYTES >> 20} MiB" if found else "no file matches it",
            fix="correct the path or URI; it is relative to the policy file",
        )
    return found


def _ours(code: str, where: str, error: InputError) -> PolicyError | InputError:
    """Say as an error of the policy what whoever named the file can mend; the rest is not the policy's."""
    if error.code not in {
        "store.missing",
        "store.directory",
        "store.permission",
        "store.scheme",
        "store.special",
        "store.failed",
    }:
        return error
    fix = error.fix if error.code == "store.permission" else "correct the path or URI"
    return PolicyError(code, where=where, what=f"cannot be read: {error.what}", fix=fix)
