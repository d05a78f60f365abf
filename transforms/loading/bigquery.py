"""Releases in tables of BigQuery: a load into a table beside, then one transaction, once or not at all.

Rows carry the id of their release (`RELEASE_COLUMN`); what this one replaces is deleted in the transaction
that adds it. Jobs are named from release, table and attempt. The service runs a name once: a request whose
answer was lost is the same job when it is repeated, and two commands at once share theirs.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
import re
import tempfile
import unicodedata
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import requests
from google.api_core import exceptions as api
from google.auth import exceptions as auth

from tokumei.schemas.errors import InputError
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
    from google.cloud.bigquery import Client, LoadJob, QueryJob, Table

    Job = LoadJob | QueryJob

_TYPES = {
    "string": "STRING",
    "int64": "INTEGER",
    "double": "FLOAT",
    "bool": "BOOLEAN",
    "date32[day]": "DATE",
    "timestamp[s]": "DATETIME",
}
_LABEL = RELEASE_COLUMN  # of jobs
_KEPT = dt.timedelta(days=1)  # for how long a table beside outlives a command that was killed
_FIRST = 60  # seconds to wait for the first answer
# https://cloud.google.com/bigquery/docs/schemas#flexible-column-names
_SIGNS = "&%=+:'<>#| \t"
_KINDS = ("L", "N", "M", "Pc", "Pd", "Zs")  # of Unicode
_RESERVED = ("_table_", "_file_", "_partition", "_row_timestamp", "__root__", "_colidentifier", "_change_")


def load_into_bigquery(release: Loadable, rows: RowsOf, project: str, dataset: str) -> Iterator[Loaded]:
    """Load each table of a release into the table of its name in a dataset; yield what became of it.

    A table that is missing is made, a dataset is not. What is there already is not loaded again, so that a
    command which was killed, or whose answer was lost, is run again.

    Args:
        release: verified.
        rows: gives the rows of a table, anew whenever it is asked.
        project: holds the dataset, and runs and pays for the jobs.
        dataset: its name.

    Raises:
        PolicyError: google-cloud-bigquery is not installed.
        InputError: the service does not answer or refuses, a name cannot be a column there, or a table there
            has other columns.
    """
    try:
        from google.cloud.bigquery import DEFAULT_RETRY, Client
    except ImportError:
        raise not_installed("google-cloud-bigquery", "bigquery") from None
    for table in release.tables:
        _check_names(f"{project}.{dataset}", table)
    try:
        with Client(project=project) as client:
            asked = client.get_dataset(dataset, retry=DEFAULT_RETRY.with_timeout(_FIRST), timeout=_FIRST)
        with Client(project=project, location=asked.location) as client:  # jobs are found where they run
            for table in release.tables:
                yield _load(client, release, table, rows, _table(client, dataset, table))
    except (api.GoogleAPIError, auth.GoogleAuthError, requests.RequestException) as error:
        raise _refused(f"bigquery://{project}/{dataset}", error) from None


def _check_names(where: str, table: LoadableTable) -> None:
    """Refuse names that BigQuery would refuse, or change at loading.

    Raises:
        InputError: there is one.
    """
    lower = [name.lower() for name in [*table.schema.names, RELEASE_COLUMN]]
    wrong = [name for name in table.schema.names if not _allowed(name) or lower.count(name.lower()) > 1]
    if "." in table.name or wrong:  # the rest of what names a table in a policy is taken
        raise InputError(
            "load.names",
            where=f"{where}.{table.name}",
            what=f"{(wrong or [table.name])[0]!r} cannot be a column or table of BigQuery: in a column's"
            " name only letters, digits, spaces and _ - & % = + : ' < > # | stand, at most 300, no two"
            f" columns differ by case alone, some beginnings and {RELEASE_COLUMN} are taken; a table's has"
            " no dot",
            fix="name it otherwise in the policy, and release anew",
        )


def _allowed(column: str) -> bool:
    kinds = map(unicodedata.category, column)
    taken = column.lower().startswith(_RESERVED) or not 1 <= len(column) <= 300
    return not taken and all(c in _SIGNS or k.startswith(_KINDS) for c, k in zip(column, kinds, strict=True))


def _table(client: Client, dataset: str, table: LoadableTable) -> Table:
    """Return the table that a release's table goes into, made if it is missing.

    Raises:
        InputError: it has other columns.
    """
    from google.cloud.bigquery import SchemaField, Table

    kinds = [*((f.name, _TYPES[str(f.type)]) for f in table.schema), (RELEASE_COLUMN, "STRING")]
    wanted = [SchemaField(name, kind) for name, kind in kinds]
    found = client.create_table(Table(f"{client.project}.{dataset}.{table.name}", wanted), exists_ok=True)
    there = [(field.name, field.field_type, field.mode) for field in found.schema]
    if there != [(name, kind, "NULLABLE") for name, kind in kinds]:
        raise InputError(
            "load.columns",
            where=f"{dataset}.{table.name}",
            what=f"the table's columns are not those of the release and then {RELEASE_COLUMN}, in this order,"
            " of these types and nullable",
            fix="load into another dataset, or change the table to the release's columns first",
        )
    return found


def _load(client: Client, release: Loadable, table: LoadableTable, rows: RowsOf, into: Table) -> Loaded:
    from google.cloud.bigquery import QueryJobConfig

    name, target = f"{into.dataset_id}.{into.table_id}", _quoted(into)
    labels = {_LABEL: re.sub(r"[^a-z0-9_-]", "_", release.release_id.lower())[:63]}
    count = f"SELECT COUNT(*) FROM {target} WHERE {of_releases([release.release_id])}"  # noqa: S608
    ((there,),) = client.query(count, QueryJobConfig(labels=labels)).result()
    if there == table.records:
        return Loaded(table=name, records=there, deleted=0, new=False)
    if there:
        raise rows_changed(name, there, table.records)
    key = "\0".join((into.dataset_id, into.table_id, release.release_id)).encode()
    job = f"tokumei-{hashlib.sha256(key).hexdigest()[:24]}"
    beside = _table_beside(client, into, f"{into.table_id}__{job[8:]}", labels)
    _once(client, f"{job}-load", partial(_upload, client, beside, rows_with_release(release, table, rows)))
    columns = ", ".join(f"`{field.name}`" for field in into.schema)
    script = f"""DECLARE deleted INT64;
BEGIN TRANSACTION;
DELETE FROM {target} WHERE {of_releases([release.release_id, *release.replaces])};
SET deleted = @@row_count;
INSERT INTO {target} ({columns}) SELECT {columns} FROM {_quoted(beside)};
COMMIT TRANSACTION;
SELECT deleted;"""  # noqa: S608
    put = partial(client.query, script, QueryJobConfig(labels=labels), job_retry=None)
    ((deleted,),) = _once(client, f"{job}-put", lambda named: put(job_id=named))
    client.delete_table(beside, not_found_ok=True)
    return Loaded(table=name, records=table.records, deleted=deleted, new=True)


def _table_beside(client: Client, into: Table, name: str, labels: dict[str, str]) -> Table:
    """Return a table that goes away by itself when this command is killed."""
    from google.cloud.bigquery import Table

    beside = Table(f"{into.project}.{into.dataset_id}.{name}", into.schema)
    beside.expires, beside.labels = dt.datetime.now(dt.UTC) + _KEPT, labels
    client.create_table(beside, exists_ok=True)
    client.update_table(beside, ["expires"])  # of one that an earlier command had made
    return beside


def _upload(client: Client, beside: Table, rows: pa.RecordBatchReader, name: str) -> LoadJob:
    """Start the job that fills the table beside with the rows, instead of what is there."""
    from google.cloud.bigquery import LoadJobConfig

    told = LoadJobConfig(
        source_format="PARQUET",
        schema=beside.schema,
        column_name_character_map="V2",  # else letters of Japanese become underscores
        create_disposition="CREATE_NEVER",
        write_disposition="WRITE_TRUNCATE",
        labels=beside.labels,
    )
    with tempfile.TemporaryFile() as file:
        with pq.ParquetWriter(file, rows.schema) as writer:
            for batch in rows:
                writer.write_batch(batch)
        size = file.tell()
        return client.load_table_from_file(
            file, beside.reference, rewind=True, size=size, job_id=name, job_config=told
        )


def _once(client: Client, name: str, start: Callable[[str], Job]) -> Any:
    """Return the result of the first attempt that is not over yet, started if nobody has started it.

    Raises:
        InputError: the job failed; the next command makes the next attempt.
    """
    for attempt in itertools.count(1):
        name_of_attempt = f"{name}-{attempt}"
        try:
            job = client.get_job(name_of_attempt)
        except api.NotFound:
            try:
                job = start(name_of_attempt)
            except api.Conflict:  # somebody else started it, or this command and the answer was lost
                job = client.get_job(name_of_attempt)
        else:
            if job.state == "DONE":
                continue
        try:
            return job.result()
        except api.GoogleAPICallError as error:
            raise _refused(f"job {name_of_attempt}", error) from None
    raise AssertionError  # attempts have no end


def _quoted(table: Table) -> str:
    return f"`{table.project}.{table.dataset_id}.{table.table_id}`"


def _refused(where: str, error: Exception) -> InputError:
    """Return what an error of the service becomes: its reason alone, since its text may quote values."""
    told = (getattr(error, "errors", None) or [{}])[0]
    reason = str(told.get("reason", "")) if isinstance(told, dict) else ""
    return InputError(
        "load.bigquery",
        where=where,
        what="BigQuery refuses, or does not answer:"
        f" {' '.join(filter(None, (type(error).__name__, *re.findall('^[A-Za-z]+$', reason))))}",
        fix="check credentials, dataset and rights there (deploy/README.md#storage) and what BigQuery says of"
        " the job; then run the same command again",
    )
