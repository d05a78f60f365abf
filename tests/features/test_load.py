"""`tokumei load`: a published release in a table of Iceberg, verified first, once, whole or not at all."""

import datetime as dt
import hashlib
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pyiceberg.catalog
import pytest
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.transforms import IdentityTransform
from support.helpers import KEEP_ALL, policy_of

from tokumei.pipelines.cli import main
from tokumei.schemas.errors import InputError, TokumeiError
from tokumei.transforms.loading.iceberg import load_into_iceberg
from tokumei.transforms.loading.loadable import Loadable, LoadableTable, loadable_rows
from tokumei.transforms.storage.local import LocalStore

INTO = "iceberg://local/agency.members"
POLICY = policy_of(
    {"id": {"drop": True, "because": "試験"}, "sex": KEEP_ALL, "n": {"type": "integer", **KEEP_ALL}},
    source={"expect": {"files": 1}},
    person="id",
    k=3,
    output={"partition_by": ["sex"], "replaces": {"because": "訂正されたため"}},
)


def lines(start):
    return "id,sex,n\n" + "".join(f"p{i},{'男女'[i % 2] if i else ''},{start + i}\n" for i in range(30))


@pytest.fixture
def catalog(tmp_path, monkeypatch):
    warehouse = tmp_path / "warehouse"
    warehouse.mkdir()
    made = SqlCatalog("local", uri=f"sqlite:///{tmp_path}/catalog.db", warehouse=f"file://{warehouse}")
    monkeypatch.setattr(pyiceberg.catalog, "load_catalog", {"local": made}.__getitem__)
    yield made
    made.close()


def loaded(capsys, release):
    capsys.readouterr()
    output = str(release.parents[1])
    return main(["load", output, "--release-id", release.name, "--into", INTO]), *capsys.readouterr()


def rows_in(catalog, table="t"):
    return catalog.load_table(f"agency.members.{table}").scan().to_arrow().to_pylist()


def test_a_release_is_loaded_once_and_replaces_what_it_replaces(run, catalog, capsys):
    first = run(POLICY, {"data.csv": lines(0)})
    assert first.status == 0, first.err
    old = first.release
    assert loaded(capsys, old)[:2] == (0, "agency.members.t: 30 records loaded\n")
    expected = {(("男女"[i % 2] if i else None), i, old.name) for i in range(30)}
    assert {tuple(row.values()) for row in rows_in(catalog)} == expected
    assert loaded(capsys, old)[:2] == (0, "agency.members.t: 30 records are there already\n")
    table = catalog.load_table("agency.members.t")
    assert [s.summary["tokumei-release-id"] for s in table.snapshots()] == [old.name]
    assert table.current_snapshot().summary["added-data-files"] == "1"

    second = run(POLICY, {"data.csv": lines(100)})
    assert second.status == 0, second.err
    (new,) = set(second.releases) - {old}
    status, _, err = loaded(capsys, old)
    assert status == 5 and "[load.withdrawn]" in err
    before = len(table.metadata.metadata_log)
    status, out, _ = loaded(capsys, new)
    assert (status, out) == (0, "agency.members.t: 30 records loaded, 30 of replaced releases deleted\n")
    assert {row["n"] for row in rows_in(catalog)} == set(range(100, 130))
    table = catalog.load_table("agency.members.t")
    assert len(table.metadata.metadata_log) == before + 1  # deleted and added by one commit
    assert table.current_snapshot().summary["total-data-files"] == "1"

    part = next(new.rglob("*.parquet"))
    part.write_bytes(part.read_bytes()[:-1] + b"x")
    status, _, err = loaded(capsys, new)
    assert status == 3 and "[load.damaged]" in err


def test_a_release_in_cloud_storage_is_loaded_from_there(bucket, tmp_path, catalog, capsys):
    (tmp_path / "data.csv").write_text(lines(0))
    (tmp_path / "policy.yaml").write_text(json.dumps(POLICY))
    output = f"{bucket.uri}/out"
    assert main(["anonymize", str(tmp_path / "policy.yaml"), "--output", output, "--release-id", "r1"]) == 0
    assert main(["verify", output]) == 0
    capsys.readouterr()
    assert main(["load", output, "--release-id", "r1", "--into", INTO]) == 0
    assert capsys.readouterr().out == "agency.members.t: 30 records loaded\n"
    assert {(row["sex"], row["n"]) for row in rows_in(catalog)} == {
        ("男女"[i % 2] if i else None, i) for i in range(30)
    }


def test_a_place_that_is_none_is_refused(capsys):
    assert main(["load", "out", "--release-id", "r", "--into", "iceberg://local"]) == 2
    assert "[usage.into]" in capsys.readouterr().err


TABLE = LoadableTable(name="t", records=2, schema=pa.schema([("n", pa.int64())]), parts=())
BATCH = pa.RecordBatch.from_pydict({"n": [1, 2]})


def release(name="r1", *tables, replaces=()):
    return Loadable(release_id=name, base="", replaces=replaces, tables=tables or (TABLE,))


def load(name="r1", *tables, rows=lambda table: iter([BATCH]), replaces=()):
    return [*load_into_iceberg(release(name, *tables, replaces=replaces), rows, "local", "agency.members")]


def test_every_type_is_kept(catalog):
    row = {
        "string": "字",
        "int64": 2**62,
        "double": 0.1,
        "bool": True,
        "date32[day]": dt.date(1850, 1, 2),
        "timestamp[s]": dt.datetime(2024, 4, 1, 12, 34, 56),
    }
    schema = pa.schema([(name, pa.type_for_alias(name)) for name in row])
    batch = pa.RecordBatch.from_pylist([row, dict.fromkeys(row)], schema)
    load("r1", LoadableTable(name="t", records=2, schema=schema, parts=()), rows=lambda table: iter([batch]))
    assert rows_in(catalog) == [{**r, "tokumei_release": "r1"} for r in (row, dict.fromkeys(row))]


def test_of_two_at_once_one_is_told_to_look_again(catalog):
    def meanwhile(table):
        load()
        return iter([BATCH])

    load("r0")
    with pytest.raises(TokumeiError) as caught:
        load(rows=meanwhile)
    assert caught.value.code == "load.meanwhile" and caught.value.status == 1
    assert not load()[0].new and len(rows_in(catalog)) == 4
    assert "commit.retry.num-retries" not in catalog.load_table("agency.members.t").properties


def test_what_breaks_off_loads_nothing(catalog):
    def broken(table):
        yield BATCH
        raise InputError("release.damaged", where="part", what="gone", fix="restore")

    load("r0")
    with pytest.raises(InputError) as caught:
        load(rows=broken, replaces=("r0",))
    assert caught.value.code == "release.damaged"
    assert {row["tokumei_release"] for row in rows_in(catalog)} == {"r0"}
    assert load(replaces=("r0",))[0].deleted == 2
    assert {row["tokumei_release"] for row in rows_in(catalog)} == {"r1"}


def test_a_failing_catalog_is_told_without_its_words(catalog, monkeypatch):
    monkeypatch.setattr(SqlCatalog, "create_namespace", lambda *_: 1 / 0)
    with pytest.raises(InputError) as caught:
        load()
    assert caught.value.code == "load.catalog" and "ZeroDivisionError" in caught.value.what


def test_rows_that_somebody_changed_are_told(catalog):
    load()
    catalog.load_table("agency.members.t").delete("n = 1")
    with pytest.raises(InputError) as caught:
        load()
    assert caught.value.code == "load.rows" and "1 of the 2 rows" in caught.value.what


@pytest.mark.parametrize("change", ["type", "order", "name", "partitioned"])
def test_other_columns_are_refused(catalog, change):
    load()
    schema = {
        "type": pa.schema([("n", pa.string())]),
        "order": pa.schema([("m", pa.int64()), ("n", pa.int64())]),
        "name": pa.schema([("tokumei_release", pa.string())]),
        "partitioned": TABLE.schema,
    }[change]
    if change == "partitioned":
        there = catalog.load_table("agency.members.t")
        spec = PartitionSpec(PartitionField(1, 1000, IdentityTransform(), "n"))
        catalog.create_table("agency.members.p", there.schema(), partition_spec=spec)
    name = "p" if change == "partitioned" else "t"
    with pytest.raises(InputError) as caught:
        load("r2", LoadableTable(name=name, records=2, schema=schema, parts=()))
    assert caught.value.code == "load.columns"


def test_values_in_names_of_folders_are_columns_again(tmp_path):
    folders = ["day=2024-04-01/ward=南%3D1", "day=__HIVE_DEFAULT_PARTITION__/ward=北"]
    parts = []
    for i, folder in enumerate(folders):
        path = tmp_path / "data/t" / folder / "part.parquet"
        path.parent.mkdir(parents=True)
        pq.write_table(pa.table({"n": [i]}), path)
        parts.append((f"data/t/{folder}/part.parquet", hashlib.sha256(path.read_bytes()).hexdigest()))
    schema = pa.schema([("day", pa.date32()), ("n", pa.int64()), ("ward", pa.string())])
    table = LoadableTable(name="t", records=2, schema=schema, parts=tuple(parts))
    assert [r for b in loadable_rows(LocalStore(), str(tmp_path), table) for r in b.to_pylist()] == [
        {"day": dt.date(2024, 4, 1), "n": 0, "ward": "南=1"},
        {"day": None, "n": 1, "ward": "北"},
    ]
    path.write_bytes(b"changed since it was verified")
    with pytest.raises(InputError) as caught:
        list(loadable_rows(LocalStore(), str(tmp_path), table))
    assert caught.value.code == "release.damaged"
