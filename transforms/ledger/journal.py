"""The ledger of one body in a register: numbered segments that are created exclusively, and read in order.

Whoever creates the next number has appended; whoever finds it taken reads what came between, decides again
and tries the number after. So nothing is lost, nothing comes twice, and a killed writer has appended all or
nothing.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from tokumei.schemas.errors import InputError
from tokumei.schemas.events import Event
from tokumei.schemas.register import body_folder
from tokumei.transforms.ledger.file_names import NOTE_NAME, SEGMENT_NAME
from tokumei.transforms.ledger.segments import (
    BEGINNING,
    damaged_segment,
    decoded_segment,
    encoded_segment,
    segment_before,
)
from tokumei.transforms.storage.base import ConflictError, Store

_FOLDER = "ledger"


@dataclass(frozen=True)
class Reached:
    """How far a ledger was read: the number of its last segment (0: none), and that segment's digest."""

    number: int = 0
    digest: str = BEGINNING


@dataclass(frozen=True)
class Journal:
    """The ledger in a folder; there is none until the first segment. All methods may run beside others."""

    store: Store
    folder: str

    def read(self, since: Reached = Reached()) -> tuple[list[Event], Reached]:
        """Return the events after a head, and the head that they lead to.

        Raises:
            InputError: a segment is missing, damaged, or does not follow the one before.
        """
        events: list[Event] = []
        head = since
        for uri, data in self.segments(since):
            events += decoded_segment(data, uri)
            head = Reached(head.number + 1, hashlib.sha256(data).hexdigest())
        return events, head

    def segments(self, since: Reached = Reached()) -> Iterator[tuple[str, bytes]]:
        """Yield the URI and the file of each segment after a head, in order.

        Raises:
            InputError: a segment is missing, or does not follow the one before.
        """
        noted = self._noted()  # before looking: what is appended meanwhile is then not missed
        head = since
        for number in self._numbers():
            if number <= since.number:
                continue
            uri = self._uri(number)
            if number != head.number + 1:
                raise damaged_segment(
                    self._uri(head.number + 1), "the segment is missing, later ones are there"
                )
            data, _ = self.store.read(uri)
            if segment_before(data, uri) != head.digest:
                raise damaged_segment(
                    uri, "it does not follow the segment before: one of the two was changed"
                )
            yield uri, data
            head = Reached(number, hashlib.sha256(data).hexdigest())
            if number == noted.number and noted.digest not in {"", head.digest}:
                raise damaged_segment(uri, f"it is not the segment that {NOTE_NAME} notes: it was changed")
        if head.number < noted.number:
            raise damaged_segment(
                self._uri(head.number + 1), "the segment is missing, the ledger once had it"
            )

    def first(self) -> Event | None:
        """Return the first event; None where there is none yet.

        Raises:
            InputError: the first segment is damaged.
        """
        uri = self._uri(1)
        return decoded_segment(self.store.read(uri)[0], uri)[0] if self.store.exists(uri) else None

    def append(self, events: Sequence[Event], head: Reached) -> Reached | None:
        """Append events as the next segment, whole or not at all; return the new head.

        None is returned where somebody else has appended since ``head`` was read; nothing was written.
        """
        data = encoded_segment(events, head.digest)
        self.store.make_private(self.folder)
        try:
            self.store.create(self._uri(head.number + 1), data)
        except FileExistsError:
            return None
        reached = Reached(head.number + 1, hashlib.sha256(data).hexdigest())
        self._note(reached)
        return reached

    def _note(self, reached: Reached) -> None:
        """Note how far the ledger reaches, so that the loss of its end, or a change of it, is told.

        It may lag: a writer was killed, or is beaten by one who notes more. Then later losses alone are told.
        """
        uri = self.store.join(self.folder, NOTE_NAME)
        before, version = self.store.read(uri) if self.store.exists(uri) else (b"0", None)
        if _parsed(before, uri).number < reached.number:
            with suppress(ConflictError):
                self.store.replace(uri, f"{reached.number} {reached.digest}\n".encode(), version)

    def _noted(self) -> Reached:
        uri = self.store.join(self.folder, NOTE_NAME)
        return _parsed(self.store.read(uri)[0], uri) if self.store.exists(uri) else Reached()

    def _numbers(self) -> list[int]:
        found = self.store.glob(self.store.join(self.folder, "*-events.avro"))
        names = (re.fullmatch(SEGMENT_NAME, file.uri.rpartition("/")[2]) for file in found)
        return sorted(int(name[1]) for name in names if name)

    def _uri(self, number: int) -> str:
        return self.store.join(self.folder, f"{number:08}-events.avro")


def _parsed(note: bytes, uri: str) -> Reached:
    """Return what a note says; older ones say the number alone, and no digest."""
    found = re.fullmatch(rb"([0-9]+)( [0-9a-f]{64})?\n?", note)
    if found is None:
        raise damaged_segment(uri, "it does not say how far the ledger reaches")
    return Reached(int(found[1]), (found[2] or b"").decode().strip())


def journal_of(store: Store, register: str, body: str) -> Journal:
    """Return the ledger of a body in a register directory; it may have no event yet."""
    return Journal(store, store.join(register, body_folder(body), _FOLDER))


def journals(store: Store, register: str) -> list[Journal]:
    """Return every ledger of a register directory that has an event, by folder.

    Raises:
        InputError: the store cannot be reached.
    """
    folders = [store.join(register, name, _FOLDER) for name in store.folders(register)]
    return [
        Journal(store, folder)
        for folder in folders
        if store.exists(store.join(folder, f"{1:08}-events.avro"))
    ]


def the_only_body(store: Store, register: str) -> str:
    """Return the body whose ledger is the only one of a register directory.

    Raises:
        InputError: there is none, or there are several.
    """
    found = journals(store, register)
    if len(found) != 1:
        raise InputError(
            "ledger.body",
            where=register,
            what="no body has a ledger here" if not found else f"{len(found)} bodies have a ledger here",
            fix="say which body is meant: --body",
        )
    first = found[0].first()
    assert first is not None  # noqa: S101  (a ledger that is found has a first segment)
    return first.body
