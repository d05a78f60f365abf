"""What every run costs whatever its size, guarded by counts: seconds depend on the machine, these do not."""

import inspect
import subprocess
import sys
import threading
from pathlib import Path

import apache_beam as beam
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.worker import statesampler
from apache_beam.utils.counters import CounterFactory
from support.graph import steps_of
from support.helpers import EXAMPLE, policy_of

from tokumei.pipelines.cli import main
from tokumei.pipelines.launcher.plain_beam import states_unsampled
from tokumei.transforms.planning.prepare import make_plan
from tokumei.transforms.stages.anonymize import build

MODULES_AT_MOST = 418
BENCHMARK = Path(__file__).parents[1] / "benchmarks" / "residents.yaml"


@pytest.fixture
def policy(tmp_path):
    """The benchmark's policy over one resident."""
    columns = yaml.safe_load(BENCHMARK.read_text())["tables"]["residents"]["columns"]
    resident = pa.table({name: ["2000-01-01"] for name in columns})
    pq.write_table(resident, tmp_path / "residents.parquet")
    (tmp_path / "policy.yaml").write_text(BENCHMARK.read_text())
    return tmp_path / "policy.yaml"


def imported_by(*arguments, of=("apache_beam", "google.cloud.storage", "jinja2", "faker")):
    """Return which of some modules the command imports, and check that it succeeds."""
    code = (
        f"import sys; from tokumei.pipelines.cli import main\nassert main({list(map(str, arguments))}) == 0\n"
    )
    code += f"print([m for m in {of} if m in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert shown.returncode == 0, shown.stderr
    return shown.stdout.splitlines()[-1]


def test_a_policy_is_checked_without_the_engine(policy):
    """Only where records are tried, they travel as in a run."""
    assert imported_by("check", policy, "--sample", "0") == "[]"


def test_what_is_released_already_needs_no_engine(tmp_path):
    job = ("anonymize", EXAMPLE / "policy.yaml", "--output", tmp_path)
    assert main([str(part) for part in job]) == 0
    assert "apache_beam" not in imported_by(*job)


def test_a_job_in_process_imports_neither_clouds_nor_what_its_policy_does_not_need(tmp_path):
    town = {"treat": [{"criterion": 5, "method": "generalize", "hierarchy": {"kind": "prefix", "keep": [1]}}]}
    (tmp_path / "data.csv").write_text("town\n" + "東京\n" * 5)
    (tmp_path / "policy.yaml").write_text(yaml.safe_dump(policy_of({"town": town})))
    unused = (
        "apache_beam.io.gcp",
        "google.cloud.storage",
        "google.cloud.dataflow",
        "pymongo",
        "scipy.sparse",
        "sudachipy",
        "beartype",
        "openlineage",
        "tokumei.transforms.redaction.redact",
        "tokumei.transforms.stages.attacks",
        "tokumei.transforms.stages.earlier",
        "tokumei.transforms.stages.histories",
        "tokumei.transforms.stages.joined",
        "tokumei.transforms.stages.sharded",
        "tokumei.transforms.stages.totals",
        "tokumei.schemas.case_events",
    )
    job = ("anonymize", tmp_path / "policy.yaml", "--output", tmp_path / "out")
    assert imported_by(*job, of=("apache_beam", *unused)) == "['apache_beam']"


UNTIL_THE_FIRST_RECORD = """
import os, sys
from tokumei.pipelines.cli import main
from tokumei.transforms.planning import ahead

def reading(*_, **__):
    print(sum(name.startswith("tokumei.") for name in sys.modules))
    print([name for name in {late} if name in sys.modules])
    sys.stdout.flush()
    os._exit(0)

ahead.begun_ahead = reading  # as pass 1 asks, before its first record
main({job})
"""


def test_another_beam_may_ask_beartype_for_more():
    code = """
import sys
from tokumei.pipelines.launcher import plain_beam
with plain_beam._beartype_asked_late():
    from beartype.door import is_subhint, is_bearable
    from beartype.roar import BeartypeDoorException
    from beartype import door
print(is_bearable(1, int), is_subhint is plain_beam._is_subhint, is_subhint(bool, int), door.__name__)
print([name for name, module in sys.modules.items() if type(module) is plain_beam._StandIn])
"""
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.splitlines() == ["True True True beartype.door", "[]"]


def test_no_thread_watches_the_steps_of_a_job_in_process():
    before = statesampler.StateSampler
    with states_unsampled():
        sampler = statesampler.StateSampler("step", CounterFactory())
        threads = threading.active_count()
        sampler.start()
        assert threading.active_count() == threads
        assert statesampler.get_current_tracker() is sampler
        sampler.stop_if_still_running()
        assert statesampler.get_current_tracker() is None
        sampler.reset()  # Beam uses it again for the next bundle
        assert not sampler.started
    assert statesampler.StateSampler is before


def test_no_record_waits_for_what_reports_need(policy, tmp_path):
    """Modules are counted: each costs a third of a millisecond and more, and they are most of a start."""
    late = (
        "jinja2",
        "beartype",
        "tokumei.schemas.report",
        "tokumei.schemas.public_report",
        "tokumei.transforms.report.account",
        "tokumei.transforms.release.verify",
        "tokumei.transforms.attacks.verdict",
        "tokumei.transforms.histories.solve",
    )
    job = ["anonymize", str(policy), "--output", str(tmp_path / "out")]
    code = UNTIL_THE_FIRST_RECORD.format(late=late, job=job)
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    modules, found = shown.stdout.splitlines()
    assert found == "[]"
    assert int(modules) <= MODULES_AT_MOST


def test_models_are_built_when_they_are_first_used():
    """Built where they are declared, every model of every policy and report would cost half of their import."""
    code = (
        "import sys; from tokumei.schemas.report import Report; from tokumei.schemas.policy import Policy\n"
    )
    code += "print(Report.__pydantic_complete__, Policy.__pydantic_complete__)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.split() == ["False", "False"]


@pytest.mark.parametrize(
    "imported", ["import_beam([])", "import beartype; import_beam([])", "import apache_beam"]
)
def test_beam_compares_types_as_it_does_where_it_was_imported_whole(imported):
    code = f"""
import typing
from tokumei.pipelines.launcher.plain_beam import import_beam
{imported}
from apache_beam.typehints.typehints import is_consistent_with as fits
pairs = [(bool, int), (int, bool), (int, "no type"), (int, 3), (typing.Callable[[int], int], typing.Callable)]
print([fits(*pair) for pair in pairs])
import beartype.door, beartype.roar
print(beartype.door.is_subhint.__module__.startswith("beartype"), issubclass(beartype.roar.BeartypeDoorException, Exception))
"""
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.splitlines() == ["[True, False, False, False, True]", "True True"]


@pytest.mark.parametrize(
    ("records", "most_steps", "most_shuffles"), [(20_000_000, 54, 10), (20_000_001, 139, 35)]
)
def test_the_graph_has_no_more_steps_than_it_had(policy, tmp_path, records, most_steps, most_shuffles):
    """A step costs some 4 ms of processor time to build, translate and set up; a shuffle is a stage more."""
    plan, files = make_plan(str(policy), str(tmp_path / "out"), None)
    steps = steps_to(plan, [file._replace(records=records) for file in files])
    assert len(steps) <= most_steps
    assert sum(isinstance(step.transform, beam.GroupByKey) for step in steps) <= most_shuffles


def steps_to(plan, files):
    pipeline = beam.Pipeline(options=PipelineOptions(["--runner=FnApiRunner"]))
    build(pipeline, plan, files)
    return [step for step in steps_of(pipeline) if not step.parts]


def test_people_are_counted_only_where_they_are_told_apart(tmp_path):
    town = {"treat": [{"criterion": 5, "method": "generalize", "hierarchy": {"kind": "prefix", "keep": [1]}}]}
    (tmp_path / "data.csv").write_text("town\n" + "東京\n" * 5)
    (tmp_path / "policy.yaml").write_text(yaml.safe_dump(policy_of({"town": town})))
    steps = steps_to(*make_plan(str(tmp_path / "policy.yaml"), str(tmp_path / "out"), None))
    assert len(steps) <= 38
    assert not [
        step.full_label for step in steps if "Person" in step.full_label or "People" in step.full_label
    ]


def test_beam_looks_through_one_method_a_step(policy, tmp_path, monkeypatch):
    """Of its own steps it reads the signatures of thirty methods, eight times each."""
    read, signature = [], inspect.signature
    monkeypatch.setattr(
        inspect, "signature", lambda called, **how: read.append(1) or signature(called, **how)
    )
    pipeline = beam.Pipeline(options=PipelineOptions(["--runner=FnApiRunner"]))
    build(pipeline, *make_plan(str(policy), str(tmp_path / "out"), None))
    pipeline.to_runner_api()
    assert len(read) <= 950


def test_collecting_garbage_rarely_is_for_processes_of_one_job(policy):
    code = "import gc, sys; from tokumei.pipelines.cli import main; before = gc.get_threshold()\n{}\n"
    code += "print(gc.get_threshold() == before, file=sys.stderr)"
    job = ["check", str(policy)]
    for call, kept in ((f"main({job})", "True"), (f"sys.argv = ['tokumei', *{job}]; main()", "False")):
        done = subprocess.run(
            [sys.executable, "-c", code.format(call)], capture_output=True, text=True, check=True
        )
        assert done.stderr.strip() == kept
