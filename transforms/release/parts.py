"""Writing parts: one object per chunk under a random name, never renamed, never overwritten."""

from __future__ import annotations

import codecs
import hashlib
import secrets
from dataclasses import dataclass

import google_crc32c
import pyarrow as pa

from tokumei.schemas.policy import Output
from tokumei.transforms.combinations.recount import Recounted, recount_combined
from tokumei.transforms.counting.headcount import PersonBatch, deal_people
from tokumei.transforms.formats.convert import without_dictionaries
from tokumei.transforms.formats.registry import WRITERS
from tokumei.transforms.joined.written import WrittenPeople, deal_written
from tokumei.transforms.leaks.found import Leaks
from tokumei.transforms.leaks.scan import scan
from tokumei.transforms.planning.plan import Plan, TablePlan
from tokumei.transforms.promises.recount import Bearers, recount_bearers
from tokumei.transforms.release.anonymize import Anonymized
from tokumei.transforms.release.recount import WrittenClasses, recount
from tokumei.transforms.release.tally import Tally
from tokumei.transforms.storage.places import open_store
from tokumei.transforms.values.formulas import neutralized


@dataclass(frozen=True, kw_only=True)
class Part:
    """One written object.

    Attributes:
        uri: where it is; sha256, crc32c, size: of its bytes; records: rows in it.
    """

    uri: str
    sha256: str
    crc32c: int
    size: int
    records: int


@dataclass(frozen=True, kw_only=True)
class PartSummary:
    """What was written for one chunk, for verification.

    Attributes:
        table, split_id, number, last, fingerprint: which chunk, made with which key.
        part: the object; None where no record of the chunk is released.
        classes: people and records per combination of released quasi-identifier values, counted on the
            very batch that was written.
        combined: the same per tuple of combined values; None where no combination is declared.
        bearers: people by released value, of columns that promise something of them.
        leaks: what the search of that batch counted.
        tally: what the criteria did.
    """

    table: str
    split_id: str
    number: int
    last: bool
    fingerprint: str
    part: Part | None
    classes: WrittenClasses | None
    combined: Recounted | None
    bearers: Bearers
    leaks: Leaks
    tally: Tally


@dataclass(frozen=True)
class Encoded:
    """A chunk as it will be written.

    Attributes:
        data: the bytes of its part.
        summary: what they are, and what was counted in them.
        people: hashes of the people in them, dealt to buckets; none where rows are people.
        joined: of a joined table, its people and what stands of them, dealt to buckets.
    """

    data: bytes
    summary: PartSummary
    people: tuple[tuple[int, PersonBatch], ...]
    joined: tuple[tuple[int, WrittenPeople], ...]


def encode_chunk(plan: Plan, table: TablePlan, chunk: Anonymized) -> Encoded:
    """Encode one processed chunk and count what will be written; touches nothing but memory.

    Its part gets a random name, so that a retry makes another one; only the attempt whose summary the engine
    keeps is ever listed in a manifest.
    """
    data = encode_part(chunk.batch, plan.policy.output)
    summary = PartSummary(
        table=table.name,
        split_id=chunk.split.split_id,
        number=chunk.number,
        last=chunk.last,
        fingerprint=chunk.fingerprint,
        part=_part(plan, table, data, chunk.batch.num_rows) if chunk.batch.num_rows else None,
        classes=recount(table, chunk),
        combined=recount_combined(
            table, (chunk.settled, chunk.settled_persons), (chunk.batch, chunk.persons)
        ),
        bearers=recount_bearers(table, chunk.promises, chunk.batch, chunk.persons),
        leaks=scan(table, chunk.batch, sources=chunk.sources, order=chunk.order),
        tally=chunk.tally,
    )
    people = (
        ()
        if chunk.persons is None
        else tuple(deal_people(table.name, table.numbering, chunk.persons, chunk.fingerprint))
    )
    joined = (
        ()
        if chunk.persons is None or chunk.left is None
        else tuple(deal_written(table, chunk.batch, chunk.persons, chunk.left, chunk.fingerprint))
    )
    return Encoded(data, summary, people, joined)


def _part(plan: Plan, table: TablePlan, data: bytes, records: int) -> Part:
    name = f"part-{plan.attempt}-{secrets.token_hex(12)}.{plan.policy.output.format}"
    uri = open_store(plan.output).join(plan.output, "releases", plan.release_id, "data", table.name, name)
    return Part(
        uri=uri,
        sha256=hashlib.sha256(data).hexdigest(),
        crc32c=google_crc32c.value(data),
        size=len(data),
        records=records,
    )


def write_part(plan: Plan, encoded: Encoded) -> None:
    """Write what was encoded, unless no record of the chunk is released.

    Raises:
        InputError: the output cannot be written.
    """
    if encoded.summary.part is not None:
        open_store(plan.output).create(encoded.summary.part.uri, encoded.data)


def encode_part(batch: pa.RecordBatch, output: Output) -> bytes:
    """Encode a batch as one file, its texts neutralized and a byte order mark before it where asked for."""
    table = pa.Table.from_batches([batch])
    if output.neutralize_formulas:
        table = neutralized(without_dictionaries(table))
    data = WRITERS[output.format](table)
    return codecs.BOM_UTF8 + data if output.byte_order_mark else data
