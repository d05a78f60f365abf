"""Columns whose values stand in the names of folders, as Hive partitions tables (``year=2024/month=04``)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import unquote

import numpy as np
import pyarrow as pa

from tokumei.schemas.source import Source
from tokumei.transforms.formats.batches import Rows

NO_VALUE = "__HIVE_DEFAULT_PARTITION__"


def partitions(source: Source, uri: str) -> dict[str, str | None]:
    """Return the columns in a file's path, with its values, in the order of the folders.

    Only folders that the source's path names or matches count, not those that it starts from. Names and
    values are percent-decoded; Hive's name for a missing value and the source's null texts are None.
    """
    matched = source.path.split("/")[:-1]
    folders = uri.split("/")[:-1][-len(matched) :] if matched else []
    found: dict[str, str | None] = {}
    for folder in folders:
        if told := named_value(folder):
            name, value = told
            found[name] = None if value in source.null_values else value
    return found


def named_value(folder: str) -> tuple[str, str | None] | None:
    """Return the column and the value that a folder's name tells (None of a missing one), if it tells any."""
    name, equals, value = folder.partition("=")
    if not (name and equals):
        return None
    return unquote(name), None if value == NO_VALUE else unquote(value)


def with_partitions(stretches: Iterator[Rows], values: Mapping[str, str | None]) -> Iterator[Rows]:
    """Add columns of one value each to what a reader found."""
    for rows in stretches:
        yield rows._replace(
            columns={**rows.columns, **{n: _repeated(v, len(rows.numbers)) for n, v in values.items()}}
        )


def without(names: Sequence[str], found: Mapping[str, str | None]) -> list[str]:
    """Return the names of the columns that are in the file itself."""
    return [name for name in names if name not in found]


def _repeated(value: str | None, count: int) -> pa.Array:
    if value is None:
        return pa.nulls(count, pa.string())
    return pa.DictionaryArray.from_arrays(np.zeros(count, np.int32), pa.array([value], pa.string()))
