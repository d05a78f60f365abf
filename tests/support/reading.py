"""Reading a whole file by the splits that a run would plan."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tokumei.schemas.errors import InputError
from tokumei.schemas.source import Source
from tokumei.transforms.formats.reader import read_split
from tokumei.transforms.formats.splits import plan_splits
from tokumei.transforms.storage.local import LocalStore

STORE = LocalStore()


def read(path: Path, kind: str, columns: dict, declared=None, *, target=32 << 20, exclude=(), **options):
    """Return the rows as one table, rejects as (record of the file, column, reason), and records."""
    source = Source(path=str(path), format=kind, **options)
    file = STORE.glob(str(path))[0]
    batches, rejects, records = [], [], 0
    for split in plan_splits("t", source, file, STORE, target):
        before = records
        for got in read_split(
            split,
            source,
            columns,
            STORE,
            declared=declared or list(columns),
            exclude=np.array(exclude, np.int64),
        ):
            batches.append(got.batch)
            rejects += [(r.record + before, r.column, r.reason) for r in got.rejects]
            records += got.records
    rows = [row for batch in batches for row in batch.to_pylist()] if columns else []
    assert len({str(batch.schema) for batch in batches}) <= 1
    return rows, rejects, records


def error_of(*args, **options) -> InputError:
    with pytest.raises(InputError) as caught:
        read(*args, **options)
    assert "himitsu" not in str(caught.value)
    return caught.value
