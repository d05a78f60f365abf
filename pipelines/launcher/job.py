"""A job on its engine: handed over, waited for, and ended; and what is surely known of its end."""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from tokumei.pipelines.launcher.failing import not_begun, unreachable, worker_deaths
from tokumei.pipelines.launcher.flink import FlinkJob, data_errors_end, flink_job
from tokumei.pipelines.launcher.watching import Look
from tokumei.schemas.errors import recover
from tokumei.transforms.engine.progress import NAMESPACE

if TYPE_CHECKING:
    import apache_beam as beam
    from apache_beam.options.pipeline_options import PipelineOptions
    from apache_beam.runners.runner import PipelineResult

_ANSWER = 10  # seconds that a job server may take until it answers
_ENDING = 60  # seconds that Dataflow may take to end a job


class Job:
    """One attempt's job. It can be told to end at any time, also before it is known whether it runs."""

    def __init__(self, pipeline: beam.Pipeline, attempt: str) -> None:
        self._pipeline, self._attempt = pipeline, attempt
        self._result: PipelineResult | None = None
        self._flink: FlinkJob | None = None
        self._submitted = False  # or may be
        self._failed = False  # the engine itself said so

    @property
    def is_mine(self) -> bool:
        """Whether nothing of the job runs any more once this process has left it, or it was never begun."""
        return not self._submitted or self.in_this_process

    @property
    def in_this_process(self) -> bool:
        """Whether this process is the whole engine: whatever runs of the job runs in it."""
        from apache_beam.options.pipeline_options import DirectOptions

        direct = self._pipeline.options.view_as(DirectOptions)
        one = direct.direct_num_workers == 1 and direct.direct_running_mode == "in_memory"
        return self._in_process and one

    @property
    def _in_process(self) -> bool:
        return type(self._pipeline.runner).__name__ == "FnApiRunner"

    def run(self) -> None:
        """Hand the job over and wait until it is done.

        Raises:
            TokumeiError: of the kind that the cause has, wherever the engine met it.
            KeyboardInterrupt: this process was told to stop.
            Exception: anything unexpected, as the engine raised it.
        """
        from tokumei.pipelines.launcher.dataflow import submit

        self._flink = flink_job(self._pipeline, self._attempt)
        self._reach_job_server()
        with data_errors_end(self._flink) as found, worker_deaths():
            try:
                self._result = submit(self._pipeline)
                self._result.wait_until_finish()
            except Exception as error:
                known = found[0] if found else recover(error)
                if known is None and "KeyboardInterrupt" in str(error):  # an engine wraps it like any other
                    raise KeyboardInterrupt from None
                if known is None:
                    raise
                self._failed = True
                raise known from None

    def end(self) -> bool:
        """End what may still run; return whether it surely has ended.

        Only who runs a job itself is believed: Beam's job servers report jobs as cancelled that live.
        """
        from apache_beam.runners.runner import PipelineState

        if self.is_mine or self._in_process:
            return True
        with suppress(Exception):  # it cannot be reached
            if self._result is not None and not PipelineState.is_terminal(self._result.state):
                self._result.cancel()
        if self._flink is not None:
            return self._flink.end()
        if self._failed and self._state() == PipelineState.FAILED:
            return True
        deadline = time.monotonic() + _ENDING
        while self._on_dataflow and self._result is not None and time.monotonic() < deadline:
            if PipelineState.is_terminal(self._state()):
                return True
            time.sleep(1)
        return False

    def look(self) -> Look | None:
        """Ask the engine how far the job is; None where this process counts all.

        Raises:
            Exception: the engine does not answer.
        """
        if self.in_this_process:
            return None
        if not self._submitted:
            return Look("building the graph")
        if self._flink is not None:
            return self._flink.look()
        if self._result is None:
            return Look("running" if self._in_process else "handing the job over")
        return Look(str(self._result.state).lower(), self.counters())

    def counters(self) -> dict[str, int]:
        """Return our counters as the engine has them by now; none where it does not tell them."""
        from apache_beam.metrics.metric import MetricsFilter

        if self._result is None:
            return {}
        with suppress(Exception):
            result: Any = self._result
            if hasattr(result, "_job_service"):
                result._metrics = None  # it would tell its first answer for ever
            found = result.metrics().query(MetricsFilter().with_namespace(NAMESPACE))["counters"]
            return {each.key.metric.name: int(each.result or 0) for each in found}
        return {}

    @property
    def may_run(self) -> bool:
        """Whether the job may still be running, as far as can be told."""
        from apache_beam.runners.runner import PipelineState

        if self._flink is not None:
            return self._flink.may_run
        return not (self.is_mine or PipelineState.is_terminal(self._state()))

    @property
    def _on_dataflow(self) -> bool:
        return type(self._pipeline.runner).__name__ == "DataflowRunner"

    def _state(self) -> str:
        from apache_beam.runners.runner import PipelineState

        with suppress(Exception):
            return str(self._result.state) if self._result is not None else str(PipelineState.UNKNOWN)
        return str(PipelineState.UNKNOWN)

    def _reach_job_server(self) -> None:
        """Let the runner reach or start its job server, or say in time that it cannot.

        Beam waits five minutes for an answer, and tells what is missing as errors of its libraries.
        """
        runner: Any = self._pipeline.runner
        begin = getattr(runner, "create_job_service", None)
        if begin is None:
            self._submitted = True
            return

        def begun(options: PipelineOptions) -> Any:
            from apache_beam.options.pipeline_options import PortableOptions

            place = options.view_as(PortableOptions).job_endpoint
            if place and place != "embed" and not _answers(place):
                raise unreachable(f"--job_endpoint={place}", "no job server answers there", "host and port")
            before = socket.getdefaulttimeout()
            socket.setdefaulttimeout(_ANSWER)  # of what it may fetch
            try:
                service = begin(options)
            except Exception as error:  # no record has been read yet: the text can quote options only
                text = " ".join(str(error).split()) or type(error).__name__
                raise not_begun(type(runner).__name__, text) from None
            finally:
                socket.setdefaulttimeout(before)
            self._submitted = True
            return service

        runner.create_job_service = begun


def _answers(place: str) -> bool:
    """Whether a job server answers: not only a port that takes connections."""
    import grpc
    from apache_beam.portability.api import beam_job_api_pb2, beam_job_api_pb2_grpc

    asked = beam_job_api_pb2.GetJobsRequest()
    with grpc.insecure_channel(place) as channel:
        try:
            beam_job_api_pb2_grpc.JobServiceStub(channel).GetJobs(asked, timeout=_ANSWER, wait_for_ready=True)
        except grpc.RpcError as error:
            known = error.code() is grpc.StatusCode.UNIMPLEMENTED  # by a server that has no such call
            return bool(known and "http" not in str(error.details()).lower())
    return True
