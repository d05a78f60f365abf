"""An input that is replaced while the job runs, with its size and time restored, as `cp -p` and `rsync` do."""

import gzip
import io
import json
import os

import fastavro
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.helpers import QI, policy_of

from tokumei.transforms.stages import profile as pass_1
from tokumei.transforms.stages import recode as pass_2

# The same values in other records: counts, domains and decisions are the same, and so is the size.
WAS = [("男", "1"), ("男", "1"), ("女", "2"), ("女", "2")]
IS = [("女", "1"), ("男", "1"), ("男", "2"), ("女", "2")]
POLICY = {
    "columns": {
        "sex": {"treat": [{**QI, "hierarchy": {"kind": "suppress"}}]},
        "b": {"keep": True, "because": "試験"},
    },
}


def csv(rows):
    return ("sex,b\n" + "".join(f"{sex},{b}\n" for sex, b in rows)).encode()


def jsonl(rows):
    return "".join(json.dumps({"sex": sex, "b": b}) + "\n" for sex, b in rows).encode()


def gz(rows):
    return gzip.compress(csv(rows), compresslevel=0, mtime=0)


def parquet(rows):
    sink = io.BytesIO()
    table = pa.table({name: [row[i] for row in rows] for i, name in enumerate(("sex", "b"))})
    pq.write_table(table, sink, use_dictionary=False, compression="none", row_group_size=2)
    return sink.getvalue()


def avro(rows):
    sink = io.BytesIO()
    fields = [{"name": name, "type": "string"} for name in ("sex", "b")]
    schema = {"type": "record", "name": "R", "fields": fields}
    fastavro.writer(sink, schema, [{"sex": sex, "b": b} for sex, b in rows], sync_marker=b"0123456789abcdef")
    return sink.getvalue()


FORMATS = {"csv": csv, "csv.gz": gz, "jsonl": jsonl, "parquet": parquet, "avro": avro}


def replaced_in(monkeypatch, stage, step, path, content):
    """When a step is reached, the file gets other content of the same size, and its times back."""
    real = getattr(stage, step)

    def meddle(*args, **kwargs):
        before = path.stat()
        path.write_bytes(content)
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        after = path.stat()
        assert (after.st_size, after.st_mtime_ns) == (before.st_size, before.st_mtime_ns)
        return real(*args, **kwargs)

    monkeypatch.setattr(stage, step, meddle)


def policy_for(kind, **more):
    return policy_of(POLICY["columns"], path=f"data.{kind}", source={"format": kind.split(".")[0]}, **more)


@pytest.mark.parametrize(("stage", "step"), [(pass_1, "fit"), (pass_2, "choose")], ids=["pass 1", "pass 2"])
@pytest.mark.parametrize("kind", FORMATS)
def test_a_file_replaced_after_a_pass_is_refused_in_the_next(run, tmp_path, monkeypatch, kind, stage, step):
    content = FORMATS[kind]
    replaced_in(monkeypatch, stage, step, tmp_path / f"data.{kind}", content(IS))
    done = run(policy_for(kind), {f"data.{kind}": content(WAS)}, args=["--json"])
    assert done.status == 3
    error = json.loads(done.err)
    assert error["code"] == "input.changed" and error["where"].endswith(f"/data.{kind}")
    assert not list(done.root.glob("releases/*/manifest.json"))


@pytest.mark.parametrize("kind", FORMATS)
def test_a_file_replaced_by_its_own_content_is_released(run, tmp_path, monkeypatch, kind):
    content = FORMATS[kind](WAS)
    replaced_in(monkeypatch, pass_1, "fit", tmp_path / f"data.{kind}", content)
    assert run(policy_for(kind), {f"data.{kind}": content}).status == 0


def test_codes_replaced_before_people_are_counted_are_refused(run, tmp_path, monkeypatch):
    """The person column is read a second time before anything is decided."""
    policy = policy_of(
        {
            "id": {"treat": [{"criterion": 3, "method": "pseudonym", "link": "m"}]},
            "b": {"keep": True, "because": "試験"},
        },
        person="id",
        rows="several",
    )
    data = tmp_path / "data.csv"
    replaced_in(monkeypatch, pass_1, "tables_to_count", data, b"id,b\n1,x\n2,x\n3,x\n")
    done = run(policy, {"data.csv": b"id,b\n1,x\n1,x\n2,x\n"}, args=["--json"])
    assert (done.status, json.loads(done.err)["code"]) == (3, "input.changed")


def test_the_same_holds_for_a_population(run, tmp_path, monkeypatch):
    """It is read twice where another column of the table can drop records."""
    policy = policy_for("csv")
    table = policy["tables"]["t"]
    table["population"] = {"source": {"path": "all.csv", "format": "csv"}}
    table["columns"]["b"] = {
        "treat": [{"criterion": 4, "method": "rare_values", "values": ["9"], "action": "record"}]
    }
    policy["requirements"]["models"] = [{"model": "k_map", "k": 3}]
    was, now = ("sex\n" + "".join(f"{sex}\n" for sex in sexes) for sexes in ("男女男女男女", "男男男女女女"))
    replaced_in(monkeypatch, pass_1, "fit", tmp_path / "all.csv", now.encode())
    done = run(policy, {"data.csv": csv(WAS), "all.csv": was.encode()}, args=["--json"])
    error = json.loads(done.err)
    assert (done.status, error["code"]) == (3, "input.changed") and error["where"].endswith("/all.csv")
