"""Writing parts: one object per chunk under a random name, never renamed, never overwritten."""

from __future__ import annotations

import hashlib
import io
import secrets
from dataclasses import dataclass, replace
from typing import NamedTuple

import fastavro
import google_crc32c
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from transforms.combinations.recount import Recounted, recount_combined
from transforms.criteria.apply import Anonymized, Tally
from transforms.leaks.found import Leaks
from transforms.leaks.scan import scan
from transforms.plan import Plan, TablePlan
from transforms.release.formulas import neutralized
from transforms.release.recount import WrittenClasses, recount
from transforms.store import open_store


@dataclass(frozen=True)
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


@dataclass(frozen=True)
class PartSummary:
    """What was written for one chunk, for verification.

    Attributes:
        table, split_id, number, last, fingerprint: which chunk, made with which key.
        part: the object; None where no record of the chunk is released.
        classes: people and records per combination of released quasi-identifier values, counted on the
            very batch that was written.
        combined: the same per tuple of combined values; None where no combination is declared.
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
    leaks: Leaks
    tally: Tally


class Encoded(NamedTuple):
    """A chunk as it will be written: its bytes, the records in them, and its summary but for the part."""

    data: bytes
    records: int
    summary: PartSummary


def encode_chunk(plan: Plan, table: TablePlan, chunk: Anonymized) -> Encoded:
    """Encode one processed chunk and count what will be written; touches nothing but memory."""
    output = plan.policy.output
    return Encoded(
        encode(chunk.batch, output.format, neutralize=output.neutralize_formulas),
        chunk.batch.num_rows,
        PartSummary(
            table.name,
            chunk.split.split_id,
            chunk.number,
            chunk.last,
            chunk.fingerprint,
            None,
            recount(table, chunk),
            recount_combined(table, (chunk.settled, chunk.settled_persons), (chunk.batch, chunk.persons)),
            scan(table, chunk),
            chunk.tally,
        ),
    )


def write_part(plan: Plan, encoded: Encoded) -> PartSummary:
    """Write what was encoded, unless no record of the chunk is released.

    A retry writes another object under another name; only the attempt whose summary the engine keeps is
    ever listed in a manifest.

    Raises:
        InputError: the output cannot be written.
    """
    data, records, summary = encoded
    if not records:
        return summary
    store = open_store(plan.output)
    name = f"part-{plan.attempt}-{secrets.token_hex(12)}.{plan.policy.output.format}"
    uri = store.join(plan.output, "releases", plan.release_id, "data", summary.table, name)
    store.create(uri, data)
    digest, checksum = hashlib.sha256(data).hexdigest(), google_crc32c.value(data)
    part = Part(uri, digest, checksum, len(data), records)
    return replace(summary, part=part)


def encode(batch: pa.RecordBatch, file_format: str, *, neutralize: bool = False) -> bytes:
    """Encode a batch as one file: Parquet (zstd), Avro (deflate) or CSV (UTF-8, header, quoted as needed).

    ``neutralize`` marks the cells of a CSV file that a spreadsheet would take for formulas.
    """
    sink = io.BytesIO()
    schema = pa.schema([(f.name, _plain(f.type)) for f in batch.schema])
    if file_format == "parquet":
        # Dictionary columns are written as they are; the file's own schema says plain strings. Nothing else
        # is worth a dictionary, and in random order no statistics help a reader.
        coded = [f.name for f in batch.schema if pa.types.is_dictionary(f.type)]
        pq.write_table(
            pa.Table.from_batches([batch]),
            sink,
            compression="zstd",
            compression_level=1,
            store_schema=False,
            use_dictionary=coded,
            column_encoding={
                f.name: "DELTA_LENGTH_BYTE_ARRAY" for f in batch.schema if pa.types.is_string(f.type)
            },
            write_statistics=False,
        )
        return sink.getvalue()
    plain = pa.Table.from_batches([batch]).cast(schema)
    if file_format == "csv":
        pa.csv.write_csv(neutralized(plain) if neutralize else plain, sink)
    else:
        _write_avro(plain, sink)
    return sink.getvalue()


def _plain(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


_AVRO = {
    pa.string(): "string",
    pa.int64(): "long",
    pa.float64(): "double",
    pa.bool_(): "boolean",
    pa.date32(): {"type": "int", "logicalType": "date"},
    pa.timestamp("s"): {"type": "long", "logicalType": "local-timestamp-millis"},
}


def _write_avro(table: pa.Table, sink: io.BytesIO) -> None:
    fields = [{"name": f.name, "type": ["null", _AVRO[f.type]]} for f in table.schema]
    schema = fastavro.parse_schema({"type": "record", "name": "Record", "fields": fields})
    fastavro.writer(sink, schema, table.to_pylist(), codec="deflate")
