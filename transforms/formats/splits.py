"""Planning: which stretches of files are read in parallel, and which small files together."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from tokumei.schemas.source import Source
from tokumei.schemas.splits import SourceFile, Split, Stretch, TableFile
from tokumei.transforms.engine.overlap import overlapped
from tokumei.transforms.formats.registry import FORMATS
from tokumei.transforms.formats.streams import refuse_changed
from tokumei.transforms.formats.together import FETCHES
from tokumei.transforms.storage.base import Store
from tokumei.transforms.storage.places import open_store


def plan_splits(
    table: str, source: Source, file: SourceFile, store: Store, target_bytes: int = 32 << 20
) -> Iterator[Split]:
    """Cut a file into splits of about ``target_bytes``, each a whole number of records.

    The splits follow one another without gap or overlap, so reading them in order is reading the file. A
    text file no larger than the target is not looked into; a larger one is scanned once. An empty CSV, TSV
    or JSON lines file (0 bytes) has no split; one with only a header has one split without records. A
    gzipped file is one split, since it can only be unpacked from its start.

    Args:
        table: the table's name in the policy.
        source: how the table's files are written.
        file: the file, as `Store.glob` returned it.
        store: where the file is.
        target_bytes: size aimed at; a split exceeds it by at most one record, block or row group.

    Raises:
        InputError: the file cannot be reached, has changed, or cannot be cut into records.
    """
    refuse_changed(file, store)
    for start, end in FORMATS[source.format].plan(source, file, store, target_bytes):
        yield _split(table, [Stretch(file, start, end)])


def cut_files(source: Source, together: Sequence[TableFile]) -> Iterator[Split]:
    """Plan the splits of a file, or the one of several small files that are read together.

    Args:
        source: how the table's files are written.
        together: one or more, of one table and in one store.

    Raises:
        InputError: see `plan_splits` and `plan_together`.
    """
    table, files = together[0].table, [found.file for found in together]
    store = open_store(files[0].uri)
    if len(files) == 1:
        yield from plan_splits(table, source, files[0], store)
    else:
        yield from plan_together(table, source, files, store)


def plan_together(table: str, source: Source, files: Iterable[SourceFile], store: Store) -> Iterator[Split]:
    """Put small files into one split; none if nothing is in them.

    Raises:
        InputError: see `plan_splits`; of several files, the first in their order.
    """

    def cut(file: SourceFile) -> list[Split]:
        return [*plan_splits(table, source, file, store)]

    planned = chain.from_iterable(overlapped(cut, files, FETCHES))
    if stretches := [stretch for split in planned for stretch in split.stretches]:
        yield _split(table, stretches)


def _split(table: str, stretches: Sequence[Stretch]) -> Split:
    text = json.dumps([table, *([s.file.uri, s.file.version, s.start, s.end] for s in stretches)])
    return Split(table, tuple(stretches), hashlib.sha256(text.encode()).hexdigest()[:20])
