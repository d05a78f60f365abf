"""Small files read together: each is fetched whole and ahead, and converted with its neighbours."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import BinaryIO, cast

import numpy as np
import pyarrow as pa

from tokumei.schemas.splits import SourceFile, Stretch
from tokumei.transforms.engine.overlap import overlapped
from tokumei.transforms.formats.batches import MAX_ROWS, Rows
from tokumei.transforms.formats.streams import refuse_changed
from tokumei.transforms.storage.base import Store
from tokumei.transforms.values.cells import without_dictionary

FETCHES = 8  # requests under way at a time: those to Cloud Storage each wait some 50 ms
_ENOUGH = 4_096  # rows whose conversion costs more than beginning it


def fetched(stretches: Sequence[Stretch], store: Store) -> Iterator[tuple[Stretch, Store]]:
    """Yield the stretches of a split in their order, each with where to read it.

    One stretch alone may be long: it is read where it is. Of several each file is small. It is read once and
    whole, whatever columns are wanted, while those before it are worked on.

    Raises:
        InputError: a file cannot be read, or has changed since it was planned.
    """
    if len(stretches) == 1:
        yield stretches[0], store
        return
    yield from overlapped(partial(_fetched, store), stretches, FETCHES)


def _fetched(store: Store, stretch: Stretch) -> tuple[Stretch, Store]:
    with store.open_input(stretch.file) as source:
        content = source.read()
    refuse_changed(stretch.file, store)
    return stretch, cast(Store, _Held(stretch.file, content))


class _Held:
    """A store of one file, which is in memory; of `Store` it has what readers need."""

    def __init__(self, file: SourceFile, content: bytes) -> None:
        self._file, self._content = file, content

    def stat(self, uri: str) -> SourceFile:
        return self._file

    def open_input(self, file: SourceFile) -> BinaryIO:
        return io.BytesIO(self._content)


def put_together(found: Iterable[Rows]) -> Iterator[Rows]:
    """Put few rows together with those that follow, as far as their columns have the same types.

    Nothing stays encoded by a dictionary: these differ from file to file.
    """
    held: list[Rows] = []
    count = 0
    for rows in map(_plain, found):
        more = len(rows.numbers)
        if held and (count >= _ENOUGH or count + more > MAX_ROWS or _types(held[0]) != _types(rows)):
            yield _one(held)
            held, count = [], 0
        held.append(rows)
        count += more
    if held:
        yield _one(held)


def _types(rows: Rows) -> dict[str, pa.DataType]:
    return {name: cells.type for name, cells in rows.columns.items()}


def _plain(rows: Rows) -> Rows:
    return rows._replace(columns={name: without_dictionary(cells) for name, cells in rows.columns.items()})


def _one(held: Sequence[Rows]) -> Rows:
    if len(held) == 1:
        return held[0]
    misfits: dict[str, dict[int, str]] = {}
    notes: Counter[tuple[str, str]] = Counter()
    above = 0
    for rows in held:
        for name, reasons in rows.misfits.items():
            misfits.setdefault(name, {}).update({above + i: reason for i, reason in reasons.items()})
        notes.update(rows.notes)
        above += len(rows.numbers)
    return Rows(
        columns={name: pa.concat_arrays([rows.columns[name] for rows in held]) for name in held[0].columns},
        numbers=np.concatenate([rows.numbers for rows in held]),
        broken=[told for rows in held for told in rows.broken],
        records=sum(rows.records for rows in held),
        misfits=misfits,
        notes=notes,
        blank=sum(rows.blank for rows in held),
        origins=tuple(origin for rows in held for origin in rows.origins),
    )
