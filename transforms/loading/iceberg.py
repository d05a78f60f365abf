"""Releases in tables of Apache Iceberg: one transaction a table, which loads a release once or not at all.

Rows carry the id of their release (`RELEASE_COLUMN`), so that what a later one replaces can be deleted, in
the same transaction. The files of a release are copied, never registered: maintenance of a table may delete
its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tokumei.schemas.errors import InputError, TokumeiError
from tokumei.transforms.loading.loadable import (
    RELEASE_COLUMN,
    Loadable,
    LoadableTable,
    Loaded,
    RowsOf,
    not_installed,
    of_releases,
    rows_changed,
    rows_with_release,
)

if TYPE_CHECKING:  # an optional extra
    from pyiceberg.catalog import Catalog
    from pyiceberg.table import Table

_PROPERTY = "tokumei-release-id"  # of each snapshot
_TYPES = {
    "string": "string",
    "int64": "long",
    "double": "double",
    "bool": "boolean",
    "date32[day]": "date",
    "timestamp[s]": "timestamp",
}
_AS_CREATED = {
    # By whole bounds of its column a file is known to be of one release, and is deleted without being read.
    f"write.metadata.metrics.column.{RELEASE_COLUMN}": "full",
    "write.target-file-size-bytes": str(128 << 20),  # of rows in memory, before they are packed
}


def load_into_iceberg(release: Loadable, rows: RowsOf, catalog: str, namespace: str) -> Iterator[Loaded]:
    """Load each table of a release into the table of its name in a namespace; yield what became of it.

    A table that is missing is made. What is there already is not loaded again, so that a command which was
    killed, or whose answer was lost, is run again.

    Args:
        release: verified.
        rows: gives the rows of a table, anew whenever it is asked.
        catalog: its name, by which pyiceberg finds its configuration and credentials.
        namespace: with dots between its levels.

    Raises:
        PolicyError: pyiceberg is not installed.
        InputError: the catalog or its store does not answer, or a table there has other columns.
        TokumeiError: somebody else wrote to a table meanwhile.
    """
    try:
        from pyiceberg.catalog import load_catalog
        from pyiceberg.exceptions import CommitFailedException
    except ImportError:
        raise not_installed("pyiceberg", "iceberg") from None
    at = f"iceberg://{catalog}/{namespace}"
    try:
        opened = load_catalog(catalog)
        opened.create_namespace_if_not_exists(namespace)
        for table in release.tables:
            yield _load(release, table, rows, _table(opened, namespace, table))
    except TokumeiError:
        raise
    except CommitFailedException:
        raise TokumeiError(
            "load.meanwhile",
            where=at,
            what="somebody else wrote to a table meanwhile; nothing of the release was loaded into it",
            fix="run the same command again",
        ) from None
    except Exception as error:  # of the catalog's own client; its text may quote a request
        raise InputError(
            "load.catalog",
            where=at,
            what=f"the catalog or its store refuses, or does not answer: {type(error).__name__}",
            fix="check the configuration of the catalog (.pyiceberg.yaml, PYICEBERG_CATALOG__…) and rights"
            " there; then run the same command again",
        ) from None


def _table(catalog: Catalog, namespace: str, table: LoadableTable) -> Table:
    """Return the table that a release's table goes into, made if it is missing.

    Raises:
        InputError: it has other columns, or is partitioned.
    """
    from pyiceberg.schema import Schema
    from pyiceberg.types import NestedField

    identifier = (*namespace.split("."), table.name)
    wanted = [*((field.name, _TYPES[str(field.type)]) for field in table.schema), (RELEASE_COLUMN, "string")]
    fits = RELEASE_COLUMN not in table.schema.names
    if fits:
        fields = [
            NestedField(field_id=i, name=name, field_type=kind, required=False)
            for i, (name, kind) in enumerate(wanted, 1)
        ]
        found = catalog.create_table_if_not_exists(identifier, Schema(*fields), properties=_AS_CREATED)
        there = [(field.name, str(field.field_type)) for field in found.schema().fields]
        fits = there == wanted and not found.spec().fields
    if not fits:
        raise InputError(
            "load.columns",
            where=".".join(identifier),
            what="the table is partitioned, or its columns are not those of the release and then"
            f" {RELEASE_COLUMN}, in this order and of these types",
            fix="load into another namespace, or change the table to the release's columns first",
        )
    return found


def _load(release: Loadable, table: LoadableTable, rows: RowsOf, into: Table) -> Loaded:
    name = ".".join(into.name())
    there = into.scan(of_releases([release.release_id]), selected_fields=(RELEASE_COLUMN,)).count()
    if there == table.records:
        return Loaded(table=name, records=there, deleted=0, new=False)
    if there:
        raise rows_changed(name, there, table.records)
    replaced = of_releases(release.replaces) if release.replaces else None
    deleted = into.scan(replaced, selected_fields=(RELEASE_COLUMN,)).count() if replaced is not None else 0
    told = {_PROPERTY: release.release_id}
    # Rows that are loaded twice at once must fail, not be added once more: nothing is retried but by whoever
    # looks first. Only this process takes it for a property of the table.
    into.metadata.properties["commit.retry.num-retries"] = "0"
    with into.transaction() as transaction:
        if deleted and replaced is not None:
            transaction.delete(replaced, snapshot_properties=told)
        transaction.append(rows_with_release(release, table, rows), snapshot_properties=told)
    return Loaded(table=name, records=table.records, deleted=deleted, new=True)
