"""All formats, each registered once: those that are read, and those that are written.

To add an input format, for example ``piped``, lines whose fields are separated by ``|``:

1. Write a module beside this one with the four functions of `InputFormat`. For text, `streams` unpacks gzip,
   skips byte order marks and finds that a file has changed. What a reader hands on are `batches.Rows`; types,
   null texts, rejects and the numbers of records are the same for all formats, and done after it.
2. Add a line to `FORMATS`: ``"piped": piped``. The type checker compares the module with `InputFormat`.
3. State what is true of its files in `schemas.formats`: ``"piped": SourceFormat(text=True)``. The policy, its
   JSON Schema, the plan and the messages follow from that.

To add an output format, write a function ``write(table) -> bytes`` in the format's module, and add a line to
`WRITERS` and one to `OUTPUT_FORMATS` in `schemas.formats`. The name is also the suffix of the parts, by which
`tokumei clean` knows them.

No other module names a format, and a test refuses one that does. Another test follows this recipe and
releases a file of a new format.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

import pyarrow as pa

from tokumei.schemas.source import Source
from tokumei.schemas.splits import SourceFile, Stretch
from tokumei.schemas.treatment_base import ColumnType
from tokumei.transforms.formats import avro, csv, fixed, jsonl, parquet, xlsx
from tokumei.transforms.formats.batches import Rows
from tokumei.transforms.formats.columns import Header
from tokumei.transforms.storage.base import Store


class InputFormat(Protocol):
    """A module that reads files of one format; it holds no state, so that every retry reads the same."""

    def plan(self, source: Source, file: SourceFile, store: Store, target: int) -> Iterator[tuple[int, int]]:
        """Yield start and end of a file's splits, in the format's unit, without gap or overlap.

        Args:
            source: how the table's files are written.
            file: the file; it is known to be the one that was found.
            store: where it is.
            target: bytes aimed at.

        Raises:
            InputError: the file cannot be cut into records.
        """

    def header(self, source: Source, file: SourceFile, store: Store) -> Header:
        """Return what the file states of itself, read from its first or last bytes.

        Raises:
            InputError: the file is not of this format.
        """

    def rows(
        self,
        stretch: Stretch,
        source: Source,
        columns: Mapping[str, ColumnType],
        store: Store,
        declared: Sequence[str],
    ) -> Iterator[Rows]:
        """Read the wanted columns of a stretch's records, at most `batches.MAX_ROWS` rows at a time.

        Args:
            stretch: what to read.
            source: how the table's files are written.
            columns: the wanted columns with their types; may be empty, for counting records.
            store: where the file is.
            declared: all column names of the policy, in its order.

        Raises:
            InputError: the file is broken beyond single records, or its columns are not the declared ones.
        """

    def begins(
        self, stretch: Stretch, source: Source, store: Store, numbers: Sequence[int]
    ) -> Iterator[int | str]:
        """Yield where some records of a stretch begin: the byte of a text, or words where it has no lines.

        Args:
            stretch: whose records they are.
            source: how the table's files are written.
            store: where the file is.
            numbers: of the records in the stretch, from 1, ascending.

        Raises:
            InputError: the file is broken beyond single records.
        """


Writer: TypeAlias = Callable[[pa.Table], bytes]  # a table of released columns → the bytes of one file


def _write_workbook(table: pa.Table) -> bytes:
    from tokumei.transforms.formats import xlsx_writer  # of use to few runs

    return xlsx_writer.write(table)


FORMATS: Mapping[str, InputFormat] = {
    "csv": csv,
    "tsv": csv,
    "parquet": parquet,
    "avro": avro,
    "jsonl": jsonl,
    "fixed": fixed,
    "xlsx": xlsx,
}
# Formats whose records have parts: the bytes of a small file → its records; ValueError where it is broken.
NESTED: Mapping[str, Callable[[bytes], list[Any]]] = {
    "avro": avro.nested,
    "jsonl": jsonl.nested,
}
WRITERS: Mapping[str, Writer] = {
    "parquet": parquet.write,
    "avro": avro.write,
    "csv": csv.write,
    "xlsx": _write_workbook,
}
