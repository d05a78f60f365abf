"""The engines of the matrix, each started once, by the scripts that pipelines/README.md tells a user to run."""

import json
import os
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from engines.flink_run import CLUSTER, SUBTASKS, load_cluster, options
from engines.one_job import anonymize, write_input
from xdist.scheduler import LoadScopeScheduling


@dataclass(frozen=True)
class Engine:
    """Something that can run the job.

    Attributes:
        args: Beam's options for it.
        logs: where it and its workers log; what the command itself prints comes back with each run.
    """

    args: list[str]
    logs: Path


@contextmanager
def in_process(logs):
    yield []


@contextmanager
def multi_processing(logs):
    yield ["--direct_running_mode=multi_processing", "--direct_num_workers=2"]


@contextmanager
def loopback(logs):
    yield ["--runner=PortableRunner", "--job_endpoint=embed", "--environment_type=LOOPBACK"]


@contextmanager
def external(logs):
    command = [sys.executable, "-m", "tokumei.pipelines.worker_pool"]
    with (
        (logs / "pool.log").open("w") as log,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True) as pool,
    ):
        try:
            address = pool.stdout.readline().strip()
            portable = ["--runner=PortableRunner", "--job_endpoint=embed"]
            yield [*portable, "--environment_type=EXTERNAL", f"--environment_config={address}"]
        finally:
            pool.send_signal(signal.SIGTERM)
            assert pool.wait(timeout=20) == 0


@contextmanager
def prism(logs):
    built = subprocess.run(
        [Path(__file__).parent / "prism" / "install.sh"],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        timeout=600,
    )
    # Beam would drop what Prism itself writes once logging is off: it goes to a file before Beam sees it.
    program = logs / "prism"
    program.write_text(f'#!/bin/sh\nexec "{built.stdout.strip()}" "$@" >> "{logs}/prism.log" 2>&1\n')
    program.chmod(0o755)
    yield ["--runner=PrismRunner", f"--prism_location={program}", "--environment_type=LOOPBACK"]
    assert "Serving JobManagement" in (logs / "prism.log").read_text()


@contextmanager
def flink(logs):
    with flink_cluster(logs) as state:
        yield state["options"]


@contextmanager
def flink_cluster(run, *options):
    """Start a cluster of two task managers; give its state, and end it whatever happens."""
    subprocess.run([sys.executable, CLUSTER, "start", "--run", run, *options], check=True, timeout=600)
    try:
        yield json.loads((run / "state.json").read_text())
    finally:
        subprocess.run([sys.executable, CLUSTER, "stop", "--run", run], check=True, timeout=60)


ENGINES = {f.__name__: f for f in (in_process, multi_processing, loopback, external, prism, flink)}
# What some engines need beyond Python, and what brings it.
TOOLS = {
    "prism": {"go": "golang"},
    "flink": {"java": "openjdk-17-jre-headless", "mvn": "maven"},
}


@pytest.fixture(scope="session", params=ENGINES)
def engine(request, tmp_path_factory):
    if request.param == "flink":
        _, state = request.getfixturevalue("cluster")
        yield Engine(options(state, SUBTASKS), Path(state["run"]))
        return
    logs = tmp_path_factory.mktemp(request.param)
    with ENGINES[request.param](logs) as args:
        yield Engine(args, logs)


@pytest.fixture(scope="session")
def expected(tmp_path_factory):
    """What one process makes of the input, worked out once."""
    folder = tmp_path_factory.mktemp("expected")
    write_input(folder)
    done = anonymize(folder, [])
    assert done.status == 0, done.err
    return done


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    """A Flink cluster to run on, to watch, and to break."""
    with flink_cluster(tmp_path_factory.mktemp("cluster"), "--slots=4", "--restarts=20") as state:
        yield load_cluster(), state


class FlinkAndOthers(LoadScopeScheduling):
    """Flink takes as long as all other engines: one process of tests has it, and another has these."""

    def _split_scope(self, nodeid):
        return "flink" if "flink" in nodeid else "others"


def pytest_xdist_make_scheduler(config, log):
    return FlinkAndOthers(config, log)


def pytest_collection_modifyitems(config, items):
    """Leave out the engines whose tools are missing, and say so; where CI runs, that is a failure."""
    missing = {
        engine: {package for tool, package in tools.items() if shutil.which(tool) is None}
        for engine, tools in TOOLS.items()
    }
    left_out = [item for item in items if missing.get(_engine_of(item))]
    for name in sorted({_engine_of(item) for item in left_out}):
        text = f"{name} is left out of the runner matrix: apt-get install {' '.join(sorted(missing[name]))}"
        if os.environ.get("CI") == "true":
            raise pytest.UsageError(text)
        config.issue_config_time_warning(pytest.PytestWarning(text), stacklevel=2)
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


def _engine_of(item):
    if "cluster" in getattr(item, "fixturenames", ()):
        return "flink"
    params = getattr(getattr(item, "callspec", None), "params", {})
    return params.get("engine")
