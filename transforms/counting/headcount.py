"""Counting distinct people exactly (本人の数): keyed hashes in packed arrays, dealt to buckets.

The only per-person data that crosses a shuffle: 16 bytes a person and chunk, under the key of the run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
import polars as pl

BUCKETS = 64
Together = tuple[str, ...]  # what is counted together: a numbering of people, and how its codes are compared
K = TypeVar("K")
_FEW = 1 << 20  # hashes that may wait to be compared


class PersonBatch(NamedTuple):
    """Distinct person hashes of one chunk and bucket.

    Attributes:
        table: whose people they are; empty where they are counted over tables only.
        together: with whom they are counted together.
        hashes: 16 bytes a person.
        fingerprint: of the key.
    """

    table: str
    together: Together
    hashes: bytes
    fingerprint: str


def deal_people(
    table: str, together: Together, hashes: npt.NDArray[np.uint64], fingerprint: str
) -> Iterator[tuple[int, PersonBatch]]:
    """Deal the distinct people of a chunk to buckets by their hash."""
    if len(hashes) == 0:
        return
    distinct = pl.DataFrame({"a": hashes[:, 0], "b": hashes[:, 1]}).unique()
    for (bucket,), part in distinct.group_by(pl.col("a") % BUCKETS):
        yield (
            int(bucket),
            PersonBatch(table, together, part.to_numpy().astype(np.uint64).tobytes(), fingerprint),
        )


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


@dataclass(frozen=True, kw_only=True)
class Headcount:
    """Distinct people, told apart by their hashes; adds up over buckets.

    Attributes:
        by_table: people of each table that was counted.
        together: people counted together, over tables.
        keys: fingerprints of the keys they were hashed under; people hashed under two keys count twice.
    """

    by_table: Mapping[str, int] = field(default_factory=dict)
    together: Mapping[Together, int] = field(default_factory=dict)
    keys: frozenset[str] = frozenset()


def count_bucket(batches: Iterable[PersonBatch]) -> Headcount:
    """Count the distinct people of one bucket."""
    held: dict[tuple[str, Together], _Distinct] = {}
    keys = set()
    for batch in batches:
        keys.add(batch.fingerprint)
        held.setdefault((batch.table, batch.together), _Distinct()).add(batch.hashes)
    distinct = {place: found.frame() for place, found in held.items()}
    groups = dict.fromkeys(group for _, group in distinct)
    return Headcount(
        by_table={table: frame.height for (table, _), frame in distinct.items() if table},
        together={
            group: pl.concat([frame for (_, g), frame in distinct.items() if g == group]).n_unique()
            for group in groups
        },
        keys=frozenset(keys),
    )


def add_headcounts(parts: Sequence[Headcount]) -> Headcount:
    """Add up different buckets, which share nobody."""
    return Headcount(
        by_table=_added([part.by_table for part in parts]),
        together=_added([part.together for part in parts]),
        keys=frozenset().union(*(part.keys for part in parts)),
    )


def _added(parts: Sequence[Mapping[K, int]]) -> dict[K, int]:
    total: dict[K, int] = {}
    for part in parts:
        for place, n in part.items():
            total[place] = total.get(place, 0) + n
    return total
