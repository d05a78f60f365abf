"""Writing parts: one object each under a random name, never renamed, never overwritten."""

from __future__ import annotations

import codecs
import hashlib
import secrets
from dataclasses import dataclass
from itertools import repeat

import google_crc32c
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tokumei.schemas.errors import InputError
from tokumei.schemas.output import Output
from tokumei.transforms.combinations.recount import recount_combined
from tokumei.transforms.counting.people import PeoplePerKey
from tokumei.transforms.exposure.sources import SourceExposed
from tokumei.transforms.formats.convert import without_dictionaries
from tokumei.transforms.formats.registry import WRITERS
from tokumei.transforms.formats.windows import in_windows_japanese
from tokumei.transforms.leaks.found import Leaks
from tokumei.transforms.leaks.scan import scan
from tokumei.transforms.planning.plan import Plan, TablePlan
from tokumei.transforms.release.anonymize import Anonymized
from tokumei.transforms.release.by_record import exposed_sources
from tokumei.transforms.release.dealing import Gathered, PartPlace, Slice, deal, mark
from tokumei.transforms.release.folders import cut
from tokumei.transforms.release.part_recount import (
    Count,
    PartRecount,
    PartTerms,
    Told,
    recount_part,
    tell_left,
)
from tokumei.transforms.release.tally import Tally
from tokumei.transforms.storage.places import open_store
from tokumei.transforms.values.formulas import neutralized

_OWN = -1  # the part of a chunk that is not dealt


@dataclass(frozen=True, kw_only=True)
class Part:
    """One written object.

    Attributes:
        uri: where it is; sha256, crc32c, size: of its bytes; records: rows in it.
        people: distinct, in the rows that were put together, those that are cut off into other objects too.
    """

    uri: str
    sha256: str
    crc32c: int
    size: int
    records: int
    people: int


@dataclass(frozen=True, kw_only=True)
class ChunkSummary:
    """What is known of one chunk, for verification.

    Attributes:
        table, split_id, number, last, fingerprint: which chunk, made with which key.
        marks: sum of the marks of its slices.
        settled: people per tuple of combined values of the records that reach the recoding; None where no
            combination is declared.
        leaks: what the search of its released rows counted: here, where the source values still are.
        tally: what the criteria did.
        exposed: what the source tells of its released rows.
    """

    table: str
    split_id: str
    number: int
    last: bool
    fingerprint: str
    marks: int
    settled: PeoplePerKey | None
    leaks: Leaks
    tally: Tally
    exposed: SourceExposed


@dataclass(frozen=True, kw_only=True)
class PartSummary:
    """What is known of one part, for verification.

    Attributes:
        table: whose part.
        fingerprints: of the keys that its rows were made with.
        parts: the object; where values name folders, those that it is cut into.
        recount: what was counted on its rows, as they are written.
        marks: sum of the marks of the slices that came to it.
    """

    table: str
    fingerprints: frozenset[str]
    parts: tuple[Part, ...]
    recount: PartRecount
    marks: int


@dataclass(frozen=True)
class Encoded:
    """A part as it will be written.

    Attributes:
        data: the bytes of each of its objects.
        summary: what they are, and what was counted in them.
        told: of the people in them, dealt to buckets; nothing where rows are people.
    """

    data: tuple[bytes, ...]
    summary: PartSummary
    told: tuple[Told, ...] = ()


@dataclass(frozen=True)
class ReleasedChunk:
    """A chunk as it leaves pass 3.

    Attributes:
        summary: what is known of it.
        part: the part that it becomes by itself; None where its rows are dealt, or none is released.
        slices: its rows, dealt; none where they become a part by themselves.
        told: of people whose records are not released, and what the lines of the others come to.
    """

    summary: ChunkSummary
    part: Encoded | None
    slices: tuple[tuple[PartPlace, Slice], ...]
    told: tuple[Told, ...]


def encode_chunk(plan: Plan, table: TablePlan, chunk: Anonymized) -> ReleasedChunk:
    """Encode one processed chunk, or deal its rows, and count what is released; touches nothing but memory.

    Where it is a part by itself, that gets a random name, so that a retry makes another one; only the attempt
    whose summary the engine keeps is ever listed in a manifest. Its rows are dealt the same under retry.
    """
    place, records = (chunk.split.split_id, chunk.number), chunk.batch.num_rows
    slices: tuple[tuple[PartPlace, Slice], ...] = ()
    if chunk.parts:
        slices = tuple(deal((table.name, place), chunk.key, chunk.parts, chunk.batch, chunk.persons))
        marks = sum(mark(place, part, rows.batch.num_rows) for (_, part), rows in slices)
    else:
        marks = mark(place, _OWN, records) if records else 0
    summary = ChunkSummary(
        table=table.name,
        split_id=chunk.split.split_id,
        number=chunk.number,
        last=chunk.last,
        fingerprint=chunk.key.fingerprint,
        marks=marks,
        settled=recount_combined(table, chunk.settled, chunk.settled_persons),
        leaks=scan(
            table,
            chunk.batch,
            sources=chunk.sources,
            order=chunk.order,
            names=chunk.names,
            theirs=chunk.theirs,
        ),
        tally=chunk.tally,
        exposed=exposed_sources(table, chunk.exposed),
    )
    part = None
    if records and not chunk.parts:
        keys = frozenset({chunk.key.fingerprint})
        part = _encoded(plan, table, chunk.terms, chunk.batch, chunk.persons, keys=keys, marks=marks)
    told = (*tell_left(table, chunk.left, chunk.key), *zip(repeat(Count.TOTALS), chunk.totals))
    return ReleasedChunk(summary, part, slices, told)


def encode_dealt(plan: Plan, table: TablePlan, terms: PartTerms, found: Gathered) -> Encoded:
    """Count and encode a part that was put together from what was dealt to it; touches nothing but memory.

    Args:
        plan: the run.
        table: whose part.
        terms: what its recount must know of the decisions.
        found: all that was dealt to it.
    """
    keys = found.fingerprints | {terms.fingerprint}
    return _encoded(plan, table, terms, found.batch, found.persons, keys=keys, marks=found.marks)


def _encoded(
    plan: Plan,
    table: TablePlan,
    terms: PartTerms,
    batch: pa.RecordBatch,
    persons: npt.NDArray[np.uint64] | None,
    *,
    keys: frozenset[str],
    marks: int,
) -> Encoded:
    counted = recount_part(table, terms, batch, persons)
    called = {name: plan.policy.written_name(table.name, name) for name in batch.schema.names}
    data, parts = [], []
    for folders, rows in cut(batch, [(name, called[name]) for name in table.naming]):
        written = rows.rename_columns([called[name] for name in rows.schema.names])
        data.append(encode_part(written, plan.policy.output))
        parts.append(_part(plan, table, folders, data[-1], records=rows.num_rows, people=counted.people))
    summary = PartSummary(
        table=table.name,
        fingerprints=keys,
        parts=tuple(parts),
        recount=counted.recount,
        marks=marks,
    )
    return Encoded(tuple(data), summary, counted.told)


def _part(
    plan: Plan, table: TablePlan, folders: tuple[str, ...], data: bytes, *, records: int, people: int
) -> Part:
    name = f"part-{plan.attempt}-{secrets.token_hex(12)}.{plan.policy.output.format}"
    uri = open_store(plan.output).join(_folder(plan, table.name), *folders, name)
    return Part(
        uri=uri,
        sha256=hashlib.sha256(data).hexdigest(),
        crc32c=google_crc32c.value(data),
        size=len(data),
        records=records,
        people=people,
    )


def _folder(plan: Plan, table: str) -> str:
    return open_store(plan.output).join(plan.output, "releases", plan.release_id, "data", table)


def write_part(plan: Plan, encoded: Encoded) -> None:
    """Write what was encoded, unless this is a rehearsal.

    Raises:
        InputError: the output cannot be written; no value that names a folder is told.
    """
    if plan.rehearsal:
        return
    store, table = open_store(plan.output), encoded.summary.table
    for part, data in zip(encoded.summary.parts, encoded.data, strict=True):
        try:
            store.create(part.uri, data)
        except InputError as error:
            if not plan.tables[table].naming:
                raise
            raise InputError(error.code, where=_folder(plan, table), what=error.what, fix=error.fix) from None


def encode_part(batch: pa.RecordBatch, output: Output) -> bytes:
    """Encode a batch as one file, its texts neutralized and a byte order mark before it where asked for.

    Raises:
        RequirementError: the encoding that was asked for does not have some of its characters.
    """
    table = pa.Table.from_batches([batch])
    if output.neutralize_formulas:
        table = neutralized(without_dictionaries(table))
    data = WRITERS[output.format](table)
    if output.encoding != "utf-8":
        return in_windows_japanese(data.decode())
    return codecs.BOM_UTF8 + data if output.byte_order_mark else data
