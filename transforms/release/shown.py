"""The documents of a release under their well-known names: as they were published, or marked as withdrawn."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from tokumei.schemas.errors import TokumeiError
from tokumei.schemas.register_ends import Withdrawal
from tokumei.transforms.pages.environment import markdown
from tokumei.transforms.release.manifest import NOTICE, NOTICE_PAGE, WITHDRAWN, damaged
from tokumei.transforms.storage.base import Store
from tokumei.transforms.storage.ledger import swap

if TYPE_CHECKING:
    from tokumei.schemas.report import Report

NOTICES = (NOTICE, NOTICE_PAGE)


def read_withdrawal(store: Store, base: str) -> Withdrawal | None:
    """Return that, and why, the release in the folder ``base`` was withdrawn; None: it was not.

    Raises:
        InputError: it cannot be read.
    """
    uri = store.join(base, WITHDRAWN)
    if not store.exists(uri):
        return None
    try:
        return Withdrawal.model_validate_json(store.read(uri)[0])
    except ValidationError:
        raise damaged(uri) from None


def read_document(store: Store, base: str, manifest: dict[str, Any], name: str) -> bytes:
    """Return a document as it was published.

    Raises:
        InputError: it is not the one that the manifest lists.
    """
    source = store.join(base, manifest["documents_path"], name)
    data, _ = store.read(source)
    if hashlib.sha256(data).hexdigest() != manifest["documents"][name]:
        raise damaged(source)
    return data


def with_banner(name: str, data: bytes, withdrawal: Withdrawal | None) -> bytes:
    """Return what must stand under a well-known name: a notice says first that it was withdrawn."""
    if name not in NOTICES or withdrawal is None:
        return data
    if name == NOTICE_PAGE:
        from tokumei.transforms.pages.notices import withdrawn_page

        return withdrawn_page(data.decode(), withdrawal).encode()
    banner = markdown().get_template("notice/withdrawn.md.j2").render(withdrawal=withdrawal)
    return banner.encode() + data


def show_documents(store: Store, base: str, manifest: dict[str, Any]) -> Report:
    """Write every document of a release under its well-known name; return its report. May be repeated.

    Raises:
        InputError: a document is not the one that the manifest lists.
        TokumeiError: others kept writing one.
    """
    from tokumei.schemas.report import Report

    shown = {}
    for name in manifest["documents"]:
        shown[name] = read_document(store, base, manifest, name)
        show_document(store, base, name, shown[name])
    return Report.model_validate_json(shown["report.json"])


def show_document(store: Store, base: str, name: str, data: bytes) -> None:
    """Write a document under its well-known name; may be repeated, and run beside a withdrawal.

    Whether there is one is asked after the version that is replaced was read, so the last writer knows of it.

    Args:
        store: of the release.
        base: its folder.
        name: of the document.
        data: as it was published.

    Raises:
        TokumeiError: others kept writing it.
    """

    def changed(_: bytes | None) -> bytes:
        return with_banner(name, data, read_withdrawal(store, base) if name in NOTICES else None)

    if not swap(store, target := store.join(base, name), changed):
        raise TokumeiError(
            "release.busy",
            where=target,
            what="this document was being written by others again and again",
            fix="run the same command again; the release itself is published",
        )
