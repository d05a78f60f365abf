"""A policy in Cloud Storage: what it names by relative paths lies beside it, as on a local disk."""

import json
from collections import Counter

import pytest
from support.helpers import Outcome, policy_of

from tokumei.pipelines.cli import main
from tokumei.schemas.errors import PolicyError
from tokumei.transforms.storage import gcs
from tokumei.transforms.storage.policy_folder import folder_of, locate

KEEP = {"keep": True, "because": "試験"}
COLUMNS = {
    "id": {"treat": [{"criterion": 3, "method": "pseudonym", "link": "x"}]},
    "town": {
        "treat": [
            {"criterion": 5, "method": "generalize", "hierarchy": {"kind": "file", "path": "levels/town.csv"}}
        ]
    },
    "n": {"type": "integer", **KEEP},
}
DATA = "id,town,n\n" + "".join(f"CANARY{i},{'北南'[i % 2]}町,{i}\n" for i in range(20))
LEVELS = "北町;県;*\n南町;県;*\n"
POLICY = policy_of(COLUMNS, path="../in/*.csv", person="id", output={"directory": "../out"})
FILES = {"in/a.csv": DATA, "policies/levels/town.csv": LEVELS, "policies/p.yaml": json.dumps(POLICY)}


@pytest.fixture
def go(bucket, tmp_path, capsys):
    def run(job="anonymize", policy="policies/p.yaml", *args):
        capsys.readouterr()
        status = main([job, f"{bucket.uri}/{policy}", *args])
        out, err = capsys.readouterr()
        assert "CANARY" not in out + err and "Traceback" not in err
        bucket.copy_to(tmp_path)
        return Outcome(status, out, err, tmp_path / "out")

    for name, content in FILES.items():
        bucket.put(name, content)
    return run


def refused(done, code, status, where):
    assert (done.status, done.out) == (status, "") and f"error [{code}] " in done.err, done.err
    assert where in done.err.splitlines()[0] and done.err.count("\n") == 3
    assert not list(done.root.rglob("*"))


def test_policy_hierarchy_source_and_output_are_found_beside_it(go, run, tmp_path):
    checked, done = go("check"), go()
    assert checked.status == done.status == 0, checked.err + done.err
    assert "already released" in go().out
    local = tmp_path / "local"
    here = run(local / "policies" / "p.yaml", {f"local/{n}": c for n, c in FILES.items()}, output="local/out")
    assert here.status == 0, here.err
    assert done.report["tables"] == here.report["tables"]
    assert Counter((r["town"], r["n"]) for r in done.rows()) == Counter(
        (r["town"], r["n"]) for r in here.rows()
    )


@pytest.mark.parametrize("policy", ["policies/none.yaml", "policies"])
def test_a_policy_that_is_not_there(go, bucket, policy):
    refused(go("anonymize", policy), "policy.missing", 2, f"{bucket.uri}/{policy}")


def test_what_is_wrong_in_the_policy_is_told_with_its_line(go, bucket):
    bucket.put("policies/p.yaml", json.dumps(POLICY, indent=1).replace('"person"', '"persons"'))
    done = go("check")
    assert done.status == 2 and f"{bucket.uri}/policies/p.yaml:" in done.err and "persons" in done.err


def test_data_given_as_a_policy_is_not_read_whole(go, bucket):
    bucket.put("policies/p.yaml", "#" * (1 << 20) + "x" * (64 << 10))
    refused(go(), "policy.size", 2, "p.yaml")


def test_a_hierarchy_that_is_not_there(go, bucket):
    gcs.GcsStore().delete(f"{bucket.uri}/policies/levels/town.csv")
    refused(go(), "hierarchy.file", 2, "tables.t.columns.town.treat[0] (town.csv)")


def test_a_table_of_a_hierarchy_is_found_beside_it(go, bucket):
    table = {"path": "levels/t*.csv", "format": "csv", "header": False, "delimiter": ";"}
    by_table = {"kind": "table", "source": table, "columns": ["town", "prefecture", "all"]}
    policy = json.loads(json.dumps(POLICY))
    policy["tables"]["t"]["columns"]["town"]["treat"][0]["hierarchy"] = by_table
    bucket.put("policies/p.yaml", json.dumps(policy).encode())
    assert go("check").status == 0
    gcs.GcsStore().delete(f"{bucket.uri}/policies/levels/town.csv")
    refused(
        go(), "hierarchy.table", 2, "tables.t.columns.town.treat[0].hierarchy.source.path (levels/t*.csv)"
    )


def test_a_policy_that_may_not_be_read(go, bucket):
    bucket.proxy.fault("stat", "403", name="p.yaml", times=1000)
    done = go()
    refused(done, "policy.missing", 2, "p.yaml")
    assert "storage.objects.get" in done.err


def test_a_storage_that_does_not_answer_is_no_fault_of_the_policy(go, bucket, monkeypatch):
    monkeypatch.setattr(gcs, "_RETRY", gcs._RETRY.with_timeout(0.5))
    bucket.proxy.fault("stat", "503", name="p.yaml", times=1000)
    refused(go(), "store.unavailable", 3, "p.yaml")


def test_another_store():
    assert main(["anonymize", "s3://bucket/p.yaml"]) == 2


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("a.csv", "gs://b/x/y/a.csv"),
        ("./h/a[0-9]?.csv", "gs://b/x/y/h/a[0-9]?.csv"),
        ("../a.csv", "gs://b/x/a.csv"),
        ("../../a/../*.csv", "gs://b/*.csv"),
        ("gs://c/a.csv", "gs://c/a.csv"),
        ("/etc/a.csv", "/etc/a.csv"),
    ],
)
def test_where_paths_lead(path, place):
    assert locate(folder_of("gs://b/x/y/p.yaml"), path) == place


def test_where_local_paths_lead(tmp_path):
    folder = folder_of(str(tmp_path / "p.yaml"))
    assert locate(folder, "h.csv") == str(tmp_path / "h.csv")
    assert locate(folder, "/h.csv") == "/h.csv"
    assert locate(folder, "gs://b/h.csv") == "gs://b/h.csv"


def test_no_path_leads_out_of_the_bucket():
    assert locate(folder_of("gs://b/p.yaml"), "a.csv") == "gs://b/a.csv"
    with pytest.raises(PolicyError) as error:
        locate("gs://b/x", "../../a.csv")
    assert error.value.code == "policy.path" and "gs://" in error.value.fix
