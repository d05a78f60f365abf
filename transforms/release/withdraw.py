"""Withdrawal (取下げ) of a release: its files stay where they are, and it is in force no longer.

``withdrawn.json`` is created exclusively beside the manifest: with it the release is withdrawn. What
follows, a banner on the notices and a version of the register entry, may be repeated by anyone at any time.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from tokumei.schemas.errors import InputError
from tokumei.schemas.register import RegisterEntry
from tokumei.schemas.register_ends import Withdrawal
from tokumei.transforms.register.books import books, check_clock, enter_withdrawal, entry_of_release
from tokumei.transforms.release.manifest import MANIFEST, WITHDRAWN, damaged, read_manifest
from tokumei.transforms.release.shown import NOTICES, read_document, read_withdrawal, show_document
from tokumei.transforms.storage.base import Store


def withdraw_release(store: Store, output: str, withdrawal: Withdrawal) -> RegisterEntry:
    """Withdraw a release; return the newest version of its file's register entry.

    What is withdrawn already keeps its moment and reason; a withdrawal that was killed anywhere is completed.

    Args:
        store: of the output.
        output: directory or gs:// URI that holds the releases and the register.
        withdrawal: which release, when and why.

    Raises:
        InputError: there is no such release, or no book knows it; a file of it or a book is damaged; or the
            clock runs behind the book.
        TokumeiError: others kept writing.
    """
    base = store.join(output, "releases", withdrawal.release_id)
    register = store.join(output, "register")
    manifest = read_manifest(store, base)
    if manifest is None:
        raise InputError(
            "release.none",
            where=base,
            what="there is no published release of this name: no manifest.json",
            fix="take the name from tokumei register show --history",
        )
    entry = entry_of_release(store, register, withdrawal.release_id)
    check_clock(store, register, entry.body, withdrawal.at)
    known = next((w for w in entry.withdrawn if w.release_id == withdrawal.release_id), withdrawal)
    decided = mark_withdrawn(store, base, manifest, known)
    return enter_withdrawal(store, register, decided, withdrawal.at)


def mark_withdrawn(store: Store, base: str, manifest: dict[str, Any], withdrawal: Withdrawal) -> Withdrawal:
    """Decide that a release is withdrawn, unless that is decided, and mark its notices; return what holds.

    Idempotent. The register is not told.

    Args:
        store: of the output.
        base: folder of the release.
        manifest: of the release.
        withdrawal: when and why.

    Raises:
        InputError: a file of the release is damaged.
        TokumeiError: others kept writing.
    """
    notices = {name: read_document(store, base, manifest, name) for name in NOTICES}
    with suppress(FileExistsError):
        store.create(store.join(base, WITHDRAWN), (withdrawal.model_dump_json(indent=2) + "\n").encode())
    decided = read_withdrawal(store, base)
    if decided is None or decided.release_id != withdrawal.release_id:
        raise damaged(store.join(base, WITHDRAWN))
    for name, notice in notices.items():
        show_document(store, base, name, notice)
    return decided


def unlike_withdrawals(store: Store, output: str) -> list[str]:
    """Return the releases of which the books and ``withdrawn.json`` do not say the same.

    Raises:
        InputError: a book or a withdrawal cannot be read.
    """
    told = {
        withdrawal.release_id: withdrawal
        for book in books(store, store.join(output, "register"))
        for entry in book.entries
        for withdrawal in entry.withdrawn
    }
    releases = store.join(output, "releases")
    return [
        store.join(releases, name)
        for name in store.folders(releases)
        if store.exists(store.join(releases, name, MANIFEST))
        and read_withdrawal(store, store.join(releases, name)) != told.get(name)
    ]
