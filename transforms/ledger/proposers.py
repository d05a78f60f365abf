"""The part of a ledger that identifies proposers: beside the events, a file a record, until destroyed.

A file is written before the event that refers to it, and deleted after the event that says so. A command that
was killed between leaves a file without a case, which `purge` finds.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from dataclasses import dataclass

from pydantic import ValidationError

from tokumei.schemas.errors import InputError
from tokumei.schemas.proposers import KeptProposer
from tokumei.schemas.register import body_folder
from tokumei.transforms.ledger.state import Body, Case
from tokumei.transforms.storage.base import Store

_FOLDER = "proposers"
_SUFFIX = ".json"
_DAY = 24 * 60 * 60
_KEY = "key"  # makes references of proposers; without it they tell nothing


@dataclass(frozen=True)
class Proposers:
    """The part of a body; nothing is there before the first proposal. All may be repeated."""

    store: Store
    folder: str

    def key(self) -> bytes:
        """Return the key of references, made when first asked for."""
        uri = self.store.join(self.folder, _KEY)
        if not self.store.exists(uri):
            self.store.make_private(self.folder)
            with suppress(FileExistsError):  # somebody else has just made it
                self.store.create(uri, secrets.token_hex(32).encode())
        return self.store.read(uri)[0]

    def keep(self, record: str, kept: KeptProposer) -> None:
        """Keep who made a proposal, under the digest of the record that told it."""
        data = (kept.model_dump_json(by_alias=True, indent=2) + "\n").encode()
        with suppress(FileExistsError):  # by a run that was killed, or beaten: the same record says the same
            self.store.create(self._uri(record), data)

    def read(self, case: Case) -> KeptProposer | None:
        """Return who made a proposal; None where that was destroyed.

        Raises:
            InputError: the file is damaged.
        """
        uri = self._uri(case.kept)
        return self._parsed(uri) if self.store.exists(uri) else None

    def purge(self, body: Body, now: float) -> list[str]:
        """Delete what the events say is destroyed or replaced, and what no case has referred to for a day.

        Args:
            body: the state.
            now: seconds since 1970.

        Returns:
            What was deleted.
        """
        held = {self._uri(case.kept) for case in body.cases.values() if case.proposer == "held"}
        told = {record for case in body.cases.values() for record in (case.kept, *case.replaced)}
        gone = {self._uri(record) for record in told} - held
        walked = self.store.walk(self.folder)
        found = [file for file in walked if file.uri.endswith(_SUFFIX)]
        stale = {file.uri for file in found if file.modified < now - _DAY} - held
        deleted = sorted({file.uri for file in found} & (gone | stale))
        for uri in deleted:
            self.store.delete(uri)
        for file in walked:
            if file.becomes:  # of a write that was killed; one that goes on is locked
                self.store.delete_abandoned(file.uri)
        return deleted

    def _uri(self, record: str) -> str:
        return self.store.join(self.folder, record + _SUFFIX)

    def _parsed(self, uri: str) -> KeptProposer:
        try:
            return KeptProposer.model_validate_json(self.store.read(uri)[0])
        except ValidationError:
            raise InputError(
                "proposers.damaged",
                where=uri,
                what="it does not say who made a proposal, as it was written",
                fix="restore it from a backup",
            ) from None


def proposers_of(store: Store, register: str, body: str) -> Proposers:
    """Return the part of a body in a register directory."""
    return Proposers(store, store.join(register, body_folder(body), _FOLDER))
