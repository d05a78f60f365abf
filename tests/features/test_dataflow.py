"""Jobs for Dataflow, checked without it: the dry run of the real graph, and a Flex Template's launch whose staged
pipeline is then run here. Nothing staged holds a key or a source value."""

import argparse
import importlib.util
import json
import re
import secrets
import socket
from contextlib import contextmanager
from pathlib import Path

import apache_beam as beam
import google.auth
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.pipeline import PipelineVisitor
from apache_beam.portability import common_urns, python_urns
from apache_beam.portability.api import beam_runner_api_pb2 as api
from apache_beam.runners.dataflow.dataflow_runner import DataflowRunner
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from google.auth.credentials import AnonymousCredentials
from support.helpers import EXAMPLE, Outcome, policy_of
from support.serialized import forms, layers, where

from tokumei.pipelines import anonymize
from tokumei.pipelines.cli import main
from tokumei.pipelines.launcher.options import refuse_unknown
from tokumei.schemas.errors import PolicyError
from tokumei.transforms.engine import run_key
from tokumei.transforms.engine.chunks import Chunk
from tokumei.transforms.planning.prepare import make_plan
from tokumei.transforms.release.parts import ReleasedChunk
from tokumei.transforms.stages.anonymize import build

ROOT = Path(__file__).parents[2]
IMAGE = "asia-northeast1-docker.pkg.dev/my-project/tokumei/tokumei@sha256:" + "0123456789abcdef" * 4
PARDO = common_urns.primitives.PAR_DO.urn
STEPS = {"Files", "PlanSplits", "Run", "DrawKey", "Profile", "FitCriteria", "CountClasses", "ChooseRecoding"}
STEPS |= {"Anonymize", "Publish"}
DATAFLOW = [
    "--runner=DataflowRunner",
    "--project=my-project",
    "--region=asia-northeast1",
    "--job_name=nightly",
]


@pytest.fixture(scope="module", autouse=True)
def anonymous():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(google.auth, "default", lambda *_, **__: (AnonymousCredentials(), "my-project"))
        yield


@pytest.fixture(scope="module")
def launch():
    spec = importlib.util.spec_from_file_location("launch", ROOT / "deploy" / "dataflow" / "launch.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Steps(PipelineVisitor):
    def __init__(self):
        self.nodes = []

    def visit_transform(self, node):
        self.nodes.append(node)


def dry_run(plan, files, *args):
    """The graph that Dataflow would get, and the pipeline as its runner has left it."""
    options = [*DATAFLOW, "--temp_location=gs://my-temp/t", f"--sdk_container_image={IMAGE}", *args]
    pipeline = beam.Pipeline(options=PipelineOptions([*options, "--dry_run=True"]))
    build(pipeline, plan, files)
    return pipeline, pipeline.run().job.proto_pipeline


@contextmanager
def no_network():
    def refuse(*_):
        raise AssertionError("the dry run asked the network")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", refuse)
        patch.setattr(socket, "getaddrinfo", refuse)
        yield


@pytest.fixture
def offline():
    with no_network():
        yield


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    plan, files = make_plan(str(EXAMPLE / "policy.yaml"), str(tmp_path_factory.mktemp("demo") / "out"), None)
    with no_network():
        return dry_run(plan, files)


@pytest.fixture(scope="module")
def records(demo):
    return record_coders(demo[1])


def leaves(proto):
    return {n: t for n, t in proto.components.transforms.items() if not t.subtransforms}


def test_the_dry_run_has_the_demo_s_steps_in_our_image(demo):
    _, proto = demo
    names = {t.unique_name for t in leaves(proto).values()}
    assert {name.split("/")[0] for name in names} >= STEPS
    assert len(names) == len(leaves(proto)) > 40
    (environment,) = proto.components.environments.values()
    assert environment.urn == common_urns.environments.DOCKER.urn
    payload = api.DockerPayload()
    payload.ParseFromString(environment.payload)
    assert payload.container_image == IMAGE
    roles = {d.role_urn for d in environment.dependencies}  # nothing that a worker would install at its start
    assert common_urns.artifact_roles.PIP_REQUIREMENTS_FILE.urn not in roles
    files = {
        api.ArtifactStagingToRolePayload.FromString(d.role_payload).staged_name
        for d in environment.dependencies
    }
    assert files <= {"pickled_main_session", "submission_environment_dependencies.txt"}
    assert all(p.is_bounded == api.IsBounded.BOUNDED for p in proto.components.pcollections.values())


def record_coders(proto):
    """PCollections of records: those under one of our coders of batches."""
    packed = {
        name: any(b"ChunkCoder" in p or b"ReleasedChunkCoder" in p for p in layers(coder.spec.payload))
        for name, coder in proto.components.coders.items()
    }

    def holds(name):
        return packed[name] or any(holds(c) for c in proto.components.coders[name].component_coder_ids)

    return {name for name, p in proto.components.pcollections.items() if holds(p.coder_id)}


def test_no_side_input_meets_records_and_none_are_shuffled(demo, records):
    _, proto = demo
    assert len(records) >= 4
    for step in leaves(proto).values():
        if step.spec.urn == PARDO:
            sides = set(api.ParDoPayload.FromString(step.spec.payload).side_inputs)
            main_inputs = {p for name, p in step.inputs.items() if name not in sides}
            assert not sides or not main_inputs & records, step.unique_name
            assert not {step.inputs[name] for name in sides} & records, step.unique_name
        if step.spec.urn == common_urns.primitives.GROUP_BY_KEY.urn:
            assert not set(step.inputs.values()) & records, step.unique_name


def test_no_record_has_lost_its_coder(demo, records):
    """The graph travels as a proto, in which only coders tell types: as many as our own graph has."""
    pipeline, _ = demo
    steps = Steps()
    pipeline.visit(steps)
    typed = {
        output
        for node in steps.nodes
        for output in node.outputs.values()
        if output.element_type in {Chunk, ReleasedChunk}
    }
    assert len(typed) == len(records)


def canaries(folder):
    """A policy, and a file of which every value is told by its look."""
    rows = [f"CANARYid{i:03},かなりや{'甲乙'[i % 2]}子,4567{i:03},秘密町{i % 2}\n" for i in range(40)]
    columns = {
        "id": {"treat": [{"criterion": 3, "method": "pseudonym", "link": "x"}]},
        "name": {"treat": [{"criterion": 1, "method": "delete"}]},
        "income": {"type": "integer", "treat": [{"criterion": 4, "method": "tail", "side": "top"}]},
        "town": {"treat": [{"criterion": 5, "method": "generalize", "hierarchy": {"kind": "suppress"}}]},
        "note": {"treat": [{"criterion": 1, "method": "replace", "by": "方針内の文字列"}]},
    }
    policy = policy_of(columns, path="in.csv", person="id")
    files = {
        "policy.yaml": json.dumps(policy, ensure_ascii=False).encode(),
        "in.csv": (
            "id,name,income,town,note\n" + "".join(r.strip() + ",メモ秘中の秘\n" for r in rows)
        ).encode(),
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
    values = ["CANARYid", "かなりや甲子", "4567000", "4567039", "秘密町", "メモ秘中の秘"]
    return files, values


def test_the_search_finds_what_is_there(tmp_path, offline):
    """Beam packs what it pickles: looking into the bytes alone would find nothing, whatever there is."""
    canaries(tmp_path)
    plan, files = make_plan(str(tmp_path / "policy.yaml"), str(tmp_path / "out"), None)
    _, proto = dry_run(plan, files)
    data = proto.SerializeToString()
    assert "方針内の文字列".encode() not in data and where(layers(data), "方針内の文字列")
    for value in ("秘密町", "CANARYid", secrets.token_bytes(32)):
        for name, raw in forms(value).items():
            assert name in where([b"before" + raw + b"after"], value)


def test_neither_key_nor_source_value_stands_in_the_graph(tmp_path, monkeypatch):
    """The key is drawn by the job: the graph before it is the graph after it, and holds no key."""
    _, values = canaries(tmp_path)
    plan, files = make_plan(str(tmp_path / "policy.yaml"), str(tmp_path / "out"), None)
    _, proto = dry_run(plan, files)
    pieces = layers(proto.SerializeToString())
    keys = run_here(proto, monkeypatch)
    assert list((tmp_path / "out" / "releases").glob("*/manifest.json"))
    assert len(keys) == 1
    for secret in [*values, *keys, *(run_key.RunKey(k).fingerprint for k in keys)]:
        assert where(pieces, secret) == []
    _, again = dry_run(plan, files)
    assert where(layers(again.SerializeToString()), keys[0]) == []


def test_no_value_of_the_demo_stands_in_its_graph(demo):
    _, proto = demo
    pieces = layers(proto.SerializeToString())
    rows = (EXAMPLE / "customer.csv").read_text("utf-8-sig").splitlines()
    for row in rows[1::700]:
        cells = dict(zip(rows[0].split(","), row.split(","), strict=True))
        for column in ("customer_id", "customer_name", "postal_cd", "address", "status_cd"):
            assert where(pieces, cells[column]) == [], column


def run_here(proto, monkeypatch):
    """Run a graph made for Dataflow in this process; returns the keys it drew."""
    drawn, token_bytes = [], secrets.token_bytes

    def watched(size):
        drawn.append(token_bytes(size))
        return drawn[-1]

    ours = api.Pipeline()
    ours.CopyFrom(proto)
    for environment in ours.components.environments.values():
        environment.CopyFrom(api.Environment(urn=python_urns.EMBEDDED_PYTHON))
    with monkeypatch.context() as patch:
        patch.setattr(run_key.secrets, "token_bytes", watched)
        FnApiRunner().run_via_runner_api(ours, PipelineOptions()).wait_until_finish()
    return [k for k in drawn if len(k) == run_key.KEY_BYTES]


@pytest.fixture
def template(bucket, launch, tmp_path, capsys):
    """Launch the template as Google's launcher does: the parameters and what it adds, all as one word each."""
    files, values = canaries(tmp_path)
    for name, content in files.items():
        bucket.put(f"policies/{name}", content)

    def go(place=bucket.uri, **parameters):
        given = {
            "policy": f"{bucket.uri}/policies/policy.yaml",
            "output": f"{bucket.uri}/out",
            "sdk_container_image": IMAGE,
            **parameters,
        }
        added = [f"--template_location={bucket.uri}/launch/job_object", f"--temp_location={place}/temp"]
        added += [
            f"--staging_location={place}/staging",
            "--service_account_email=tokumei@p.iam.gserviceaccount.com",
        ]
        capsys.readouterr()
        status = main(launch.command([*(f"--{k}={v}" for k, v in given.items()), *DATAFLOW, *added]))
        out, err = capsys.readouterr()
        assert "CANARY" not in out + err and "Traceback" not in err
        return Outcome(status, out, err, tmp_path / "copy" / "out")

    go.values = values
    return go


def staged(bucket):
    return {
        name: bucket.get(name)
        for name in bucket.generations()
        if name.startswith(("staging/", "temp/", "launch/"))
    }


def test_a_template_describes_a_job_that_makes_the_release(template, bucket, monkeypatch):
    done = template()
    assert (done.status, done.err) == (0, "") and "launch/job_object" in done.out
    assert not bucket.generations("out/")
    files = staged(bucket)
    assert {name.split("/")[-1] for name in files} == {
        *("job_object", "pipeline.pb", "pickled_main_session", "submission_environment_dependencies.txt")
    }
    job = json.loads(files["launch/job_object"])
    assert (job["name"], job["type"]) == ("nightly", "JOB_TYPE_BATCH")
    environment = job["environment"]
    assert environment["serviceAccountEmail"] == "tokumei@p.iam.gserviceaccount.com"
    assert "use_runner_v2" in environment["experiments"]
    options = environment["sdkPipelineOptions"]["options"]
    assert options["sdk_container_image"] == IMAGE and not options["streaming"]
    assert options["pipelineUrl"].removeprefix(f"{bucket.uri}/") in files
    proto = api.Pipeline.FromString(next(d for n, d in files.items() if n.endswith("pipeline.pb")))
    keys = run_here(proto, monkeypatch)
    pieces = [piece for data in staged(bucket).values() for piece in layers(data)]
    for secret in [*template.values, *keys]:
        assert where(pieces, secret) == []
    bucket.copy_to(done.root.parent, "out/")
    assert sorted(row["town"] for row in done.rows()) == sorted(f"秘密町{i % 2}" for i in range(40))
    assert len(done.manifest["tables"]["t"]["files"]) == 1 and done.manifest["people"] == 40


def test_size_labels_and_price_of_a_job_reach_the_service(template, bucket):
    sized = {"max_num_workers": "8", "machine_type": "n2-standard-4", "flexrs_goal": "COST_OPTIMIZED"}
    assert template(**sized, labels="team=statistics").status == 0
    job = json.loads(staged(bucket)["launch/job_object"])
    (pool,) = job["environment"]["workerPools"]
    assert (pool["autoscalingSettings"]["maxNumWorkers"], pool["machineType"]) == (8, "n2-standard-4")
    assert job["environment"]["flexResourceSchedulingGoal"] == "FLEXRS_COST_OPTIMIZED"
    assert job["labels"]["team"] == "statistics"


def test_a_template_for_what_is_released_describes_a_job_that_ends_at_once(template, bucket, monkeypatch):
    template()
    proto = next(api.Pipeline.FromString(d) for n, d in staged(bucket).items() if n.endswith("pipeline.pb"))
    run_here(proto, monkeypatch)
    before, old = bucket.generations("out/"), set(staged(bucket))
    again = template()
    assert again.status == 0 and json.loads(again.out)["already"] is True
    (new,) = [d for n, d in staged(bucket).items() if n not in old and n.endswith("pipeline.pb")]
    proto = api.Pipeline.FromString(new)
    assert {t.unique_name.split("/")[0] for t in leaves(proto).values()} == {"AlreadyReleased"}
    assert run_here(proto, monkeypatch) == [] and bucket.generations("out/") == before


@pytest.mark.parametrize(
    ("parameters", "status", "code"),
    [
        ({"policy": "gs://{}/policies/none.yaml"}, 2, "policy.missing"),
        ({"release_id": "a b"}, 2, "usage.release_id"),
        ({"number_of_worker_harness_thread": "2"}, 2, "usage.option"),
        ({"sdk_container_image": ""}, 2, "usage.image"),
        ({"output": "/tmp/out"}, 2, "usage.local"),
        ({"place": "gs://there-is-none-such"}, 3, "store.missing"),
    ],
)
def test_what_a_template_cannot_launch_is_told_as_one_object(template, bucket, parameters, status, code):
    done = template(**{name: value.format(bucket.name) for name, value in parameters.items()})
    assert (done.status, json.loads(done.err)["code"]) == (status, code) and done.err.count("\n") == 1
    assert "launch/job_object" not in bucket.generations() and not bucket.generations("out/")


def test_a_job_that_dataflow_does_not_take(template, bucket, monkeypatch):
    def refuse(*_, **__):
        raise OSError("CANARY: no permission")

    monkeypatch.setattr(DataflowRunner, "run_pipeline", refuse)
    done = template()
    told = json.loads(done.err)
    assert (done.status, told["code"]) == (1, "engine.refused") and "OSError" in told["what"]


def test_a_dry_run_by_the_command(tmp_path, capsys, offline):
    args = [*DATAFLOW, "--temp_location=gs://my-temp/t", "--dry_run=True"]
    assert main(["anonymize", str(EXAMPLE / "policy.yaml"), "--output", str(tmp_path), *args]) == 0
    assert "not submitted" in capsys.readouterr().out and not list(tmp_path.iterdir())


METADATA = json.loads((ROOT / "deploy" / "dataflow" / "metadata.json").read_text())
PARAMETERS = {p["name"]: p for p in METADATA["parameters"]}
# What the command tells, and where: the container that launches a template ends with its terminal and its disk.
TOLD_THERE = {"verbose", "quiet", "log_file", "log_format", "metrics_file", "notify"}
BAD = {
    "policy": ["", "policy.yaml", "/p/policy.yaml", "s3://bucket/p.yaml", "gs://bucket", "gs://bucket/data.csv",
               "gs://Bucket/p.yaml", "gs://bucket/p.yaml\n", "gs://b/p.yaml"],
    "output": ["", "out", "/srv/out", "s3://bucket/out", "gs://", "gs:///out", "gs://bucket/a\nb"],
    "release_id": ["", "a b", "-a", "../x", "a/b", "x" * 65, "番号"],
    "date": ["", "today", "20261130", "2026-11-30..2026-12-01"],
    "set": ["", "ward", "=minato", "ward=minato;", "a=1;b", "env:X=y"],
    "wait": ["", "0s", "2", "1d", "-1h"],
    "sdk_container_image": ["", "tokumei", "reg.example/tokumei", "reg.example/tokumei@sha256:12", "gs://bucket/image",
                            "reg.example/Tokumei:1", "reg.example/tokumei:1 --x"],
    "number_of_worker_harness_threads": ["", "0", "-1", "two", "1.5", "1000"],
}  # fmt: skip


def accepts(name, value):
    return all(re.fullmatch(regex, value) for regex in PARAMETERS[name]["regexes"])


def test_the_template_asks_for_what_the_command_takes(launch):
    """Every parameter reaches an option that is there; every option of ours is a parameter."""
    examples = {name: p["helpText"].split("Example: ")[1] for name, p in PARAMETERS.items()}
    parser = argparse.ArgumentParser()
    anonymize.add_arguments(parser)
    given = launch.command([f"--{name}={value}" for name, value in examples.items()])
    assert given[:2] == ["--json", "anonymize"]
    parsed, beams = parser.parse_known_args(given[2:])
    refuse_unknown(beams)
    known = PipelineOptions(beams).get_all_options(drop_default=True)
    parsed.set, parsed.wait = ";".join(parsed.set), f"{parsed.wait // 60}m"
    ours_taken = {name: value for name, value in vars(parsed).items() if name not in TOLD_THERE}
    taken = {**ours_taken, **{k: str(v) for k, v in known.items()}}
    assert taken == examples
    ours = {action.dest for action in parser._actions} - {"help"} - TOLD_THERE
    assert ours <= set(PARAMETERS)
    assert all(
        set(p) <= {"name", "label", "helpText", "isOptional", "regexes", "paramType"}
        for p in PARAMETERS.values()
    )
    assert {name for name, p in PARAMETERS.items() if not p.get("isOptional")} == {
        "policy",
        "sdk_container_image",
    }


@pytest.mark.parametrize("name", PARAMETERS)
def test_the_regexes_of_the_template(name):
    example = PARAMETERS[name]["helpText"].split("Example: ")[1]
    assert accepts(name, example)
    assert [value for value in BAD[name] if accepts(name, value)] == []


def test_an_image_by_tag_and_a_bucket_alone_are_accepted():
    assert accepts("sdk_container_image", "localhost:5000/team/tokumei:0.1.0")
    assert accepts("output", "gs://my-releases") and accepts("output", "gs://my-releases/匿名/")


def test_empty_parameters_are_left_out(launch):
    given = launch.command(
        ["--policy=gs://b/p.yaml", "--release_id=", "--output=", "--set=", "--runner=DataflowRunner"]
    )
    assert given == ["--json", "anonymize", "gs://b/p.yaml", "--runner=DataflowRunner"]
    assert launch.command(["--policy=p", "--set=a=1;b=2"])[2:] == ["p", "--set=a=1", "--set=b=2"]


def test_options_of_size_labels_and_price_are_taken_and_a_wrong_one_is_refused():
    sized = ["--max_num_workers=8", "--machine_type=n2-standard-4", "--labels=team=statistics"]
    refuse_unknown([*DATAFLOW, *sized, "--flexrs_goal=COST_OPTIMIZED"])
    for wrong in ("--max_num_worker=8", "--flexrs_goal=CHEAP", "--max_num_workers=many"):
        with pytest.raises(PolicyError):
            refuse_unknown([*DATAFLOW, wrong])
    with pytest.raises(PolicyError, match="in process"):
        refuse_unknown(["--runner=FnApiRunner", "--max_num_workers=8"])
