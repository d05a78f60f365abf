"""The engines of the matrix, each started once, by the scripts that the README tells a user to run."""

import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Engine:
    """Something that can run the job.

    Attributes:
        args: Beam's options for it.
        logs: where it and its workers log; what the command itself prints comes back with each run.
        workers_share_stderr: whether its workers inherit the command's stderr and log there.
    """

    args: list[str]
    logs: Path
    workers_share_stderr: bool


@contextmanager
def in_process(logs):
    yield []


@contextmanager
def processes(logs):
    yield ["--direct_running_mode=multi_processing", "--direct_num_workers=2"]


@contextmanager
def loopback(logs):
    yield ["--runner=PortableRunner", "--job_endpoint=embed", "--environment_type=LOOPBACK"]


@contextmanager
def external(logs):
    with (logs / "pool.log").open("w") as log:
        pool = subprocess.Popen(
            [sys.executable, ROOT / "deploy/worker_pool.py"], stdout=subprocess.PIPE, stderr=log, text=True
        )
        try:
            yield [
                "--runner=PortableRunner",
                "--job_endpoint=embed",
                "--environment_type=EXTERNAL",
                f"--environment_config={pool.stdout.readline().strip()}",
            ]
        finally:
            pool.send_signal(signal.SIGTERM)
            assert pool.wait(timeout=20) == 0


ENGINES = {
    "in_process": in_process,
    "multi_processing": processes,
    "loopback": loopback,
    "external": external,
}


@pytest.fixture(scope="session", params=ENGINES)
def engine(request, tmp_path_factory):
    logs = tmp_path_factory.mktemp(request.param)
    with ENGINES[request.param](logs) as args:
        yield Engine(args, logs, request.param == "multi_processing")
