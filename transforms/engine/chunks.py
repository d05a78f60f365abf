"""The elements that flow between steps: work to do, and columnar chunks of records.

Chunks are batches, not rows, and must never cross a shuffle. Their coders are registered here, by import,
with a cheap `estimate_size`, because an engine samples element sizes even inside a fused stage.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Generic, Protocol, TypeVar

import apache_beam as beam
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from apache_beam.coders.typecoders import registry

from tokumei.schemas.splits import Origin, RecordPlace, Split, record_place
from tokumei.transforms.engine.run_key import RunKey


class Decided(Protocol):
    """What was decided about a table, as far as reading it goes."""

    @property
    def rejected(self) -> Mapping[str, tuple[int, ...]]:
        """Numbers of the records to leave out, by split id."""

    @property
    def seen(self) -> Mapping[str, bytes]:
        """What pass 1 has read of each split, by its id, as `Witness` tells it; empty in pass 1."""


D_co = TypeVar("D_co", bound=Decided, covariant=True)


@dataclass(frozen=True)
class LeftOut:
    """All that is decided before the criteria are fitted: which records are left out, by split id."""

    rejected: Mapping[str, tuple[int, ...]]
    seen: Mapping[str, bytes]


NOTHING_LEFT_OUT = LeftOut({}, {})


@dataclass(frozen=True)
class Work(Generic[D_co]):
    """A split, bound to the key of the run and to what was decided so far.

    Binding decisions to the split *before* it is read keeps side inputs away from records: portable
    engines cut fusion before a step with a side input, which would write every record out and back.
    """

    split: Split
    key: RunKey
    decision: D_co


@dataclass(frozen=True, kw_only=True)
class Chunk(Generic[D_co]):
    """Some records of one split.

    Attributes:
        work: what they belong to.
        number: position of the chunk in its split, from 0; ``last`` marks the final one.
        records: records seen, unreadable and blank ones included.
        rejects: how many were unreadable, by (column, reason); and their numbers in the split.
        batch: the readable records.
        seen: of the last chunk, what was read of the whole split, as `Witness` tells it.
        notes: what is no fault but to be told: number of cells by (column, note).
        unattributed: numbers of the records without a person code, in their order, where the person's column
            was read: they are in the batch, unless the table leaves them out.
        blank: records without any value, which are nobody's.
        origins: of which stretches of the split its records are, in their order.
        memo: what was once worked out of it, and is asked for again.
    """

    work: Work[D_co]
    number: int
    last: bool
    records: int
    rejects: dict[tuple[str, str], int]
    rejected: tuple[int, ...]
    batch: pa.RecordBatch
    seen: bytes = b""
    notes: dict[tuple[str, str], int] = field(default_factory=dict)
    unattributed: npt.NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    blank: int = 0
    origins: tuple[Origin, ...] = ()
    memo: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    def place(self, number: int) -> RecordPlace:
        """Return where a record stands; ``number`` is the one that it has in the split."""
        return record_place(self.origins, number)


class SizedPickleCoder(beam.coders.Coder):
    """Pickle, with a constant size estimate so that sampling sizes does not pickle decisions."""

    def encode(self, value: Any) -> bytes:
        """Encode an element."""
        return pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)

    def decode(self, encoded: bytes) -> Any:
        """Decode an element."""
        return pickle.loads(encoded)  # noqa: S301  # the engine's own bytes

    def estimate_size(self, value: Any) -> int:
        """Return the order of magnitude only."""
        return 1024

    def is_deterministic(self) -> bool:
        """Never a key."""
        return False


class WorkCoder(SizedPickleCoder):
    """Coder of `Work`."""

    def to_type_hint(self) -> type:
        """Return the element type."""
        return Work


class ChunkCoder(SizedPickleCoder):
    """Coder of `Chunk`: the batch as an Arrow IPC stream, so that a slice does not carry its parent."""

    def encode(self, value: Chunk[Any]) -> bytes:
        """Encode a chunk."""
        sink = io.BytesIO()
        with pa.ipc.new_stream(sink, value.batch.schema) as stream:
            stream.write_batch(value.batch)
        return pickle.dumps((replace(value, batch=None), sink.getvalue()), protocol=pickle.HIGHEST_PROTOCOL)

    def decode(self, encoded: bytes) -> Chunk[Any]:
        """Decode a chunk."""
        chunk: Chunk[Any]
        chunk, stream = pickle.loads(encoded)  # noqa: S301  # the engine's own bytes
        return replace(chunk, batch=pa.ipc.open_stream(stream).read_next_batch())

    def estimate_size(self, value: Chunk[Any]) -> int:
        """Return the Arrow size, which honours slices."""
        return int(value.batch.nbytes)

    def to_type_hint(self) -> type:
        """Return the element type."""
        return Chunk


registry.register_coder(Work, WorkCoder)
registry.register_coder(Chunk, ChunkCoder)
