"""A job as Flink itself sees it, by its REST interface.

Beam's job server cannot be asked: it reports a job as cancelled that Flink goes on with, and it may be gone
while the job lives. It also tells an error only when Flink has tried all again; Flink tells it at once.
"""

from __future__ import annotations

import base64
import json
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from tokumei.pipelines.launcher.failing import unreachable
from tokumei.pipelines.launcher.watching import Look
from tokumei.schemas.errors import TokumeiError, recover
from tokumei.transforms.engine.progress import NAMESPACE

if TYPE_CHECKING:
    import apache_beam as beam

_ENDED = frozenset({"FAILED", "CANCELED", "FINISHED"})
_EMBEDDED = frozenset({"[auto]", "[local]", "[collection]"})  # in the job server's own process
_ANSWER = 10  # seconds to wait for an answer
_LOOK = 1.0  # seconds between two looks at a job
_BEGINNING = 15  # seconds in which a job server may still hand over a job
_ENDING = 45  # seconds that a cancelled job may take to end
_BEAMS, _COUNTER = "__metricscontainers", "beam:metric:user:sum_int64:v1"
# A place cannot be reached now, or a lost machine held a key: Flink may try again as it is configured to.
_PASSING = ("store.", "verification.keys", "verification.failed")


class FlinkJob:
    """The job of one attempt on a Flink cluster; it is known by its name, also before it is handed over."""

    def __init__(self, master: str, name: str) -> None:
        self._rest = master if "://" in master else f"http://{master}"
        self._name = name

    def state(self) -> str | None:
        """Return Flink's name of the job's state; None if Flink does not have it.

        Raises:
            OSError: Flink does not answer.
        """
        job = self._find()
        return str(job["state"]) if job else None

    @property
    def may_run(self) -> bool:
        """Whether it may be running, as far as can be told."""
        try:
            return self.state() not in {None, *_ENDED}
        except (OSError, ValueError):
            return True

    def end(self) -> bool:
        """Cancel the job and wait until it has ended; return whether it surely has.

        One that Flink does not have may still be on its way.
        """
        appearing = time.monotonic() + _BEGINNING
        ending = appearing + _ENDING
        while time.monotonic() < ending:
            with suppress(OSError, ValueError):
                job = self._find()
                if job and job["state"] in _ENDED:
                    return True
                if job:
                    self._ask(f"/jobs/{job['jid']}?mode=cancel", "PATCH")
                elif time.monotonic() > appearing:
                    return False
            time.sleep(_LOOK)
        return False

    def look(self) -> Look:
        """Return how far the job is: its state, how many of its steps have ended, and Beam's counters.

        Raises:
            OSError: Flink does not answer.
        """
        job = self._find()
        if not job:
            return Look("handing the job over")
        steps = self._ask(f"/jobs/{job['jid']}")["vertices"]
        ended = sum(step["status"] == "FINISHED" for step in steps)
        state = f"Flink: {job['state'].lower()}, {ended:,} of {len(steps):,} steps ended"
        told = self._ask(f"/jobs/{job['jid']}/accumulators")["user-task-accumulators"]
        return Look(state, _counters([each["value"] for each in told if each["name"] == _BEAMS]))

    def data_error(self) -> TokumeiError | None:
        """Return an error that the job has met and that no retry can mend, or None.

        Raises:
            OSError: Flink does not answer.
        """
        job = self._find()
        if not job:
            return None
        told = self._ask(f"/jobs/{job['jid']}/exceptions")
        for entry in (told.get("exceptionHistory") or {}).get("entries") or ():
            for failure in (entry, *(entry.get("concurrentExceptions") or ())):
                error = recover(Exception(str(failure.get("stacktrace"))))
                if error is not None and type(error) is not TokumeiError and _lasts(error):
                    return error
        return None

    def _find(self) -> dict[str, Any] | None:
        jobs = [job for job in self._ask("/jobs/overview")["jobs"] if job["name"] == self._name]
        return max(jobs, key=lambda job: int(job["start-time"]), default=None)

    def _ask(self, path: str, method: str = "GET") -> Any:
        request = urllib.request.Request(self._rest + path, method=method)  # noqa: S310  (an operator's option)
        with urllib.request.urlopen(request, timeout=_ANSWER) as answer:  # noqa: S310
            return json.loads(answer.read() or b"{}")


def _counters(accumulators: Iterable[str]) -> dict[str, int]:
    """Return our counters in what Beam keeps in an accumulator, by name; steps of one name are added up."""
    from apache_beam.coders import VarIntCoder

    found: Counter[str] = Counter()
    for text in accumulators:
        for metric in json.loads(text)["metrics"].get("attempted", ()):
            labels = metric.get("labels", {})
            if metric["urn"] == _COUNTER and labels.get("NAMESPACE") == NAMESPACE:
                found[labels["NAME"]] += VarIntCoder().decode(base64.b64decode(metric["payload"]))
    return dict(found)


def _lasts(error: TokumeiError) -> bool:
    return not error.code.startswith(_PASSING)


def flink_job(pipeline: beam.Pipeline, attempt: str) -> FlinkJob | None:
    """Return the job that a pipeline will be on a Flink cluster, and name it; None where none is named.

    Raises:
        InputError: the cluster does not answer.
    """
    from apache_beam.options.pipeline_options import FlinkRunnerOptions, GoogleCloudOptions

    master = pipeline.options.view_as(FlinkRunnerOptions).flink_master
    if master in _EMBEDDED or type(pipeline.runner).__name__ not in {"FlinkRunner", "PortableRunner"}:
        return None
    names = pipeline.options.view_as(GoogleCloudOptions)
    names.job_name = f"{names.job_name or 'tokumei'}-{attempt}"
    job = FlinkJob(master, names.job_name)
    try:
        job.state()
    except (OSError, ValueError):
        raise unreachable(
            f"--flink_master={master}",
            "no Flink answers there",
            "host and port: those of Flink's REST interface",
        ) from None
    return job


@contextmanager
def data_errors_end(job: FlinkJob | None) -> Iterator[list[TokumeiError]]:
    """Cancel a job while the block runs as soon as it has met an error that no retry can mend.

    Yields:
        Where that error stands then.
    """
    found: list[TokumeiError] = []
    over = threading.Event()

    def look() -> None:
        while job is not None and not found and not over.wait(_LOOK):
            with suppress(OSError, ValueError):
                error = job.data_error()
                if error is not None:
                    found.append(error)
                    job.end()

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    try:
        yield found
    finally:
        over.set()
