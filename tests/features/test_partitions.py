"""Columns in the names of folders: typed by declaration, checked like others, for every format."""

import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.helpers import policy_of
from support.refusals import CANARY, refused
from support.workbooks import book_of

from tokumei.schemas.source import Source
from tokumei.transforms.formats.partitions import partitions

KEEP = {"keep": True, "because": "試験"}
COLUMNS = {"id": KEEP, "year": {"type": "integer", **KEEP}, "区": KEEP}
FOLDERS = ["year=2023/区=北", "year=2024/区=%E5%8D%97%3D1", "year=2024/区=__HIVE_DEFAULT_PARTITION__"]
VALUES = [(2023, "北"), (2024, "南=1"), (2024, None)]


def content(kind, names):
    match kind:
        case "csv":
            return "id\n" + "".join(f"{n}\n" for n in names)
        case "jsonl":
            return "".join(json.dumps({"id": n}) + "\n" for n in names)
        case "xlsx":
            return book_of([["id"], *([n] for n in names)])
        case "fixed":
            return "".join(f"{n:3}\n" for n in names)
    sink = io.BytesIO()
    pq.write_table(pa.table({"id": names}), sink)
    return sink.getvalue()


def laid(kind, folders=FOLDERS):
    return {f"s/{f}/part.{kind}": content(kind, [f"{i}a", f"{i}b"]) for i, f in enumerate(folders)}


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet", "xlsx", "fixed"])
def test_partition_columns_are_columns(run, kind):
    source = {"format": kind, **({"widths": {"id": 3}} if kind == "fixed" else {})}
    done = run(policy_of(COLUMNS, source=source, path=f"s/year=*/区=*/*.{kind}"), laid(kind))
    assert done.status == 0, done.err
    rows = sorted((row["id"], row["year"], row["区"]) for row in done.rows())
    assert rows == [(f"{i}{c}", *VALUES[i]) for i in range(3) for c in "ab"]


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_a_partition_that_is_not_declared_stops_the_run(run, kind):
    columns = {name: column for name, column in COLUMNS.items() if name != "区"}
    policy = policy_of(columns, source={"format": kind}, path=f"s/*/*/*.{kind}")
    refused(run, policy, laid(kind), "input.columns", "not declared: 区")


def test_a_partition_that_is_missing_or_twice_stops_the_run(run):
    files = laid("csv", ["year=2023/区=北", "year=2024/x"])
    refused(run, policy_of(COLUMNS, path="s/*/*/*.csv"), files, "input.columns", "missing: 区")
    files = {"s/year=2023/区=北/part.csv": f"id,year\n1,{CANARY}\n"}
    refused(run, policy_of(COLUMNS, path="s/*/*/*.csv"), files, "input.columns", "twice: year")


def test_values_are_typed_and_null_as_declared(run, tmp_path):
    files = laid("csv", ["year=two/区=北"])
    refused(run, policy_of(COLUMNS, path="s/*/*/*.csv"), files, "input.rejects", "t.year: integer (2)")
    policy = policy_of(COLUMNS, path="s/*/*/*.csv", source={"null_values": ["不明"]})
    (tmp_path / "s/year=two/区=北/part.csv").unlink()
    done = run(policy, laid("csv", ["year=不明/区=北"]))
    assert {(row["year"], row["区"]) for row in done.rows()} == {(None, "北")}


def test_one_partition_named_by_the_path(run):
    done = run(policy_of(COLUMNS, path="s/year=2024/区=*/*.csv"), laid("csv"))
    assert {(row["year"], row["区"]) for row in done.rows()} == {*VALUES[1:]}


def test_only_folders_of_the_path_count():
    def of(path, uri):
        return partitions(Source(path=path, format="csv"), uri)

    assert of("data.csv", "/x/run=5/data.csv") == of("./data.csv", "/x/run=5/./data.csv") == {}
    assert of("run=5/*.csv", "/x/y=1/run=5/data.csv") == {"run": "5"}
    assert of("gs://b/a=1/*/*.csv", "gs://b/a=1/b=%2F/c=3.csv") == {"a": "1", "b": "/"}
    assert of("*/=x/y=/*", "/p/q/=x/y=/z") == {"y": None}
