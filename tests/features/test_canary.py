"""No source value leaves the data: marked values are looked for in every byte that a run writes, and removes."""

import copy
import json

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from support.canary import Search, needles, planted
from support.canary_job import (
    CONTROL,
    PEOPLE,
    POLICY,
    ROOT,
    WANTED,
    leaks_in,
    remains,
    run_watched,
    write_input,
    written_elsewhere,
)

from tokumei.transforms.planning.prepare import make_plan
from tokumei.transforms.stages.anonymize import build

MULTI = ("--direct_running_mode=multi_processing", "--direct_num_workers=2")
EMBED = ("--runner=PortableRunner", "--job_endpoint=embed", "--environment_type=LOOPBACK")


def but(**changes):
    policy = copy.deepcopy(POLICY)
    for key, value in changes.items():
        policy[key] = {**policy[key], **value} if isinstance(policy.get(key), dict) else value
    return policy


def instead(old, new):
    """Replace a value of the last person in the last file."""

    def change(data):
        text = PEOPLE[59][old].encode("cp932")
        assert data.count(text) == 1
        return data.replace(text, new)

    return change


ANOTHER = PEOPLE[57]["customer_id"].encode()
# name: (exit status, error, arguments for the files, fault)
ENDS = {
    "released": (0, "", {}, None),
    "released as csv": (0, "", {"policy": but(output={"format": "csv"})}, None),
    "released as avro": (0, "", {"policy": but(output={"format": "avro"})}, None),
    "a bug": (1, "unexpected ValueError", {}, "bug"),
    "a panic": (1, "unexpected Panic", {}, "panic"),
    "a bad policy": (2, "policy.unknown_key", {"policy": but(requirements={"kk": 1})}, None),
    "a value of another type": (3, "input.rejects", {"change": instead("birth", "鬼頭".encode("cp932"))}, None),
    "undecodable bytes": (3, "input.rejects", {"change": instead("memo", b"\x81\xff\xfe")}, None),
    "another number of fields": (3, "input.rejects", {"change": lambda d: d + PEOPLE[5]["card"].encode() + b",x\r\n"}, None),
    "a person twice": (3, "input.several_rows", {"change": instead("customer_id", ANOTHER)}, None),
    "an open quote": (3, "csv.quote", {"change": lambda d: d + b'"' + PEOPLE[1]["card"].encode()}, None),
    "no line break after the header": (3, "input.header", {"change": lambda d: d.replace(b"\r\n", b"", 1)}, None),
    "no header": (3, "input.header", {"change": lambda d: d.split(b"\r\n", 1)[1]}, None),
    "a requirement that is not met": (4, "requirement.unmet", {"policy": but(requirements={"k": 61, "suppression_limit": 0})}, None),
    "verification failed": (4, "verification.failed", {}, "verify"),
}  # fmt: skip

LINEAGE = {"released", "a bug", "a value of another type"}  # whose events are written, and searched


def check_clean(folder, *allowed):
    assert leaks_in(folder) == set()
    assert written_elsewhere(folder, allowed) == set()
    assert remains(folder) == []


@pytest.mark.parametrize("name", ENDS)
def test_however_a_run_ends(tmp_path, name):
    status, told, files, fault = ENDS[name]
    write_input(tmp_path / "in", **files)
    events = tmp_path / "events"
    to_file = json.dumps({"type": "file", "log_file_path": str(events), "append": True})
    told_of = {"OPENLINEAGE__TRANSPORT": to_file} if name in LINEAGE else {}
    done = run_watched(tmp_path, fault=fault, **told_of)
    assert done.status == status and told in done.err, done.err
    check_clean(tmp_path, str(events))
    if told_of:
        kinds = [json.loads(line)["eventType"] for line in events.read_text().splitlines()]
        assert kinds == ["START", "FAIL" if status else "COMPLETE"]
    left = [p for p in (tmp_path / "out").rglob("*") if p.is_file()]
    assert bool(left) == (status == 0)
    kept = {p.name.split("-")[0] for p in (tmp_path / "kept").iterdir()}
    if fault == "verify":
        assert kept - {"nameless"}  # the parts that were removed again have been looked at
    if status == 0:
        assert "nameless" in kept  # what waited to be grouped, likewise


def test_a_release_that_is_already_there(tmp_path):
    for limit, status in ((0.2, 0), (0.3, 5)):
        write_input(tmp_path / "in", policy=but(requirements={"suppression_limit": limit}))
        assert run_watched(tmp_path, ["--release-id", "x"]).status == status
    check_clean(tmp_path)


@pytest.mark.parametrize("args", [MULTI, EMBED], ids=["multi_processing", "embed"])
def test_on_other_runners(tmp_path, args):
    """A value where the engine's own code meets it; releases and our own faults there are those of `test_told.py`."""
    status, told, files, fault = ENDS["a value of another type"]
    write_input(tmp_path / "in", **files)
    done = run_watched(tmp_path, args, fault=fault)
    assert done.status == status and told in done.err, done.err
    assert leaks_in(tmp_path) == set()


def test_the_graph_holds_no_value(tmp_path):
    write_input(tmp_path / "in")
    plan, files = make_plan(str(tmp_path / "in" / "policy.yaml"), str(tmp_path / "out"), None)
    pipeline = beam.Pipeline(options=PipelineOptions(["--runner=FnApiRunner"]))
    build(pipeline, plan, files)
    graph = pipeline.to_runner_api().SerializeToString()
    assert WANTED.find(graph) == set()
    control = Search([("control", how, needle) for how, needle in needles(CONTROL)])
    assert control.find(graph), "the search sees what is packed in the graph"


@pytest.mark.parametrize(
    "value", ["鬼頭珠太郎", "キトウタマ", "080-9173-5528", "tamao@canary.example", "1931-08-17"]
)
def test_the_search_finds_every_kind_of_leak(value):
    """A search that finds nothing proves something only if it finds what is there."""
    wanted = Search([("value", how, needle) for how, needle in needles(value)])
    missed = [name for name, data in planted(value) if not wanted.find(data)]
    assert missed == []
    assert wanted.find("鬼頭 珠子, 080-9173-5529, 1931-08-18".encode()) == set()


def test_a_leak_into_any_place_is_found(tmp_path):
    for i, name in enumerate(
        ("out/releases/x/report.html", "tmp/spill", "cwd/core", "home/.cache/x", "stderr")
    ):
        folder = tmp_path / str(i)
        (path := folder / name).parent.mkdir(parents=True)
        path.write_text(json.dumps({"a": PEOPLE[0]["mail"]}))
        assert {hit[0] for hit in leaks_in(folder)} == {name}
    (tmp_path / "5" / "out" / PEOPLE[0]["customer_id"]).mkdir(parents=True)
    assert leaks_in(tmp_path / "5")


def test_a_file_written_elsewhere_and_removed_is_seen(tmp_path):
    """The watch sees a temporary file, and keeps what was in it."""
    from support.canary_job import subprocess, sys

    write_input(tmp_path / "in")
    run_watched(tmp_path, ["--no-such-option"])
    spill = tmp_path / "tmp" / "spill"
    code = f"import os; open({str(spill)!r}, 'w').write({PEOPLE[0]['card']!r}); os.remove({str(spill)!r})"
    env = {
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": str(tmp_path / "site"),
        "CANARY_KEPT": str(tmp_path / "kept"),
    }
    env |= {"CANARY_LOG": str(tmp_path / "opened.log")}
    subprocess.run(
        [sys.executable, "-c", code], check=True, env={**env, "PYTHONPATH": f"{env['PYTHONPATH']}:{ROOT}"}
    )
    assert written_elsewhere(tmp_path) == {str(spill)}
    assert {hit[1] for hit in leaks_in(tmp_path)} == {"card of 0"}
