"""Counting distinct people exactly (本人の数): keyed hashes in packed arrays, dealt to buckets.

The only per-person data that crosses a shuffle: 16 bytes a person and chunk, under the key of the run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

BUCKETS = 64
UNION = ""  # the people of all tables together
_FEW = 1 << 20  # hashes that may wait to be compared
_KEY = "#key "  # marks, among the counts, the keys they were made with; no table can be called so


class PersonBatch(NamedTuple):
    """Distinct person hashes of one chunk and bucket: the table, 16 bytes a person, the key's fingerprint."""

    table: str
    hashes: bytes
    fingerprint: str


def deal(table: str, hashes: npt.NDArray[np.uint64], fingerprint: str) -> Iterator[tuple[int, PersonBatch]]:
    """Deal the distinct people of a chunk to buckets by their hash."""
    if len(hashes) == 0:
        return
    distinct = pl.DataFrame({"a": hashes[:, 0], "b": hashes[:, 1]}).unique()
    for (bucket,), part in distinct.group_by(pl.col("a") % BUCKETS):
        yield int(bucket), PersonBatch(table, part.to_numpy().astype(np.uint64).tobytes(), fingerprint)


class _Distinct:
    """The distinct people of a bucket so far, in memory that grows with them and not with their records."""

    def __init__(self) -> None:
        self._parts: list[npt.NDArray[np.uint64]] = []
        self._waiting, self._most = 0, _FEW

    def add(self, hashes: bytes) -> None:
        """Take in a batch; once those that wait may double the memory, only the distinct are kept."""
        part = np.frombuffer(hashes, dtype=np.uint64).reshape(-1, 2)
        self._parts.append(part)
        self._waiting += len(part)
        if self._waiting > self._most:
            people = self.frame().to_numpy()
            self._parts, self._waiting, self._most = [people], 0, max(_FEW, len(people))

    def frame(self) -> pl.DataFrame:
        """Return one row a person."""
        return pl.DataFrame(np.concatenate(self._parts), schema=["a", "b"], orient="row").unique()


def count_bucket(batches: Iterable[PersonBatch]) -> dict[str, int]:
    """Count the distinct people of one bucket, by table and over all tables (`UNION`).

    People hashed under two keys count twice; `keys_of` tells.
    """
    held: dict[str, _Distinct] = {}
    keys = {}
    for batch in batches:
        keys[_KEY + batch.fingerprint] = 1
        held.setdefault(batch.table, _Distinct()).add(batch.hashes)
    distinct = {table: found.frame() for table, found in held.items()}
    counts = {table: frame.height for table, frame in distinct.items()}
    counts[UNION] = pl.concat(list(distinct.values())).n_unique() if distinct else 0
    return counts | keys


def keys_of(counts: Mapping[str, int]) -> frozenset[str]:
    """Return the fingerprints of the keys that the counts were made with."""
    return frozenset(name.removeprefix(_KEY) for name in counts if name.startswith(_KEY))


def add_counts(parts: Sequence[Mapping[str, int]]) -> dict[str, int]:
    """Add the counts of different buckets."""
    total: dict[str, int] = {}
    for part in parts:
        for table, n in part.items():
            total[table] = total.get(table, 0) + n
    return total
