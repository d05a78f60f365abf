"""Writing parts, and those to which rows were dealt: how slices travel, and what becomes of them there."""

from __future__ import annotations

import io
import pickle
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import apache_beam as beam
import pyarrow as pa
from apache_beam.coders.typecoders import registry
from apache_beam.pvalue import TaggedOutput
from apache_beam.transforms.window import GlobalWindows

from tokumei.transforms.counting.headcount import PersonBatch
from tokumei.transforms.engine.guard import guarded_steps
from tokumei.transforms.engine.progress import count_records
from tokumei.transforms.engine.run_key import RunKey
from tokumei.transforms.engine.spill import SpilledCoder
from tokumei.transforms.engine.treat_chunks import InThreads
from tokumei.transforms.histories.recount import WrittenFacts
from tokumei.transforms.joined.written import WrittenPeople
from tokumei.transforms.planning.plan import Plan
from tokumei.transforms.recode.chosen import Chosen
from tokumei.transforms.release.dealing import PartPlace, Slice, gather
from tokumei.transforms.release.part_recount import Count, PartTerms, part_terms
from tokumei.transforms.release.parts import Encoded, encode_dealt, write_part
from tokumei.transforms.release.written import Written, written_of
from tokumei.transforms.totals.recount import WrittenTotals

_WORTH_PACKING = 4096  # bytes of a slice; to begin packing takes as long as to pack some 100 KB
# What is told of people, by the name of the count that it is for.
TOLD: dict[str, Any] = {
    Count.PEOPLE: tuple[int, PersonBatch],
    Count.FACTS: tuple[int, WrittenFacts],
    Count.JOINED: tuple[int, WrittenPeople],
    Count.TOTALS: tuple[int, WrittenTotals],
}


class SliceCoder(SpilledCoder):
    """Coder of `Slice`: its rows as an Arrow IPC stream, packed unless they are few, or labels alone."""

    def to_payload(self, value: Slice) -> bytes:
        """Return the slice as bytes."""
        sink = io.BytesIO()
        coded = all(pa.types.is_dictionary(column.type) for column in value.batch.columns)
        packs = not coded and value.batch.nbytes >= _WORTH_PACKING
        packed = pa.ipc.IpcWriteOptions(compression="lz4" if packs else None)
        with pa.ipc.new_stream(sink, value.batch.schema, options=packed) as stream:
            stream.write_batch(value.batch)
        return pickle.dumps((replace(value, batch=None), sink.getvalue()), protocol=pickle.HIGHEST_PROTOCOL)

    def from_payload(self, payload: bytes) -> Slice:
        """Return the slice of these bytes."""
        value: Slice
        value, stream = pickle.loads(payload)  # noqa: S301  # the engine's own bytes
        return replace(value, batch=pa.ipc.open_stream(stream).read_next_batch())


registry.register_coder(Slice, SliceCoder)


def write(plan: Plan, encoded: Encoded) -> Iterator[Any]:
    """Write a part; yield who is in it, and what is known of it."""
    write_part(plan, encoded)
    count_records("written", encoded.summary.table, sum(part.records for part in encoded.summary.parts))
    for told in encoded.told:
        yield TaggedOutput(*told)
    yield written_of(encoded.summary)


@beam.typehints.with_output_types(Written, **TOLD)
class WriteDealt(InThreads[tuple[PartPlace, PartTerms, Sequence[Slice]], Encoded]):
    """Parts are written one after another; put together, counted and encoded in threads meanwhile."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(partial(_encode, plan))
        self._plan = plan

    @guarded_steps
    def process(self, dealt: tuple[PartPlace, Iterable[Slice]], key: RunKey, chosen: Chosen) -> Iterator[Any]:
        """Begin with a part, and write the oldest that is encoded."""
        place, slices = dealt
        terms = part_terms(self._plan.tables[place[0]], chosen.decisions[place[0]], key)
        for encoded in self._overlap.put((place, terms, list(slices))):
            yield from write(self._plan, encoded)

    @guarded_steps
    def finish_bundle(self) -> Iterator[Any]:
        """Write all others."""
        for encoded in self._overlap.rest():
            for told in write(self._plan, encoded):
                if isinstance(told, TaggedOutput):
                    yield TaggedOutput(told.tag, GlobalWindows.windowed_value(told.value))
                else:
                    yield GlobalWindows.windowed_value(told)


def _encode(plan: Plan, dealt: tuple[PartPlace, PartTerms, Sequence[Slice]]) -> Encoded:
    (name, part), terms, slices = dealt
    return encode_dealt(plan, plan.tables[name], terms, gather(part, slices))
