"""Flink in particular: the work is shared, and what is killed in the middle leaves one whole release."""

import json
import secrets
from dataclasses import replace
from pathlib import Path

import fastavro
import pyarrow as pa
import pyarrow.csv
from engines.flink_run import (
    SUBTASKS,
    kill_task_manager,
    kill_worker,
    log_of,
    options,
    restarts,
    run_and_break,
    shares,
)
from engines.one_job import anonymize, check_same, no_value_in, write_input


def anonymize_and_break(folder, state, kill):
    write_input(folder)
    before = restarts(state)
    run = options(state, SUBTASKS)
    done = run_and_break(folder / "out", lambda: anonymize(folder, run), lambda: kill(state))
    assert restarts(state) > before
    no_value_in(done, state["run"])
    return done


def test_both_task_managers_read_records_and_no_jar_travels(cluster, tmp_path, expected):
    module, state = cluster
    managers: set[str] = set()
    # Splits are dealt once, by names that hold the folder: one folder in eight has all four on one side.
    for number in range(4):
        folder = tmp_path / f"in{number}"
        folder.mkdir()
        write_input(folder)
        done = anonymize(folder, options(state, SUBTASKS))
        assert done.status == 0, done.err
        check_same(done, expected)
        reading = {name: splits for name, splits in shares(module, state).items() if ", Read" in name}
        (first,) = [splits for name, splits in reading.items() if "Profile/{BindKey, Read" in name]
        assert sum(first.values()) == 4  # the small files of a table are read together
        managers = {manager for manager, splits in first.items() if splits}
        if len(managers) > 1:
            break
    assert managers == {"tm1", "tm2"}
    # Task managers keep for an hour what was sent with a job. Jars are sent with every job, one by one.
    sent = [path for path in (Path(state["run"]) / "blobs").rglob("*") if path.is_file()]
    assert not [path for path in sent if path.read_bytes().startswith(b"PK")]


def test_bad_data_end_the_job_at_once(cluster, tmp_path):
    """Flink would run it 20 times more; what a retry cannot mend is not tried again."""
    module, state = cluster
    write_input(tmp_path, broken=True)
    before = log_of(state, "job-manager").count("RESTARTING to RUNNING")
    done = anonymize(tmp_path, options(state, SUBTASKS))
    assert done.status == 3 and "[input.rejects]" in done.err
    newest = max(module.overview(state, "/jobs/overview")["jobs"], key=lambda job: job["start-time"])
    assert newest["state"] == "CANCELED"
    assert log_of(state, "job-manager").count("RESTARTING to RUNNING") == before
    assert not list(done.root.rglob("part-*")) and not list(done.root.rglob("manifest.json"))


def write_large_input(folder):
    """The same people in Avro, which does not state its records, with a dropped column: more than 60 MB."""
    write_input(folder)
    policy = json.loads((folder / "policy.yaml").read_text())
    members = policy["tables"]["members"]
    members["source"] = {"path": "members-*.avro", "format": "avro"}
    members["columns"]["photo"] = {"drop": True, "because": "受領者に不要"}
    (folder / "policy.yaml").write_text(json.dumps(policy, ensure_ascii=False))
    for path in folder.glob("members-*.csv"):
        text = pa.csv.read_csv(path, pa.csv.ReadOptions(encoding="cp932"))
        texts = text.cast(pa.schema([(name, pa.string()) for name in text.column_names]))
        names = [*text.column_names, "photo"]
        schema = {"type": "record", "name": "r"}
        schema["fields"] = [{"name": name, "type": ["null", "string"]} for name in names]
        photographed = [{**row, "photo": secrets.token_hex(80_000)} for row in texts.to_pylist()]
        with path.with_suffix(".avro").open("wb") as file:
            fastavro.writer(file, schema, photographed)


def test_a_large_file_whose_search_may_have_to_be_spread(cluster, tmp_path):
    """Its graph has all rounds of the sharded search, and Flink has to plan it and find buffers for it."""
    _, state = cluster
    write_large_input(tmp_path)
    alone = anonymize(tmp_path, [])
    assert alone.status == 0, alone.err
    (tmp_path / "out").rename(tmp_path / "alone")
    done = anonymize(tmp_path, options(state, SUBTASKS))
    assert done.status == 0, done.err
    check_same(done, replace(alone, root=tmp_path / "alone"))


def test_a_killed_python_worker(cluster, tmp_path, expected):
    _, state = cluster
    done = anonymize_and_break(tmp_path, state, kill_worker)
    assert done.status == 0, done.err
    check_same(done, expected)


def test_a_killed_task_manager(cluster, tmp_path, expected):
    """Its intermediate results are lost with it, perhaps the key of the run too.

    Each lost result costs one attempt. Where the key was lost another is drawn, and what was made with the
    first one may still be there: such a mixture is refused, and nothing is left of it.
    """
    _, state = cluster
    done = anonymize_and_break(tmp_path, state, kill_task_manager)
    if done.status == 4:
        assert "different keys" in done.err, done.err
        assert not list(done.root.rglob("manifest.json")) and not list(done.root.rglob("part-*"))
        done = anonymize(tmp_path, options(state, SUBTASKS))
    assert done.status == 0, done.err
    check_same(done, expected)
