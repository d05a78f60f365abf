"""The one pass over the files of a table: read by the readers of a run, split by split, in a few threads."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from tokumei.schemas.errors import InputError
from tokumei.schemas.source import Source
from tokumei.schemas.splits import Split
from tokumei.schemas.treatment_base import ColumnType
from tokumei.transforms.engine.overlap import overlapped
from tokumei.transforms.formats.convert import ARROW_TYPES
from tokumei.transforms.formats.reader import read_split
from tokumei.transforms.formats.splits import plan_splits
from tokumei.transforms.storage.places import open_store
from tokumei.transforms.suggest.sketch import TableSketch, merge_sketches, sketch_batch
from tokumei.transforms.suggest.sources import FoundTable
from tokumei.transforms.values.encodings import UNDECODABLE

READERS = min(2, os.cpu_count() or 1)
SPLIT_BYTES = 4 << 20  # what a thread holds
_MANY = 0.1


def measure(table: FoundTable) -> tuple[FoundTable, TableSketch]:
    """Read a table once, and return it with its sketch; twice where only the body tells the encoding.

    Raises:
        InputError: a file cannot be read, or most of its records cannot be.
    """
    sketch, reasons = _read(table)
    records = sketch.rows + sketch.broken
    other = next((r.removeprefix(f"{UNDECODABLE}_") for r in reasons if r.startswith(f"{UNDECODABLE}_")), "")
    if other and table.source.encoding == "utf-8":
        encoding = {**table.source.model_dump(exclude_unset=True), "encoding": other}
        table = FoundTable(
            name=table.name,
            source=Source.model_validate(encoding),
            files=table.files,
            kinds=table.kinds,
            typed=table.typed,
        )
        sketch, reasons = _read(table)
    if sketch.broken > _MANY * records:
        raise InputError(
            "input.broken",
            where=table.source.path,
            what=f"{sketch.broken:,} of {records:,} records cannot be read: {', '.join(sorted(reasons))}",
            fix="export the file again, or write the source by hand (skip_rows, escape, widths …)",
        )
    return table, sketch


def _read(table: FoundTable) -> tuple[TableSketch, Counter[str]]:
    kinds = {name: kind for name, kind in table.kinds.items() if kind is not None}
    reasons: Counter[str] = Counter()

    def sketched(split: Split) -> tuple[TableSketch, Counter[str]]:
        parts, told = [], Counter[str]()
        for read in read_split(
            split, table.source, kinds, open_store(table.files[0].uri), declared=[*table.kinds]
        ):
            parts.append(sketch_batch(read.batch, split.split_id, read.numbers, len(read.rejects)))
            told.update(reject.reason for reject in read.rejects)
        return merge_sketches(parts or [_nothing(kinds)]), told

    whole: TableSketch | None = None
    for part, told in overlapped(sketched, splits_of(table), READERS):
        reasons.update(told)
        whole = part if whole is None else merge_sketches([whole, part])
    return whole or _nothing(kinds), reasons


def splits_of(table: FoundTable) -> Iterator[Split]:
    """Yield what is read at a time, in the order of the files."""
    for file in table.files:
        yield from plan_splits(table.name, table.source, file, open_store(file.uri), SPLIT_BYTES)


def _nothing(kinds: dict[str, ColumnType]) -> TableSketch:
    schema = pa.schema([(name, ARROW_TYPES[kind]) for name, kind in kinds.items()])
    batch = pa.RecordBatch.from_pylist([], schema=schema)
    return sketch_batch(batch, "", np.empty(0, np.int64), 0)
