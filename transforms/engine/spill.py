"""Elements that wait for their group outside memory: in a nameless private file where one process is all.

An engine elsewhere keeps what it shuffles on its own disks. In process, without an engine, whatever is
grouped would wait in memory until all of it is there. So the launcher, and nobody else, declares a process to
be the whole engine (`spilling`). While it is, coders of what is large leave the element in a temporary file
and hand on where it stands. It never has a name, so that it is gone with the process, however that ends.
"""

from __future__ import annotations

import os
import pickle
import struct
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

import apache_beam as beam
from apache_beam.runners.portability.fn_api_runner import worker_handlers

from tokumei.schemas.errors import InputError
from tokumei.transforms.engine.guard import guarded

_INLINE, _SPILLED = b"\x00", b"\x01"
_PLACE = struct.Struct("<QQ")  # offset, length


class SpillFile:
    """What waits, in a temporary file that exists from its first element on.

    The lock is held while the file is touched: once it is closed, its descriptor may be that of another file.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._file: Any = None
        self._end = 0

    def put(self, payload: bytes) -> bytes:
        """Keep a payload; return where it is."""
        with self._lock:
            try:
                if self._file is None:
                    self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115  # until the run ends
                offset, rest = self._end, memoryview(payload)
                while rest:
                    rest = rest[os.pwrite(self._file.fileno(), rest, self._end + len(payload) - len(rest)) :]
            except OSError as error:
                raise InputError(
                    "spill.write",
                    where=tempfile.gettempdir(),
                    what=f"what waits to be grouped cannot be kept here ({error.strerror})",
                    fix="let TMPDIR name a folder on a disk that has room, then run again",
                ) from None
            self._end += len(payload)
        return _PLACE.pack(offset, len(payload))

    def get(self, place: bytes) -> bytes:
        """Return a payload, as often as it is asked for: an engine may decode an element again."""
        offset, length = _PLACE.unpack(place)
        with self._lock:
            payload = os.pread(self._file.fileno(), length, offset)
        if len(payload) != length:
            raise InputError(
                "spill.read",
                where=tempfile.gettempdir(),
                what="what waited here to be grouped cannot be read again",
                fix="check the disk, then run again",
            )
        return payload

    def close(self) -> None:
        """Give the room back."""
        with self._lock:
            if self._file is not None:
                self._file.close()


_files: list[SpillFile] = []  # at most one; of this process alone


@contextmanager
def spilling() -> Iterator[None]:
    """Declare this process to be the whole engine while the block runs: what is grouped waits in a file.

    Only who runs a job knows that; where workers are processes of their own, they could not read the file.
    Side inputs are decoded element by element whenever they are asked for: Beam would hold all of them, as it
    takes what is sent in one piece to be little. Workers elsewhere are told so by an option.
    """
    held = worker_handlers.STATE_CACHE_SIZE_MB
    worker_handlers.STATE_CACHE_SIZE_MB = 0
    _files.append(SpillFile())
    try:
        yield
    finally:
        _files.pop().close()
        worker_handlers.STATE_CACHE_SIZE_MB = held


class SpilledCoder(beam.coders.Coder):
    """Coder of elements that are large together and wait to be grouped; they are decoded one group at a time.

    Registered for a type, it is pickled; a subclass says how else an element is written. Everywhere but in a
    process that is the whole engine the payload is handed on as it is. Not deterministic: never a coder of
    keys.
    """

    def __init__(self, kind: type) -> None:
        self._kind = kind

    @classmethod
    def from_type_hint(cls, typehint: type, registry: object) -> Any:
        """Return the coder of the type that it is registered for."""
        return cls(typehint)

    def to_type_hint(self) -> type:
        """Return the element type."""
        return self._kind

    def to_payload(self, value: Any) -> bytes:
        """Return the element as bytes."""
        return pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)

    def from_payload(self, payload: bytes) -> Any:
        """Return the element of these bytes."""
        return pickle.loads(payload)  # noqa: S301  # the engine's own bytes

    @guarded
    def encode(self, value: Any) -> bytes:
        """Encode an element: its payload, or where in the file of this process it waits.

        Raises:
            InputError: the temporary folder takes no more.
        """
        payload = self.to_payload(value)
        return _SPILLED + _files[-1].put(payload) if _files else _INLINE + payload

    @guarded
    def decode(self, encoded: bytes) -> Any:
        """Decode an element.

        Raises:
            InputError: the file cannot be read any more.
        """
        return self.from_payload(_files[-1].get(encoded[1:]) if encoded[:1] == _SPILLED else encoded[1:])

    def estimate_size(self, value: Any) -> int:
        """Return the order of magnitude only: engines ask often."""
        return 1024

    def is_deterministic(self) -> bool:
        """Never a key."""
        return False
