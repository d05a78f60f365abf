"""Control records of the journey: the units of work that travel instead of rows."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple


class SourceFile(NamedTuple):
    """One input file as it was when the run was planned.

    Attributes:
        uri: local path or gs:// URI.
        size: bytes.
        version: changes when the content does (modification time, or object generation).
        checksum: of the content, where the store keeps one and tells it without fetching the file; else "".
    """

    uri: str
    size: int
    version: str
    checksum: str = ""


class TableFile(NamedTuple):
    """An input file and the table it belongs to.

    Attributes:
        table: of the policy.
        file: the file.
        records: their number, if the file itself states it.
        unsearched: deleted columns that have a type in it that cannot be searched for.
    """

    table: str
    file: SourceFile
    records: int | None = None
    unsearched: tuple[str, ...] = ()


class Stretch(NamedTuple):
    """Some records of one file, that follow one another.

    ``start`` and ``end`` (exclusive) count in the unit of the file's format: bytes, or row groups of Parquet.
    """

    file: SourceFile
    start: int
    end: int


class Split(NamedTuple):
    """What one worker reads at a time: a stretch of a large file, or several small files one after another.

    ``split_id`` is a hash of the other fields: stable over retries and runs. Records are numbered over all
    stretches.
    """

    table: str
    stretches: tuple[Stretch, ...]
    split_id: str


class Origin(NamedTuple):
    """Which of some records of a split are of one of its stretches.

    Attributes:
        stretch: whose records they are.
        before: records of the split that precede the stretch.
        records: how many of them are of the stretch, unreadable and blank ones included.
        rejects: how many of these were unreadable, by (column, reason).
    """

    stretch: Stretch
    before: int
    records: int
    rejects: Mapping[tuple[str, str], int] = MappingProxyType({})


class RecordPlace(NamedTuple):
    """Where a record stands: places of one table are in the order of its files, and of records in them.

    ``record`` counts the records of the stretch from 1.
    """

    stretch: Stretch
    record: int


def record_place(origins: Sequence[Origin], number: int) -> RecordPlace:
    """Return in which of some stretches a record is; ``number`` is the one that it has in the split."""
    stretch, before, *_ = origins[bisect_left(origins, number, key=lambda origin: origin.before) - 1]
    return RecordPlace(stretch, number - before)


class Reject(NamedTuple):
    """A record that could not be read: where and why, never its value.

    ``record`` counts the records of the split from 1. ``column`` is empty where the whole record is bad.
    ``detail`` says more than the reason, where there is more to say without a value.
    """

    table: str
    split_id: str
    record: int
    column: str
    reason: str
    detail: str = ""

    @property
    def told(self) -> str:
        """Reason and detail, as they are counted."""
        return f"{self.reason} ({self.detail})" if self.detail else self.reason
