"""What was written, joined by person again: a recount that shares nothing with what decided.

It reads the very batches that are written, tells people apart by 128 bits, and classes by a digest of the
texts that stand in the quasi-identifier columns. A class of the release is what a reader finds who joins the
tables: the texts of every table, or absence from it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from tokumei.transforms.counting.headcount import BUCKETS
from tokumei.transforms.counting.people import PEOPLE
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.values.cells import as_text

STANDS = "#stands"  # what stands in a protected column
_WHO, _CLASS = ("a", "b"), ("c", "d")  # 128 bits of a person, and of what stands in the quasi-identifiers
_Hashes = npt.NDArray[np.uint64]


@dataclass(frozen=True, kw_only=True)
class WrittenPeople:
    """People of one batch of a joined table, in one bucket.

    Attributes:
        table: the table.
        fingerprint: of the key that people are hashed under.
        written: one row a person and what stands of them: _WHO, _CLASS, and the texts of protected columns;
            None of records that are not released.
        left: of these, one row a person: _WHO.
    """

    table: str
    fingerprint: str
    written: pl.DataFrame | None = None
    left: pl.DataFrame | None = None


@dataclass(frozen=True, kw_only=True)
class JoinedClasses:
    """Classes of what was written of joined tables; adds up over buckets, which share nobody.

    Attributes:
        classes: one row a class: numbered digests of each table (null: absent), and PEOPLE.
        sensitive: by table and protected column: the same by class and STANDS.
        people: distinct people in any of the tables.
        standing: people of whom nothing was released in one table, and something in another.
        fingerprints: of the keys.
    """

    classes: pl.DataFrame
    sensitive: Mapping[tuple[str, str], pl.DataFrame]
    people: int
    standing: int
    fingerprints: frozenset[str]


def deal_written(
    table: TablePlan, batch: pa.RecordBatch, persons: _Hashes, fingerprint: str
) -> Iterator[tuple[int, WrittenPeople]]:
    """Deal the people of what is written to buckets.

    Args:
        table: a joined table.
        batch: what is written of it.
        persons: shape (n, 2), the person of each of its rows.
        fingerprint: of the key.
    """
    columns = dict(zip(_WHO, persons.T, strict=True)) | dict(
        zip(_CLASS, _digests(table, batch).T, strict=True)
    )
    texts = {f"s{i}": as_text(batch.column(name)) for i, name in enumerate(table.protected)}
    for bucket, part in _by_bucket(pl.DataFrame({**columns, **texts}).unique()):
        yield bucket, WrittenPeople(table=table.name, fingerprint=fingerprint, written=part)


def deal_left(table: TablePlan, persons: _Hashes, fingerprint: str) -> Iterator[tuple[int, WrittenPeople]]:
    """Deal the people of records that are not released to buckets.

    Args:
        table: a joined table.
        persons: shape (n, 2), the person of each record.
        fingerprint: of the key.
    """
    for bucket, part in _by_bucket(pl.DataFrame(dict(zip(_WHO, persons.T, strict=True))).unique()):
        yield bucket, WrittenPeople(table=table.name, fingerprint=fingerprint, left=part)


def _by_bucket(frame: pl.DataFrame) -> Iterator[tuple[int, pl.DataFrame]]:
    bucket = (pl.col("a") % BUCKETS).alias("#bucket")
    parts = frame.with_columns(bucket).partition_by("#bucket", as_dict=True, include_key=False)
    for (place,), part in parts.items():
        yield int(place), part


def _digests(table: TablePlan, batch: pa.RecordBatch) -> _Hashes:
    """Return 128 bits of what stands in the quasi-identifier columns of each row, shape (n, 2)."""
    names = [str(i) for i, _ in enumerate(table.quasi_identifiers)]
    if not names or batch.num_rows == 0:
        return np.zeros((batch.num_rows, 2), dtype=np.uint64)
    frame = pl.DataFrame(
        {i: batch.column(name) for i, name in zip(names, table.quasi_identifiers, strict=True)}
    )
    distinct = frame.unique(maintain_order=True).with_row_index("#class")
    rows = distinct.select(pl.col(names).cast(pl.String)).rows()
    digests = b"".join(hashlib.blake2b(repr(row).encode(), digest_size=16).digest() for row in rows)
    place = frame.join(distinct, on=names, how="left", nulls_equal=True, maintain_order="left")["#class"]
    found: _Hashes = np.frombuffer(digests, dtype="<u8").reshape(-1, 2)[place.to_numpy()]
    return found


def recount_joined(tables: Mapping[str, TablePlan], parts: Iterable[WrittenPeople]) -> JoinedClasses:
    """Join what was written of the people of one bucket, and count the classes."""
    written = {name: list[pl.DataFrame]() for name in tables}
    left = {name: list[pl.DataFrame]() for name in tables}
    fingerprints = set()
    for part in parts:
        fingerprints.add(part.fingerprint)
        if part.written is not None:
            written[part.table].append(part.written)
        if part.left is not None:
            left[part.table].append(part.left)
    return _counted(
        tables,
        {name: pl.concat(found).unique() for name, found in written.items() if found},
        {name: pl.concat(found).unique() for name, found in left.items() if found},
        frozenset(fingerprints),
    )


def _counted(
    tables: Mapping[str, TablePlan],
    written: Mapping[str, pl.DataFrame],
    left: Mapping[str, pl.DataFrame],
    fingerprints: frozenset[str],
) -> JoinedClasses:
    nobody = pl.DataFrame(schema=dict.fromkeys(_WHO, pl.UInt64))
    anywhere = pl.concat([nobody, *(frame.select(_WHO) for frame in written.values())]).unique()
    missing = [
        found.join(written[name], on=_WHO, how="anti") if name in written else found
        for name, found in left.items()
    ]
    joined = anywhere
    keys = list[str]()
    for i, name in enumerate(tables):
        own = [f"{column}{i}" for column in _CLASS]
        keys += own
        if name in written:
            rows = written[name].select(
                *_WHO, *(pl.col(c).alias(o) for c, o in zip(_CLASS, own, strict=True))
            )
            joined = joined.join(rows.unique(), on=_WHO, how="left")
        else:
            joined = joined.with_columns(pl.lit(None, pl.UInt64).alias(column) for column in own)
    sensitive = {}
    for i, (name, table) in enumerate(tables.items()):
        for j, column in enumerate(table.protected if name in written else ()):
            values = written[name].select(
                *_WHO, *(pl.col(c).alias(f"{c}{i}") for c in _CLASS), pl.col(f"s{j}").alias(STANDS)
            )
            beside = joined.join(values.unique(), on=[*_WHO, *(f"{c}{i}" for c in _CLASS)])
            sensitive[name, column] = _people(beside, [*keys, STANDS])
    return JoinedClasses(
        classes=_people(joined, keys),
        sensitive=sensitive,
        people=anywhere.height,
        standing=pl.concat([nobody, *missing]).unique().join(anywhere, on=_WHO, how="semi").height,
        fingerprints=fingerprints,
    )


def _people(rows: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    return rows.unique([*_WHO, *keys]).group_by(keys).agg(pl.len().cast(pl.Int64).alias(PEOPLE))


def add_classes(parts: Sequence[JoinedClasses]) -> JoinedClasses:
    """Add up different buckets; one or more."""
    names = sorted({name for part in parts for name in part.sensitive})
    return JoinedClasses(
        classes=_added([part.classes for part in parts]),
        sensitive={n: _added([part.sensitive[n] for part in parts if n in part.sensitive]) for n in names},
        people=sum(part.people for part in parts),
        standing=sum(part.standing for part in parts),
        fingerprints=frozenset().union(*(part.fingerprints for part in parts)),
    )


def _added(frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    keys = [name for name in frames[0].columns if name != PEOPLE]
    return pl.concat(frames).group_by(keys).agg(pl.col(PEOPLE).sum())
