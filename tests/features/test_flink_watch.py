"""What the launcher makes of Flink's REST interface; the real one is asked in tests/engines."""

import base64
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tokumei.pipelines.launcher import flink
from tokumei.schemas.errors import InputError, PolicyError, RequirementError, TokumeiError

REST = flink.FlinkJob


class Cluster:
    """Answers as Flink does; a cancelled job takes some looks to end, or never does.

    Attributes:
        jobs: as its overview lists them. errors: stack traces of a job. asked: what it was asked to cancel.
        takes: looks until a cancelled job has ended. accumulators: of its steps.
    """

    def __init__(self):
        self.jobs, self.errors, self.asked, self.takes, self.looks, self.appears_after = [], [], [], 2, 0, 0
        self.accumulators = []

    def add(self, name, state="RUNNING", start=1):
        self.jobs.append({"jid": f"j{len(self.jobs)}", "name": name, "state": state, "start-time": start})

    def answer(self, method, path):
        if path == "/jobs/overview":
            self.looks += 1
            for job in self.jobs:
                if job["state"] == "CANCELLING":
                    self.takes -= 1
                    job["state"] = "CANCELED" if self.takes == 0 else "CANCELLING"
            return {"jobs": self.jobs if self.looks > self.appears_after else []}
        if method == "PATCH":
            (job,) = [j for j in self.jobs if path == f"/jobs/{j['jid']}?mode=cancel"]
            self.asked.append(job["name"])
            job["state"] = "CANCELLING"
            return {}
        if path == "/jobs/j0":
            return {"vertices": [{"status": "FINISHED"}, {"status": "RUNNING"}, {"status": "CREATED"}]}
        if path.endswith("/accumulators"):
            return {"user-task-accumulators": self.accumulators}
        assert path.endswith("/exceptions")
        entries = [{"stacktrace": text, "concurrentExceptions": []} for text in self.errors]
        return {"exceptionHistory": {"entries": entries, "truncated": False}}


@contextmanager
def serving(cluster):
    class Handler(BaseHTTPRequestHandler):
        def answer(self):
            data = json.dumps(cluster.answer(self.command, self.path)).encode()
            self.send_response(200)
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_PATCH = answer

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("localhost", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"localhost:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(autouse=True)
def in_no_time(monkeypatch):
    for name, seconds in {"_LOOK": 0.01, "_BEGINNING": 0.3, "_ENDING": 0.3}.items():
        monkeypatch.setattr(flink, name, seconds)


@pytest.fixture
def cluster():
    return Cluster()


def test_a_job_has_ended_when_flink_says_so_and_not_when_it_was_asked_to(cluster):
    cluster.add("other", start=3)
    cluster.add("mine", start=2)
    cluster.takes = 5
    with serving(cluster) as master:
        assert REST(master, "mine").end() and REST(f"http://{master}", "mine").state() == "CANCELED"
    assert set(cluster.asked) == {"mine"} and cluster.jobs[0]["state"] == "RUNNING"


def test_a_job_that_does_not_end_has_not(cluster):
    cluster.add("mine")
    cluster.takes = -1
    with serving(cluster) as master:
        job = REST(master, "mine")
        assert not job.end() and job.may_run


def test_a_job_that_is_handed_over_late_is_ended_too(cluster):
    cluster.add("mine")
    cluster.appears_after = 4
    with serving(cluster) as master:
        assert REST(master, "mine").end()


def test_a_job_that_flink_does_not_have_may_still_come(cluster):
    cluster.add("other")
    with serving(cluster) as master:
        assert REST(master, "mine").state() is None and not REST(master, "mine").end()
    assert cluster.asked == []


def test_of_a_flink_that_is_gone_nothing_is_known(cluster):
    with serving(cluster) as master:
        pass
    job = REST(master, "mine")
    assert not job.end() and job.may_run


def accumulated(namespace, **counters):
    """What Beam keeps of one step in an accumulator of Flink: numbers as varints."""
    labels = [{"NAMESPACE": namespace, "NAME": name} for name in counters]
    payloads = [base64.b64encode(bytes(digits)).decode() for digits in counters.values()]
    urn = "beam:metric:user:sum_int64:v1"
    told = [{"urn": urn, "labels": of, "payload": p} for of, p in zip(labels, payloads, strict=True)]
    return {"name": "__metricscontainers", "value": json.dumps({"metrics": {"attempted": told}})}


def test_a_look_tells_state_steps_and_our_counters_of_all_steps(cluster):
    cluster.add("mine")
    cluster.accumulators = [
        accumulated("tokumei", profile_records=[0xD3, 0xAB, 0x01], written_records=[0]),
        accumulated("tokumei", profile_records=[127]),
        accumulated("beam", profile_records=[9]),
        {"name": "other", "value": "no JSON"},
    ]
    with serving(cluster) as master:
        look, other = REST(master, "mine").look(), REST(master, "other").look()
    assert look.state == "Flink: running, 1 of 3 steps ended"
    assert look.counters == {"profile_records": 21_971 + 127, "written_records": 0}
    assert other.state == "handing the job over" and other.counters == {}


@pytest.mark.parametrize("state", ["FAILED", "FINISHED", "CANCELED"])
def test_what_has_ended_is_not_cancelled(cluster, state):
    cluster.add("mine", state)
    with serving(cluster) as master:
        assert REST(master, "mine").end() and not REST(master, "mine").may_run
    assert cluster.asked == []


def raised(kind, code):
    error = kind(code, where="here", what="年の列", fix="it")
    return f"java.lang.RuntimeException: Error received from SDK harness: Traceback\n {error}\n\tat org.x"


LASTING = [(InputError, "input.rejects"), (PolicyError, "policy.x"), (RequirementError, "requirement.k")]
PASSING = [
    (InputError, "store.unavailable"),
    (RequirementError, "verification.keys"),
    (RequirementError, "verification.failed"),
    (TokumeiError, "unexpected"),
    (TokumeiError, "register.busy"),
]


@pytest.mark.parametrize(("kind", "code"), LASTING)
def test_an_error_that_no_retry_can_mend_ends_the_job(cluster, kind, code):
    cluster.add("mine")
    cluster.errors = ["java.io.IOException: lost", raised(kind, code)]
    with serving(cluster) as master, flink.data_errors_end(REST(master, "mine")) as found:
        for _ in range(300):
            if cluster.jobs[0]["state"] == "CANCELED":
                break
            threading.Event().wait(0.01)
        assert (type(found[0]), found[0].code, found[0].what) == (kind, code, "年の列")
    assert cluster.jobs[0]["state"] == "CANCELED"


@pytest.mark.parametrize(("kind", "code"), PASSING)
def test_an_error_that_a_retry_may_mend_is_left_to_flink(cluster, kind, code):
    cluster.add("mine")
    cluster.errors = [raised(kind, code)]
    with serving(cluster) as master, flink.data_errors_end(REST(master, "mine")) as found:
        while cluster.looks < 5:
            threading.Event().wait(0.01)
    assert found == [] and cluster.asked == []
