"""The whole job on Cloud Storage, with requests that are refused, lost, cut off and overtaken by others."""

import hashlib
import io
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
import zipfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from support.helpers import DOCUMENTS, Outcome, policy_of
from support.workbooks import book_of

from tokumei.pipelines.cli import main
from tokumei.transforms.register import books as register
from tokumei.transforms.release import attempt, publish
from tokumei.transforms.release.attempt import Standing
from tokumei.transforms.storage import gcs, ledger

ROOT = Path(__file__).parents[2]
CANARY = "CANARY7"
KILLED = f"data/t/part-deadbeef0000-{7:024x}.parquet"
KEEP = {"keep": True, "because": "試験"}
COLUMNS = {
    "id": {"treat": [{"criterion": 3, "method": "pseudonym", "link": "x"}]},
    "sex": {"treat": [{"criterion": 5, "method": "generalize", "hierarchy": {"kind": "suppress"}}]},
    "n": {"type": "integer", **KEEP},
}
RECORDS = [{"id": f"{CANARY}-{i}", "sex": "男女"[i % 2], "n": i} for i in range(60)]


def packed(records, file_format):
    sink, table = io.BytesIO(), pa.Table.from_pylist(records)
    (pq.write_table if file_format == "parquet" else pa.csv.write_csv)(table, sink)
    return sink.getvalue()


@pytest.fixture
def job(bucket, tmp_path, capsys):
    """Run the command on three CSV files in the bucket, and bring what it published here."""
    for i in range(3):
        bucket.put(f"in/part{i}.csv", packed(RECORDS[i::3], "csv"))

    def go(*args, policy=None, output="out", name="anonymize"):
        path = tmp_path / "policy.yaml"
        given = policy or policy_of(COLUMNS, path=f"{bucket.uri}/in/*.csv", person="id")
        path.write_text(json.dumps(given, ensure_ascii=False))
        capsys.readouterr()
        where = ["--output", f"{bucket.uri}/{output}"] if name == "anonymize" else []
        status = main([name, str(path), *where, *args])
        out, err = capsys.readouterr()
        assert CANARY not in out + err and "HIMITSU" not in err and "Traceback" not in err
        done = Outcome(status, out, err, tmp_path / f"copy{time.monotonic_ns()}" / output)
        bucket.copy_to(done.root.parent, f"{output}/")
        return done

    return go


def assert_whole(done, records=RECORDS):
    """The release is complete, lists all that is there, and is entered in the register once."""
    assert done.status == 0, done.err
    assert sorted(row["n"] for row in done.rows()) == sorted(r["n"] for r in records)
    assert len({row["id"] for row in done.rows()}) == len(records)
    listed = {f["path"]: f["sha256"] for f in done.manifest["tables"]["t"]["files"]}
    found = {
        str(p.relative_to(done.release)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in (done.release / "data").rglob("*")
        if p.is_file()
    }
    assert found == listed
    for name, digest in done.manifest["documents"].items():
        assert hashlib.sha256((done.release / name).read_bytes()).hexdigest() == digest
    (entry,) = json.loads((done.root / "register" / "entries.json").read_text())
    assert entry["release_id"] == done.manifest["release_id"]


def assert_nothing(done, code, status=3):
    assert done.status == status and f"[{code}]" in done.err, done.err
    assert done.err.count("error [") == 1 and not [p for p in done.root.rglob("*") if p.is_file()]


@pytest.mark.parametrize(
    ("input_format", "output_format"), [("csv", "parquet"), ("parquet", "avro"), ("parquet", "csv")]
)
def test_globs_in_and_a_release_out_twice(job, bucket, input_format, output_format):
    for i in range(3):
        bucket.put(f"in/a/x{i}.{input_format}", packed(RECORDS[i::3], input_format))
    bucket.put(f"in/a/.hidden.{input_format}", b"not read")
    bucket.put(f"in/a/deeper/x.{input_format}", b"not read")
    source = {"path": f"{bucket.uri}/in/?/x[0-2].{input_format}", "format": input_format}
    policy = policy_of(COLUMNS, source=source, person="id", output={"format": output_format})
    done = job(policy=policy)
    assert_whole(done)
    before = bucket.generations()
    assert {
        re.sub(r"[-./][0-9a-f]{8,}[^.]*", "#", n.split("/")[-1]) for n in before if n.startswith("out/")
    } == {
        f"part#.{output_format}",
        *DOCUMENTS,
        "manifest.json",
        *("book.json", "entries.json", "entries.avro", "entries.csv", "index.html"),
        "releases.json",
    }
    again = job(policy=policy)
    assert again.status == 0 and "already released" in again.out
    assert bucket.generations() == before
    assert job(policy=policy, name="check").status == 0


@pytest.mark.parametrize("name, kind", [("zip", "csv"), ("parquet", "parquet"), ("xlsx", "xlsx")])
def test_folders_are_columns_and_packed_files_are_read(job, bucket, name, kind):
    for i in range(3):
        rows = RECORDS[i::3]
        data = (
            packed(rows, kind) if kind != "xlsx" else book_of([[*RECORDS[0]], *([*r.values()] for r in rows)])
        )
        if name == "zip":
            sink = io.BytesIO()
            with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as out:
                out.writestr("part.csv", data)
            data = sink.getvalue()
        bucket.put(f"p/year={2020 + i}/place=%E5%8C%97/part.{name}", data)
    columns = {**COLUMNS, "year": {"type": "integer", **KEEP}, "place": KEEP}
    path = f"{bucket.uri}/p/year=*/place=*/*.{name}"
    done = job(policy=policy_of(columns, path=path, person="id", source={"format": kind}))
    assert_whole(done)
    assert {(r["year"] - 2020, r["place"]) for r in done.rows()} == {(i, "北") for i in range(3)}
    assert all(r["year"] == 2020 + r["n"] % 3 for r in done.rows())


def test_local_files_and_gs_files_give_the_same_release(job, run):
    done = job()
    here = run(
        policy_of(COLUMNS, path="in/*.csv", person="id"),
        {f"in/part{i}.csv": packed(RECORDS[i::3], "csv") for i in range(3)},
    )
    assert Counter((r["sex"], r["n"]) for r in done.rows()) == Counter(
        (r["sex"], r["n"]) for r in here.rows()
    )
    assert done.report["tables"] == here.report["tables"]


def test_the_same_bytes_written_again_are_the_same_work(job, bucket):
    first = job()
    bucket.put("in/part0.csv", packed(RECORDS[0::3], "csv"))  # another generation
    bucket.put("in/part1.csv", packed(RECORDS[2::3], "csv"))  # and two that change their names
    bucket.put("in/part2.csv", packed(RECORDS[1::3], "csv"))
    again = job()
    assert again.status == 0 and "already released" in again.out and again.manifest == first.manifest


def test_an_input_replaced_is_other_work_and_refused_under_the_same_id(job, bucket):
    first = job("--release-id", "x")
    before = bucket.generations("out/")
    bucket.put("in/part0.csv", packed(RECORDS[1::3], "csv"))
    other = job("--release-id", "x")
    assert (first.status, other.status) == (0, 5) and "release.taken" in other.err
    assert bucket.generations("out/") == before


@pytest.mark.parametrize(
    ("change", "at"), [("replaced", "header"), ("replaced", "pass"), ("grown", "pass"), ("gone", "pass")]
)
def test_an_input_replaced_while_the_job_reads_stops_it(job, bucket, change, at):
    """Reads are of the generation that was planned: half of one and half of another is never released."""

    def meddle():
        if change == "gone":
            gcs.GcsStore().delete(f"{bucket.uri}/in/part1.csv")
        else:
            records = RECORDS[1::3] * (2 if change == "grown" else 1)
            bucket.put("in/part1.csv", packed(records, "csv"))

    bucket.proxy.fault("download", meddle, name="in/part1.csv", skip=0 if at == "header" else 2)
    done = job()
    assert bucket.proxy.faults[0].struck == 1
    assert_nothing(done, "store.missing" if "store.missing" in done.err else "input.changed")
    assert "part1.csv" in done.err


def test_two_runs_of_the_same_work_at_once_publish_one_release(job, bucket):
    """The other run gets in between this one's last look and its manifest."""
    others = []
    bucket.proxy.fault("create", lambda: others.append(job()), name="manifest.json")
    late = job()
    (first,) = others
    assert (first.status, late.status) == (0, 0)
    assert 412 in bucket.proxy.statuses("create", "manifest.json")
    assert late.manifest == first.manifest
    assert_whole(late)


@pytest.mark.parametrize("first", ["publish", "cancel"])
def test_an_attempt_comes_to_what_was_decided_first_though_the_answer_is_lost(
    job, bucket, monkeypatch, first
):
    lost, found = bucket.proxy.fault("create", "lost", name="/attempt-"), []

    def decide(plan, store, wanted):
        if first == "cancel":
            found.append(attempt.cancel(plan))
        won = attempt.decide(plan, store, wanted)
        found.append(attempt.cancel(plan))
        return won

    monkeypatch.setattr(publish, "decide", decide)
    done = job()
    assert lost.struck == 1 and 412 in bucket.proxy.statuses("create", "/attempt-")
    if first == "cancel":
        assert done.status == 1 and "[run.cancelled]" in done.err and set(found) == {Standing.CANCELLED}
        assert not [name for name in bucket.generations("out/releases") if "manifest" in name]
    else:
        assert done.status == 0 and found == [Standing.PUBLISHING], done.err
    assert not [name for name in bucket.generations("out/releases") if "/attempt-" in name]


def test_the_id_taken_by_other_work_in_the_last_moment(job, bucket):
    policy = policy_of(COLUMNS, path=f"{bucket.uri}/in/part0.csv", person="id")
    others = []
    bucket.proxy.fault(
        "create", lambda: others.append(job("--release-id", "x", policy=policy)), name="manifest.json"
    )
    late = job("--release-id", "x")
    (first,) = others
    assert late.status == 5 and "release.taken" in late.err
    assert_whole(first, RECORDS[0::3])
    assert late.manifest == first.manifest
    assert {p.name for p in late.release.rglob("part-*")} == {p.name for p in first.release.rglob("part-*")}


def test_publishers_at_once_lose_no_register_entry(job, bucket, monkeypatch):
    """Four releases come to the same book; whoever comes late reads again, and nobody is lost or doubled."""
    assert job("--release-id", "r0").status == 0
    real, gate, waiting = ledger.swap, threading.Barrier(4), threading.local()

    def together(store, uri, change):
        def meet(before):
            if uri.endswith("book.json") and not getattr(waiting, "met", False):
                waiting.met = True
                gate.wait(30)  # all have read the same book
            return change(before)

        return real(store, uri, meet)

    base = register.Book.model_validate_json(bucket.get("out/register/book.json"))
    (entry,) = base.current
    monkeypatch.setattr(ledger, "swap", together)
    store, where = gcs.GcsStore(), f"{bucket.uri}/out/register"
    entries = [entry.model_copy(update={"release_id": f"r{i}"}) for i in range(1, 5)]
    threads = [threading.Thread(target=register.add_entry, args=(store, where, e)) for e in entries]
    [t.start() for t in threads]
    [t.join() for t in threads]
    book = register.Book.model_validate_json(bucket.get("out/register/book.json"))
    assert sorted(e.release_id for e in book.entries) == ["r0", "r1", "r2", "r3", "r4"]
    assert sorted(e.version for e in book.entries) == [1, 2, 3, 4, 5]
    (shown,) = json.loads(bucket.get("out/register/entries.json"))
    assert (shown["version"], shown["release_id"]) == (5, book.current[0].release_id)
    assert bucket.proxy.statuses("create", "book.json").count(412) >= 3


WRITTEN = ("part-", "documents/", "x/manifest.json", "x/report.json", "book.json", "index.html")


@pytest.mark.parametrize("action", ["503", "reset", "lost", "done-reset", "truncated"])
def test_every_kind_of_request_fails_once_and_the_release_is_whole(job, bucket, action):
    """What was written although the answer was lost is found to be one's own: no double, no conflict."""
    bucket.put(f"out/releases/x/{KILLED}", "left by a killed run")
    faults = [bucket.proxy.fault(kind, action) for kind in ("list", "stat", "delete")]
    faults += [
        bucket.proxy.fault("download", action, name=name) for name in ("in/", "book.json", "documents/")
    ]
    faults += [bucket.proxy.fault("create", action, name=name) for name in WRITTEN]
    assert_whole(job("--release-id", "x"))
    assert {fault.struck for fault in faults} == {1}
    met_ourselves = bucket.proxy.statuses("create").count(412)
    assert met_ourselves == (0 if action in {"503", "reset"} else len(WRITTEN))


def test_a_denied_create_is_found_before_the_work(job, bucket, monkeypatch):
    from tokumei.transforms.stages import anonymize

    monkeypatch.setattr(anonymize, "build", lambda *_: pytest.fail("the work has begun"))
    bucket.proxy.fault("begin", "403", times=1000)
    done = job()
    assert_nothing(done, "store.permission")
    assert "storage.objects.create" in done.err


@pytest.mark.parametrize("name", ["part-", "manifest.json"])
def test_a_denied_create_leaves_nothing(job, bucket, name):
    bucket.proxy.fault("create", "403", name=name, times=1000)
    done = job()
    assert_nothing(done, "store.permission")
    assert "give this account storage.objects.create" in done.err and name in done.err


@pytest.mark.parametrize("harm", ["missing", "altered"])
def test_a_part_that_is_not_as_it_was_written_is_not_published(job, bucket, monkeypatch, harm):
    """Cloud Storage is asked for the checksum; no part is fetched."""
    real = publish.check_parts

    def damage(store, parts):
        part, *_ = parts = list(parts)
        name = part.uri.removeprefix(f"{bucket.uri}/")
        size = len(bucket.get(name))
        if harm == "altered":
            bucket.put(name, b"?" * size)
        else:
            store.delete(part.uri)
        return real(store, parts)

    monkeypatch.setattr(publish, "check_parts", damage)
    assert_nothing(job(), "verification.parts", status=4)


@pytest.mark.parametrize("kind", ["list", "download"])
def test_a_denied_read_is_named(job, bucket, kind):
    bucket.proxy.fault(kind, "403", times=1000)
    done = job()
    assert_nothing(done, "store.permission")
    assert "storage.objects.get" in done.err


def test_an_account_that_may_only_create(job, bucket):
    """It can neither remove what a killed run left nor its own parts, and publishes all the same."""
    bucket.proxy.fault("delete", "403", times=1000)
    bucket.put(f"out/releases/x/{KILLED}", "left by a killed run")
    done = job("--release-id", "x")
    assert done.status == 0, done.err
    assert sorted(row["n"] for row in done.rows()) == list(range(60))
    assert bucket.proxy.faults[0].struck and (done.release / KILLED).exists()
    assert job("--release-id", "x").status == 0


def test_a_register_that_may_not_be_written_is_completed_by_the_next_run(job, bucket):
    bucket.proxy.fault("create", "403", name="register/book.json", times=1000)
    died = job("--release-id", "x")
    assert died.status == 3 and "store.permission" in died.err and "book.json" in died.err
    assert (died.release / "manifest.json").exists() and not (died.root / "register/book.json").exists()
    bucket.proxy.clear()
    again = job("--release-id", "x")
    assert "already released" in again.out
    assert_whole(again)


@pytest.mark.parametrize("place", ["input", "glob", "output"])
def test_a_missing_bucket_is_said_before_anything_is_done(job, bucket, place):
    gone = f"{bucket.uri}-gone"
    path = {"input": f"{gone}/in/part0.csv", "glob": f"{gone}/in/*.csv", "output": f"{bucket.uri}/in/*.csv"}
    args = ["--output", gone] if place == "output" else []
    done = job(*args, policy=policy_of(COLUMNS, path=path[place], person="id"))
    assert_nothing(done, "store.missing")
    assert "bucket" in done.err and gone in done.err
    assert "create" not in {kind for kind, _, _ in bucket.proxy.requests}
    if place == "output":
        assert {name for kind, name, _ in bucket.proxy.requests if kind == "download"} <= {
            f"in/part{i}.csv" for i in range(3)
        }


def test_a_server_that_stays_away_ends_the_run(job, bucket, monkeypatch):
    monkeypatch.setattr(gcs, "_RETRY", gcs._RETRY.with_timeout(0.5))
    bucket.proxy.fault("create", "503", name="part-", times=1000)
    done = job()
    assert_nothing(done, "store.unavailable")
    assert "run the same command again" in done.err


def alone(tmp_path, metadata):
    """Run the command in a process of its own, without the emulator and without credentials."""
    (tmp_path / "policy.yaml").write_text(
        json.dumps(policy_of(COLUMNS, path="gs://bucket/a.csv", person="id"))
    )
    output = ["--output", "gs://b/o"]
    command = [sys.executable, "-m", "tokumei.pipelines.anonymize", str(tmp_path / "policy.yaml"), *output]
    taken = {"STORAGE_EMULATOR_HOST", "GOOGLE_APPLICATION_CREDENTIALS"}
    env = {k: v for k, v in os.environ.items() if k not in taken}
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        if metadata == "silent":
            server.listen()
        place = f"127.0.0.1:{server.getsockname()[1]}"
        env |= {"CLOUDSDK_CONFIG": str(tmp_path), "GCE_METADATA_IP": place, "GCE_METADATA_HOST": place}
        begun = time.monotonic()
        done = subprocess.run(
            command, check=False, cwd=ROOT, capture_output=True, text=True, timeout=100, env=env
        )
    return done, time.monotonic() - begun


@pytest.fixture(scope="module", autouse=True)
def begun(request, tmp_path_factory):
    """Runs that only wait for a metadata server: begun with the first test, asked for by the last."""
    asked = [i for i in request.session.items if i.originalname == "test_without_credentials_it_is_said_soon"]
    with ThreadPoolExecutor() as pool:
        kinds = [item.callspec.params["metadata"] for item in asked]
        yield {kind: pool.submit(alone, tmp_path_factory.mktemp(kind), kind) for kind in kinds}


@pytest.mark.parametrize("metadata", ["silent", "closed"])
def test_without_credentials_it_is_said_soon(begun, metadata):
    """Where a metadata server should be nobody answers, or nobody listens."""
    done, seconds = begun[metadata].result()
    assert (done.returncode, done.stdout) == (3, "")
    assert "[store.credentials]" in done.stderr and "gcloud auth" in done.stderr
    assert done.stderr.count("\n") == 3 and "Traceback" not in done.stderr
    assert seconds < 30
