"""Control records of the journey: the units of work that travel instead of rows."""

from __future__ import annotations

from typing import NamedTuple


class SourceFile(NamedTuple):
    """One input file as it was when the run was planned.

    Attributes:
        uri: local path or gs:// URI.
        size: bytes.
        version: changes when the content does (modification time, or object generation).
    """

    uri: str
    size: int
    version: str


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


class Split(NamedTuple):
    """A stretch of one file that one worker reads at a time.

    ``start`` and ``end`` (exclusive) count in the unit of the file's format: bytes, or row groups of Parquet.
    ``split_id`` is a hash of the other fields: stable over retries and runs.
    """

    table: str
    file: SourceFile
    start: int
    end: int
    split_id: str


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
