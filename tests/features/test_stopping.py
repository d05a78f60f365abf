"""Runs that end before their job is seen to be done: what they say is true, and stays true.

The engine elsewhere is a stand-in here: its worker goes on in a thread whatever the launcher does, and its job
server reports what a case wants. The real ones are stopped and killed by `make faults`.
"""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import apache_beam as beam
import grpc
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from support.helpers import policy_of

from tokumei.pipelines.launcher import job as jobs
from tokumei.pipelines.launcher import stopping
from tokumei.pipelines.launcher.failing import engine_error
from tokumei.schemas.errors import RequirementError, recover
from tokumei.transforms.release.attempt import CANCEL
from tokumei.transforms.storage.local import LocalStore

POLICY = policy_of({"a": {"keep": True, "because": "試験"}})
FILES = {"data.csv": "a\n1\n2\n"}
EMBEDDED = ["--runner=PortableRunner", "--job_endpoint=embed", "--environment_type=LOOPBACK"]
TERM = KeyboardInterrupt()
REFUSED = RequirementError("requirement.k", where="t", what="k", fix="relax")


class Elsewhere:
    """An engine that holds its worker before a file is created, until it is let go.

    Attributes:
        reports: the state that its job server reports once the job was told to end.
        raises: what the launcher meets as soon as the worker is held.
        failed: what the worker ended with.
    """

    def __init__(self, monkeypatch, place, raises=TERM, reports="CANCELLED"):
        self.raises, self.reports, self.state, self.failed = raises, reports, "RUNNING", None
        self.held, self.go, self.worker = threading.Event(), threading.Event(), None
        real = LocalStore.create

        def create(store, uri, data):
            if threading.current_thread() is self.worker and re.search(place, uri):
                self.held.set()
                assert self.go.wait(60)
            return real(store, uri, data)

        monkeypatch.setattr(LocalStore, "create", create)
        monkeypatch.setattr(beam.Pipeline, "run", self.run_of)

    @property
    def run_of(self):
        """What stands for `Pipeline.run`; a function becomes a method there, a bound method would not."""

        def run(pipeline):
            return self.run(pipeline)

        return run

    def run(self, pipeline):
        pipeline.runner.create_job_service(pipeline.options)

        def work():
            try:
                FnApiRunner().run_pipeline(pipeline, PipelineOptions())
            except Exception as error:
                self.failed = error

        self.worker = threading.Thread(target=work)
        self.worker.start()
        return self

    def wait_until_finish(self):
        assert self.held.wait(60)
        raise self.raises

    def cancel(self):
        self.state = self.reports

    def end(self):
        self.go.set()
        self.worker.join(60)
        assert not self.worker.is_alive()


def files(done, pattern):
    return [path for path in done.root.rglob(pattern) if path.is_file()]


class Lost(grpc.RpcError):
    """The job server is gone."""


@pytest.mark.parametrize(
    ("raises", "code"), [(TERM, "run.stopped"), (Lost(), "engine.lost")], ids=["TERM", "lost"]
)
@pytest.mark.parametrize("place", [r"part-[^/]*$", r"/attempt-[^/]*$"], ids=["writing", "publishing"])
def test_a_job_that_lives_on_cannot_publish(run, monkeypatch, raises, code, place):
    """Its job server says CANCELLED; its worker goes on to publish after the launcher has ended."""
    engine = Elsewhere(monkeypatch, place, raises)
    done = run(POLICY, FILES, args=EMBEDDED)
    assert (done.status, done.out) == (1, "") and f"[{code}]" in done.err
    assert "nothing is published, and this run can publish nothing any more" in done.err
    written = files(done, "part-*")
    engine.end()
    assert recover(engine.failed).code == "run.cancelled"
    assert not files(done, "manifest.json") and not (done.root / "register" / "book.json").exists()
    assert set(written) <= set(files(done, "part-*"))  # they stay under a job that may live
    monkeypatch.undo()
    again = run(POLICY)
    assert again.status == 0, again.err
    listed = {file["path"] for file in again.manifest["tables"]["t"]["files"]}
    assert {str(path.relative_to(again.release)) for path in files(again, "part-*")} == listed
    assert not files(again, "attempt-*")


def test_a_job_that_publishes_is_waited_for(run, monkeypatch):
    engine = Elsewhere(monkeypatch, r"/manifest\.json$")
    threading.Timer(1, engine.go.set).start()
    done = run(POLICY, FILES, args=EMBEDDED)
    engine.end()
    assert (done.status, done.err) == (0, "") and done.out.startswith("released 2 records"), done.err
    assert engine.failed is None and len(json.loads((done.root / "register/entries.json").read_text())) == 1
    assert not files(done, "attempt-*")


def test_nothing_is_said_or_removed_that_a_manifest_could_belie(run, monkeypatch):
    """It has begun to publish and does not come to an end: its manifest may come at any time."""
    monkeypatch.setattr(stopping, "_MANIFEST", 1)
    engine = Elsewhere(monkeypatch, r"/manifest\.json$")
    done = run(POLICY, FILES, args=EMBEDDED)
    assert (done.status, done.out) == (1, "") and "[run.undecided]" in done.err
    assert "nothing is published" not in done.err and files(done, "part-*")
    engine.end()
    for file in done.manifest["tables"]["t"]["files"]:
        assert (done.release / file["path"]).exists()
    monkeypatch.undo()
    assert run(POLICY).out.startswith("already released")


def test_a_store_that_does_not_answer_lets_nothing_be_said(run, monkeypatch):
    engine = Elsewhere(monkeypatch, r"/attempt-[^/]*$")
    real = LocalStore.create

    def create(store, uri, data):
        if data == CANCEL:
            raise stopping.TokumeiError("store.unavailable", where=uri, what="w", fix="f")
        return real(store, uri, data)

    monkeypatch.setattr(LocalStore, "create", create)
    done = run(POLICY, FILES, args=EMBEDDED)
    assert done.status == 1 and "[run.undecided]" in done.err and "nothing is published" not in done.err
    engine.end()
    assert engine.failed is None and done.manifest["people"] == 2


@pytest.mark.parametrize(("reports", "gone"), [("FAILED", True), ("CANCELLED", False), ("RUNNING", False)])
def test_what_a_job_wrote_goes_once_it_has_failed_by_itself(run, monkeypatch, reports, gone):
    engine = Elsewhere(monkeypatch, r"/attempt-[^/]*$", RuntimeError(str(REFUSED)), reports)
    done = run(POLICY, FILES, args=EMBEDDED)
    assert done.status == 4 and "[requirement.k]" in done.err
    assert (not files(done, "part-*")) == gone
    engine.end()
    (decided,) = files(done, "attempt-*")
    assert decided.read_bytes() == CANCEL and not files(done, "manifest.json")


def test_an_unreachable_job_server_is_named_in_time(run, monkeypatch):
    assert jobs._ANSWER <= 10  # with what comes before it, an error within 15 s
    monkeypatch.setattr(jobs, "_ANSWER", 0.5)
    args = ["--runner=PortableRunner", "--job_endpoint=localhost:9", "--environment_type=LOOPBACK"]
    done = run(POLICY, FILES, args=args)
    assert done.status == 3 and "error [engine.unreachable] --job_endpoint=localhost:9" in done.err
    assert not [path for path in done.root.rglob("*") if path.is_file()]


def test_what_is_no_job_server_is_named_though_its_port_is_open(run, monkeypatch):
    monkeypatch.setattr(jobs, "_ANSWER", 5)

    class Refusing(BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("localhost", 0), Refusing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        place = f"--job_endpoint=localhost:{server.server_port}"
        done = run(POLICY, FILES, args=["--runner=PortableRunner", place, "--environment_type=LOOPBACK"])
        server.shutdown()
    assert done.status == 3 and f"error [engine.unreachable] {place}" in done.err


def test_a_worker_pool_that_does_not_answer_is_named(run):
    args = ["--runner=PortableRunner", "--job_endpoint=embed", "--environment_type=EXTERNAL"]
    done = run(POLICY, FILES, args=[*args, "--environment_config=localhost:9"])
    assert done.status == 1 and "error [engine.worker] " in done.err and "worker_pool" in done.err
    assert not files(done, "part-*") and not files(done, "manifest.json")


def workers_of(parent):
    """The processes of Beam's workers below a process."""
    below = Path(f"/proc/{parent}/task/{parent}/children")
    for thread in Path(f"/proc/{parent}/task").glob("*/children") if below.exists() else ():
        for child in thread.read_text().split():
            if b"sdk_worker_main" in Path(f"/proc/{child}/cmdline").read_bytes():
                yield int(child)
            yield from workers_of(child)


def test_a_worker_process_that_dies_ends_the_run(tmp_path):
    """Beam waits for its answer for ever."""
    (tmp_path / "temporary").mkdir()
    for name, text in {**FILES, "policy.yaml": json.dumps(POLICY)}.items():
        (tmp_path / name).write_text(text)
    several = ["--direct_running_mode=multi_processing", "--direct_num_workers=2"]
    with subprocess.Popen(
        [sys.executable, "-m", "tokumei.pipelines.cli", "anonymize", "policy.yaml", "--output=out", *several],
        cwd=tmp_path,
        env={**os.environ, "TMPDIR": str(tmp_path / "temporary")},
        stderr=subprocess.PIPE,
        text=True,
    ) as job:
        while not (found := [*workers_of(job.pid)]) and job.poll() is None:
            time.sleep(0.02)
        with suppress(ProcessLookupError):
            os.kill(found[-1], signal.SIGKILL)
        _, err = job.communicate(timeout=120)
    assert job.returncode == 1 and "error [engine.memory] " in err, err
    assert "give workers more memory" in err
    assert not [*tmp_path.glob("out/**/manifest.json")] and not [*(tmp_path / "temporary").iterdir()]


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        ("java.lang.OutOfMemoryError: Java heap space 秘密", "engine.memory", "memory"),
        ("Caused by: java.lang.ClassNotFoundException: org.apache.beam.runners.X 秘密", "engine.jar", "beam.runners.X:"),
        ("NoResourceAvailableException: 秘密", "engine.slots", "--parallelism"),
        ("TaskManager with id tm1(秘密) is no longer reachable.", "engine.worker_lost", "engine's log"),
        ('Cannot run program "docker": error=2, 秘密', "engine.docker", "EXTERNAL"),
        ("io exception UNAVAILABLE: failed to connect to all addresses 秘密", "engine.worker", "worker_pool"),
    ],
)  # fmt: skip
def test_what_engines_say_of_a_failure_is_told_in_our_words(words, code, told):
    error = engine_error(words, "out/releases/r")
    assert error.code == code and told in error.message() and "秘" not in error.message()
    assert "nothing is published" in error.what and error.status == 1
    assert engine_error("java.io.IOException: 秘密", "x") is None


def test_an_unreachable_flink_is_named_before_a_job_is_begun(run):
    done = run(POLICY, FILES, args=[*EMBEDDED, "--flink_master=localhost:9"])
    assert done.status == 3 and "error [engine.unreachable] --flink_master=localhost:9" in done.err


def command(folder, *args, stdout=subprocess.PIPE):
    """Run the command in a process and a temporary folder of its own."""
    (folder / "temporary").mkdir(exist_ok=True)
    for name, text in {**FILES, "policy.yaml": json.dumps(POLICY)}.items():
        if not (folder / name).exists():  # else it would be another input
            (folder / name).write_text(text)
    return subprocess.run(
        [sys.executable, "-m", "tokumei.pipelines.cli", "anonymize", "policy.yaml", "--output=out", *args],
        cwd=folder,
        env={**os.environ, "TMPDIR": str(folder / "temporary")},
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize(
    "args",
    [
        ["--runner=FlinkRunner", "--flink_job_server_jar=/no/such.jar"],
        ["--runner=PrismRunner", "--prism_location=/no/such/prism"],
        ["--runner=PortableRunner"],
    ],
    ids=lambda args: args[0],
)
def test_an_engine_that_cannot_be_begun_is_named_and_leaves_nothing(tmp_path, args):
    done = command(tmp_path, *args)
    code = "engine.jar" if "Flink" in args[0] else "engine.unreachable"
    assert done.returncode == 3 and f"error [{code}] {args[0]}\n" in done.stderr
    assert code != "engine.jar" or "/no/such.jar" in done.stderr
    assert not list((tmp_path / "temporary").iterdir())
    assert not [path for path in (tmp_path / "out").rglob("*") if path.is_file()]


def test_a_job_in_process_leaves_no_temporary_file(tmp_path):
    assert command(tmp_path).returncode == 0 and not list((tmp_path / "temporary").iterdir())


@pytest.mark.parametrize("buffered", [True, False])
def test_a_release_is_there_though_it_cannot_be_told(tmp_path, monkeypatch, buffered):
    monkeypatch.setenv("PYTHONUNBUFFERED", "" if buffered else "1")
    for _ in range(2):  # also where it was there before
        with Path("/dev/full").open("w") as full:
            done = command(tmp_path, stdout=full)
        (line, what, _) = done.stderr.splitlines()
        assert done.returncode == 1 and line.startswith("error [stdout.failed] ")
        assert what.startswith("  what: this release is published; ")
        assert len(list(tmp_path.rglob("manifest.json"))) == 1
