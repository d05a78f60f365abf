"""A published release as others take it: whole and in force, its tables read part by part."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tokumei.schemas.errors import AlreadyPublishedError, InputError, PolicyError
from tokumei.schemas.formats import DEFAULT_OUTPUT
from tokumei.transforms.formats.partitions import named_value
from tokumei.transforms.release.manifest import damaged, read_manifest
from tokumei.transforms.release.reread import reread
from tokumei.transforms.storage.base import Store

RELEASE_COLUMN = "tokumei_release"


@dataclass(frozen=True, kw_only=True)
class LoadableTable:
    """One table of a release.

    Attributes:
        name: in the policy. records: rows of all parts.
        schema: of its rows, with the columns whose values stand in names of folders.
        parts: path, from the release's folder, and SHA-256 of each part.
    """

    name: str
    records: int
    schema: pa.Schema
    parts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class Loadable:
    """A release that may be loaded.

    Attributes:
        release_id: its name.
        base: its folder, or gs:// URI.
        replaces: the releases that it replaces, and those that these had replaced.
        tables: in the order of the manifest.
    """

    release_id: str
    base: str
    replaces: tuple[str, ...]
    tables: tuple[LoadableTable, ...]


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """What became of one table of a release.

    Attributes:
        table: its name there. records: of the release in it. deleted: rows of releases that it replaces.
        new: whether they were loaded now, and not before.
    """

    table: str
    records: int
    deleted: int
    new: bool


RowsOf = Callable[[LoadableTable], Iterator[pa.RecordBatch]]


def find_loadable(store: Store, output: str, release_id: str) -> Loadable:
    """Return a release once every byte of it is as it was published.

    Args:
        store: of the output.
        output: directory or gs:// URI that holds releases and register.
        release_id: names the release.

    Raises:
        AlreadyPublishedError: it was withdrawn.
        InputError: there is none of this name, a file of it is missing or changed, it disagrees with the
            register, or its parts are of a format that has no types.
    """
    found = reread(store, output, release_id)
    if found.withdrawn is not None:
        raise AlreadyPublishedError(
            "load.withdrawn",
            where=found.release,
            what="the release was withdrawn (取下げ): withdrawn.json says why, and by which it is replaced",
            fix="load the one that replaces it; without one, delete its rows where it was loaded",
        )
    if found.differences:
        first = found.differences[0]
        raise InputError(
            "load.damaged",
            where=first.uri,
            what=f"the release is not as it was published: this file {first.what}",
            fix="see what tokumei verify says of it; load it once it is whole",
        )
    manifest = read_manifest(store, found.release)
    if manifest is None:
        raise damaged(found.release)
    return Loadable(
        release_id=release_id,
        base=found.release,
        replaces=_replaced(store, output, manifest),
        tables=tuple(_table(found.release, name, told) for name, told in manifest["tables"].items()),
    )


def loadable_rows(store: Store, base: str, table: LoadableTable) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a table, a part in memory at a time.

    Raises:
        InputError: a part is not as it was published.
    """
    for path, digest in table.parts:
        uri = store.join(base, path)
        data, _ = store.read(uri)
        if hashlib.sha256(data).hexdigest() != digest:
            raise damaged(uri)
        part = pq.ParquetFile(pa.BufferReader(data)).read()
        for name, value in filter(None, map(named_value, path.split("/")[2:-1])):
            part = part.append_column(name, pa.repeat(pa.scalar(value, pa.string()), part.num_rows))
        yield from part.select(table.schema.names).cast(table.schema).to_batches()


def rows_with_release(release: Loadable, table: LoadableTable, rows: RowsOf) -> pa.RecordBatchReader:
    """Return the rows as others have them: times in microseconds, each row with the id of its release."""
    kinds = [(f.name, pa.timestamp("us") if pa.types.is_timestamp(f.type) else f.type) for f in table.schema]
    schema = pa.schema([*kinds, (RELEASE_COLUMN, pa.string())])

    def batches() -> Iterable[pa.RecordBatch]:
        for batch in rows(table):
            ids = pa.repeat(pa.scalar(release.release_id), batch.num_rows)
            yield pa.RecordBatch.from_arrays(
                [*map(pa.Array.cast, batch.columns, (f.type for f in schema)), ids], schema=schema
            )

    return pa.RecordBatchReader.from_batches(schema, batches())


def of_releases(releases: Sequence[str]) -> str:
    """Return the condition that a row is of some releases; their names have no quotes (`make_plan`)."""
    return f"{RELEASE_COLUMN} IN ({', '.join(map(repr, releases))})"


def not_installed(library: str, extra: str) -> PolicyError:
    """Return what is told where the library that writes to a place is not there."""
    return PolicyError(
        "load.extra",
        where="--into",
        what=f"{library} is not installed",
        fix=f"install tokumei with its extra: tokumei[{extra}]",
    )


def rows_changed(name: str, there: int, records: int) -> InputError:
    """Return what is told of a table that holds some of a release's rows and not all."""
    return InputError(
        "load.rows",
        where=name,
        what=f"{there:,} of the {records:,} rows of this release are there: somebody changed them",
        fix=f"delete the rows of the release ({RELEASE_COLUMN}), and run the same command again",
    )


def _table(base: str, name: str, told: Mapping[str, Any]) -> LoadableTable:
    parts = tuple((str(part["path"]), str(part["sha256"])) for part in told["files"])
    if any(not path.endswith(f".{DEFAULT_OUTPUT}") for path, _ in parts):
        raise InputError(
            "load.format",
            where=base,
            what=f"the release is not in {DEFAULT_OUTPUT}, the one format that is loaded with its types",
            fix="remove output.format from the policy, and release anew",
        )
    fields = [(column["name"], pa.type_for_alias(column["type"])) for column in told["columns"]]
    return LoadableTable(name=name, records=told["records"], schema=pa.schema(fields), parts=parts)


def _replaced(store: Store, output: str, manifest: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what a release replaces: of those that were loaded, any may never have been cleared away."""
    found: list[str] = []
    for told in manifest.get("replaces", ()):
        name = str(told["release_id"])
        earlier = read_manifest(store, store.join(output, "releases", name))
        found += [name, *(() if earlier is None else _replaced(store, output, earlier))]
    return tuple(dict.fromkeys(found))
