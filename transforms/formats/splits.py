"""Planning: which stretches of a file are read in parallel."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator

from tokumei.schemas.source import Source
from tokumei.schemas.splits import SourceFile, Split
from tokumei.transforms.formats.registry import FORMATS
from tokumei.transforms.formats.streams import refuse_changed
from tokumei.transforms.storage.base import Store


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
        yield Split(table, file, start, end, _split_id(table, file, start, end))


def _split_id(table: str, file: SourceFile, start: int, end: int) -> str:
    text = json.dumps([table, file.uri, file.version, start, end])
    return hashlib.sha256(text.encode()).hexdigest()[:20]
