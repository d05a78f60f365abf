"""Folders named by released values: readers of Hive's tables read them, and nothing is lost, added or told."""

import re

import pyarrow as pa
import pyarrow.dataset as ds
import pytest
from support.helpers import KEEP_ALL, policy_of

from tokumei.pipelines.cli import main
from tokumei.schemas.errors import InputError, RequirementError
from tokumei.transforms.release import folders, parts
from tokumei.transforms.release.folders import cut
from tokumei.transforms.release.orphans import find_orphans
from tokumei.transforms.storage.local import LocalStore

SEXES, WARDS = ["男", "女", ""], ["北", "南=1/2", "a%20#?"]
LINES = "id,sex,ward,n\n" + "".join(
    f"p{i},{SEXES[i % 3]},{WARDS[i % 2 + i % 5 // 4]},{i}\n" for i in range(60)
)
COLUMNS = {
    "id": {"drop": True, "because": "試験"},
    "sex": {
        "released_as": "性別",
        "treat": [{"criterion": 4, "method": "rare_categories", "action": "group"}],
    },
    "ward": KEEP_ALL,
    "n": {"type": "integer", **KEEP_ALL},
}


def output(*columns, **more):
    return {"partition_by": list(columns), "rename": True, **more}


@pytest.fixture(scope="module")
def policy():
    return policy_of(COLUMNS, person="id", k=3, output=output("sex", "ward"))


def test_readers_of_hive_read_it(run, policy, capsys):
    done = run(policy, {"data.csv": LINES})
    assert done.status == 0, done.err
    table = done.manifest["tables"]["t"]
    assert table["partition_by"] == ["性別", "ward"]
    assert [c["name"] for c in table["columns"]] == ["性別", "ward", "n"]
    paths = [f["path"] for f in table["files"]]
    assert paths == sorted(paths) and len(paths) == 9 and sum(f["records"] for f in table["files"]) == 60
    assert {p.rsplit("/", 1)[0] for p in paths} == {
        f"data/t/性別={sex}/ward={ward}"
        for sex in ("男", "女", "__HIVE_DEFAULT_PARTITION__")
        for ward in ("北", "南%3D1%2F2", "a%2520%23%3F")
    }
    data = done.release / "data/t"
    assert ds.dataset(next(data.rglob("*.parquet"))).schema.names == ["n"]
    hive = ds.HivePartitioning(pa.schema([("性別", pa.string()), ("ward", pa.string())]))
    rows = ds.dataset(data, partitioning=hive).to_table().to_pylist()
    expected = [line.split(",") for line in LINES.splitlines()[1:]]
    assert sorted((r["n"], r["性別"], r["ward"]) for r in rows) == [
        (int(n), sex or None, ward) for _, sex, ward, n in expected
    ]
    assert main(["verify", str(done.release.parents[1])]) == 0
    assert "whole, 60 records in 9 part(s)" in capsys.readouterr().out
    told = done.report["tables"][0]["order"]
    assert told["order"] == "global" and "「sex」「ward」の公開する値ごとのフォルダ" in told["sentence"]


@pytest.mark.parametrize(
    ("code", "columns", "changes"),
    [
        ("output.partition_column", ["id"], {}),
        ("output.partition_column", ["sex", "sex"], {}),
        ("output.partition_values", ["n"], {"n": {"type": "number", **KEEP_ALL}}),
        (
            "output.partition_values",
            ["id"],
            {"id": {"treat": [{"criterion": 3, "method": "pseudonym", "link": "p"}]}},
        ),
        ("output.partition_all", ["sex", "ward", "n"], {}),
    ],
)
def test_what_can_name_no_folder_is_refused(run, code, columns, changes):
    done = run(
        policy_of({**COLUMNS, **changes}, person="id", k=3, output=output(*columns)), {"data.csv": LINES}
    )
    assert done.status == 2 and f"[{code}]" in done.err and re.search(r"policy.yaml:\d+ ", done.err)


def test_stretches_are_not_cut(run, policy):
    table = {**policy["tables"]["t"], "order": "stretch", "because": "試験"}
    done = run({**policy, "tables": {"t": table}}, {"data.csv": LINES})
    assert done.status == 2 and "[output.partition_order]" in done.err


def rows_of(values, **more):
    return pa.RecordBatch.from_pydict({"v": values, "n": list(range(len(values))), **more})


def test_a_folder_holds_no_label_of_others():
    labels = pa.array(["希少", "多い", "多い"]).dictionary_encode()
    found = dict(cut(rows_of(["a", "b", "b"], label=labels), [("v", "v")]))
    assert found["v=b",]["label"].dictionary.to_pylist() == ["多い"] and found["v=b",]["n"].to_pylist() == [
        1,
        2,
    ]


def test_names_are_safe():
    (((name,), rows),) = cut(rows_of(["../\x00\n'*:[]{}^\"\\\x7f 字"]), [("v", "a/b=c")])
    assert name == "a%2Fb%3Dc=..%2F%00%0A%27%2A%3A%5B%5D%7B%7D%5E%22%5C%7F 字"
    assert rows.schema.names == ["n"]


def test_types_in_names():
    batch = rows_of([1, None], flag=[True, False])
    assert [f for f, _ in cut(batch, [("v", "v"), ("flag", "f")])] == [
        ("v=1", "f=true"),
        ("v=__HIVE_DEFAULT_PARTITION__", "f=false"),
    ]


@pytest.mark.parametrize("value", ["", "__HIVE_DEFAULT_PARTITION__", "字" * 85])
def test_values_that_can_name_no_folder(value):
    with pytest.raises(RequirementError) as caught:
        list(cut(rows_of([value]), [("v", "v")]))
    assert caught.value.code == "output.partition_value" and "字" not in str(caught.value)


def test_many_folders_are_refused():
    batch = rows_of([f"{i // 50}" for i in range(1001)], w=[f"{i % 50}" for i in range(1001)])
    with pytest.raises(RequirementError, match="1,000 folders"):
        list(cut(batch, [("v", "v"), ("w", "w")]))
    assert len(list(cut(batch.slice(1), [("v", "v"), ("w", "w")]))) == folders.MAX_FOLDERS


def test_a_failed_write_names_no_value(run, policy, monkeypatch):
    class Full:
        def __init__(self, store):
            self._store = store

        def __getattr__(self, name):
            return getattr(self._store, name)

        def create(self, uri, data):
            raise InputError("store.failed", where=uri, what="full", fix="space")

    real = parts.open_store
    monkeypatch.setattr(parts, "open_store", lambda uri: Full(real(uri)))
    done = run(policy, {"data.csv": LINES})
    assert done.status == 3 and "[store.failed]" in done.err
    assert "data/t\n" in done.err and "性別=" not in done.err


def test_orphans_in_folders_are_found(tmp_path):
    names = ["性別=男/ward=a%2Fb", "性別=__HIVE_DEFAULT_PARTITION__", "foreign"]
    for name in names:
        folder = tmp_path / "data/t" / name
        folder.mkdir(parents=True)
        (folder / f"part-{'a' * 12}-{'b' * 24}.parquet").touch()
    orphans, others = find_orphans(LocalStore(), str(tmp_path))
    assert {o.file.uri.split("/data/t/")[1].rsplit("/", 1)[0] for o in orphans} == set(names[:2])
    assert [o.attempt for o in orphans] == ["a" * 12] * 2 and len(others) == 1
