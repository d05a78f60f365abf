"""Reading one split as typed batches, whatever its format."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from tokumei.schemas.splits import SourceFile, Split
from tokumei.schemas.table import Source
from tokumei.schemas.treatment_base import ColumnType
from tokumei.transforms.formats import avro, csv, jsonl, parquet
from tokumei.transforms.formats.batches import Numbers, ReadBatch, assemble
from tokumei.transforms.formats.columns import Header
from tokumei.transforms.formats.streams import refuse_changed
from tokumei.transforms.storage.base import Store

__all__ = ["ReadBatch", "read_header", "read_split"]

_NONE: Numbers = np.empty(0, np.int64)


def read_header(source: Source, file: SourceFile, store: Store) -> Header:
    """Return what a file itself states: the names of its columns and the number of its records.

    No names: CSV or TSV without a header line, an empty file, and JSON lines. Only Parquet counts records.

    Raises:
        InputError: the file cannot be reached or is not of the declared format or encoding.
    """
    if source.format == "parquet":
        return parquet.header(file, store)
    if source.format == "avro":
        return Header(avro.header(file, store))
    return Header(csv.header(source, file, store) if source.header and source.format != "jsonl" else None)


def read_split(
    split: Split,
    source: Source,
    columns: Mapping[str, ColumnType],
    store: Store,
    *,
    declared: Sequence[str],
    exclude: Numbers = _NONE,
) -> Iterator[ReadBatch]:
    """Read a split as batches of at most MAX_ROWS rows, in record order, holding about one block at a time.

    Records are counted from 1 within the split, and the count does not depend on the columns asked for.
    A record is left out, with a reject, when it cannot be decoded, has another number of fields than the
    header, or has a value in an asked-for column that is not of the column's type.

    Args:
        split: the stretch to read, as planned by `plan_splits`.
        source: how the table's files are written.
        columns: the wanted columns with their types; may be empty, for counting records.
        store: where the file is.
        declared: all column names of the policy, in its order.
        exclude: numbers of records to leave out silently; they still count in ``records``.

    Raises:
        InputError: the file has changed since planning, is broken beyond single records, or its columns are
            not the declared ones. No message holds a value.
    """
    if source.format == "parquet":
        rows, null_values = parquet.rows(split, columns, store, declared), source.null_values
    elif source.format == "avro":
        rows, null_values = avro.rows(split, columns, store, declared), source.null_values
    elif source.format == "jsonl":
        rows, null_values = jsonl.rows(split, columns, store, declared), source.null_values
    else:
        rows, null_values = csv.rows(split, source, list(columns), store, declared), ()  # nulled in parsing
    yield from assemble(rows, split, columns, null_values, exclude)
    refuse_changed(split.file, store)
