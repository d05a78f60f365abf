"""The part of a ledger that identifies proposers: beside the events, a file a record, until destroyed.

A file is written before the event that refers to it, and deleted after the event that says so. A command that
was killed between leaves a file without a case, which `purge` finds. What events call a proposer is made with
a key of the fiscal year, which goes with the last of that year's proposers: no name can be tried on it then.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from pydantic import ValidationError

from tokumei.schemas.errors import InputError
from tokumei.schemas.proposers import KeptGrounds, KeptProposer
from tokumei.schemas.regimes import fiscal_year
from tokumei.schemas.register import body_folder
from tokumei.transforms.ledger.state import Body, Case
from tokumei.transforms.storage.base import Store, StoredFile

K = TypeVar("K", KeptProposer, KeptGrounds)
_FOLDER = "proposers"
_SUFFIX = ".json"
_DAY = 24 * 60 * 60
_KEY = "key-"  # and the fiscal year; makes references of proposers, which without it tell nothing


@dataclass(frozen=True)
class Proposers:
    """The part of a body; nothing is there before the first proposal. All may be repeated."""

    store: Store
    folder: str

    def keys(self, year: int) -> dict[int, bytes]:
        """Return the keys of references that are there, by fiscal year; that of ``year`` is made if not."""
        uri = self.store.join(self.folder, f"{_KEY}{year}")
        if not self.store.exists(uri):
            self.store.make_private(self.folder)
            with suppress(FileExistsError):  # somebody else has just made it
                self.store.create(uri, secrets.token_hex(32).encode())
        return self.present_keys()

    def present_keys(self) -> dict[int, bytes]:
        """Return the keys that are there, by fiscal year."""
        return {of: self.store.read(key)[0] for of, key in _keys(self.store.walk(self.folder)).items()}

    def keep(self, record: str, kept: KeptProposer | KeptGrounds) -> None:
        """Keep who made a proposal, or what was found of them, under the digest of the record of it."""
        data = (kept.model_dump_json(by_alias=True, indent=2) + "\n").encode()
        with suppress(FileExistsError):  # by a run that was killed, or beaten: the same record says the same
            self.store.create(self._uri(record), data)

    def read(self, case: Case) -> KeptProposer | None:
        """Return who made a proposal; None where that was destroyed.

        Raises:
            InputError: the file is damaged.
        """
        return self._parsed(self._uri(case.kept), KeptProposer)

    def grounds(self, record: str) -> KeptGrounds | None:
        """Return what test 1 found, by the record of the screening; None where that was destroyed.

        Raises:
            InputError: the file is damaged.
        """
        return self._parsed(self._uri(record), KeptGrounds)

    def purge(self, body: Body, now: float) -> list[str]:
        """Delete what the events say is destroyed or replaced, and what no case has referred to for a day.

        A key goes once its fiscal year is over, and none of the proposers whose references it made is kept.

        Args:
            body: the state.
            now: seconds since 1970.

        Returns:
            What was deleted.
        """
        kept = [case for case in body.cases.values() if case.proposer == "held"]
        held = {self._uri(record) for case in kept for record in (case.kept, *case.grounds)}
        told = {r for case in body.cases.values() for r in (case.kept, *case.grounds, *case.replaced)}
        gone = {self._uri(record) for record in told} - held
        walked = self.store.walk(self.folder)
        found = [file for file in walked if file.uri.endswith(_SUFFIX)]
        stale = {file.uri for file in found if file.modified < now - _DAY} - held
        needed = {case.keyed_in for case in kept}
        over = {
            key for year, key in _keys(walked).items() if year < fiscal_year(body.day) and year not in needed
        }
        deleted = sorted(({file.uri for file in found} & (gone | stale)) | over)
        for uri in deleted:
            self.store.delete(uri)
        for file in walked:
            if file.becomes:  # of a write that was killed; one that goes on is locked
                self.store.delete_abandoned(file.uri)
        return deleted

    def _uri(self, record: str) -> str:
        return self.store.join(self.folder, record + _SUFFIX)

    def _parsed(self, uri: str, model: type[K]) -> K | None:
        if not self.store.exists(uri):
            return None
        try:
            return model.model_validate_json(self.store.read(uri)[0])
        except ValidationError:
            raise InputError(
                "proposers.damaged",
                where=uri,
                what="it is not what was written of a proposer",
                fix="restore it from a backup",
            ) from None


def proposers_of(store: Store, register: str, body: str) -> Proposers:
    """Return the part of a body in a register directory."""
    return Proposers(store, store.join(register, body_folder(body), _FOLDER))


def _keys(walked: Iterable[StoredFile]) -> Mapping[int, str]:
    whole = (file.uri for file in walked if file.becomes is None)
    names = ((uri, re.search(rf"/{_KEY}(\d{{4}})\Z", uri)) for uri in whole)
    return {int(name[1]): uri for uri, name in names if name}
