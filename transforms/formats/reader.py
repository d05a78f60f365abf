"""Reading one split as typed batches, whatever its format."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

import numpy as np

from tokumei.schemas.date_formats import DateReading
from tokumei.schemas.errors import InputError
from tokumei.schemas.source import Source
from tokumei.schemas.splits import Origin, SourceFile, Split, Stretch
from tokumei.schemas.treatment_base import ColumnType
from tokumei.transforms.formats.batches import Numbers, ReadBatch, Rows, assemble
from tokumei.transforms.formats.columns import Header, refuse_other_columns
from tokumei.transforms.formats.containers import refuse_other_kind
from tokumei.transforms.formats.partitions import partitions, with_partitions, without
from tokumei.transforms.formats.registry import FORMATS
from tokumei.transforms.formats.streams import refuse_changed
from tokumei.transforms.formats.together import fetched, put_together
from tokumei.transforms.storage.base import Store

__all__ = ["ReadBatch", "read_header", "read_split"]

_NONE: Numbers = np.empty(0, np.int64)


def read_header(source: Source, file: SourceFile, store: Store) -> Header:
    """Return what a file and its path state: the names of its columns and the number of its records.

    Raises:
        InputError: the file cannot be reached or is not of the declared format or encoding.
    """
    try:
        found = FORMATS[source.format].header(source, file, store)
    except InputError:
        if not source.facts.text:  # perhaps it is something else, which has a better name
            refuse_other_kind(file, store, source.facts.called)
        raise
    in_path = partitions(source, file.uri)
    return found._replace(names=[*found.names, *in_path]) if found.names is not None else found


def read_split(
    split: Split,
    source: Source,
    columns: Mapping[str, ColumnType],
    store: Store,
    *,
    declared: Sequence[str],
    exclude: Numbers = _NONE,
    dates: Mapping[str, DateReading] = MappingProxyType({}),
) -> Iterator[ReadBatch]:
    """Read a split as batches of at most MAX_ROWS rows, in record order, holding about one block at a time.

    Rows of small files come in one batch, and so are converted at once.

    Records are counted from 1 within the split, and the count does not depend on the columns asked for.
    A record is left out, with a reject, when it cannot be decoded, has another number of fields than the
    header, or has a value in an asked-for column that is not of the column's type. Columns asked for as type
    ``text`` never are the reason: any value is its text, as far as it has one.

    Args:
        split: what to read, as planned by `plan_splits`.
        source: how the table's files are written.
        columns: the wanted columns with their types; may be empty, for counting records.
        store: where the files are.
        declared: all column names of the policy, in its order.
        exclude: numbers of records to leave out silently; they still count in ``records``.
        dates: what columns declare of their dates, where they do.

    Raises:
        InputError: a file has changed since planning, is broken beyond single records, or its columns are
            not the declared ones. No message holds a value.
    """
    found = _split_rows(split, source, columns, store, declared)
    if len(split.stretches) > 1:
        found = put_together(found)
    yield from assemble(found, split, columns, source, exclude=exclude, dates=dates)


def _split_rows(
    split: Split, source: Source, columns: Mapping[str, ColumnType], store: Store, declared: Sequence[str]
) -> Iterator[Rows]:
    """Read stretch after stretch, with the numbers that their records have in the split."""
    before = 0
    for stretch, place in fetched(split.stretches, store):
        done = 0
        for rows in _stretch_rows(stretch, source, columns, place, declared):
            done += rows.records
            yield rows._replace(
                numbers=rows.numbers + before,
                broken=[(number + before, told) for number, told in rows.broken],
                origins=(Origin(stretch, before, rows.records),),
            )
        refuse_changed(stretch.file, place)
        before += done


def _stretch_rows(
    stretch: Stretch, source: Source, columns: Mapping[str, ColumnType], store: Store, declared: Sequence[str]
) -> Iterator[Rows]:
    in_path = partitions(source, stretch.file.uri)
    refuse_other_columns(
        [*declared, *without(list(in_path), dict.fromkeys(declared))], declared, stretch.file.uri
    )
    inside = {name: columns[name] for name in without(list(columns), in_path)}
    rows = FORMATS[source.format].rows(stretch, source, inside, store, without(declared, in_path))
    return with_partitions(rows, in_path) if in_path else rows
