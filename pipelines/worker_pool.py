"""A pool of Python workers for engines that run elsewhere: Beam's environment type EXTERNAL, without Docker.

    python -m tokumei.pipelines.worker_pool --port 50000        # then --environment_type=EXTERNAL
                                                                #      --environment_config=localhost:50000

It differs from Beam's own pool (`apache_beam.runners.worker.worker_pool_main`) in three ways:

* It listens on the loopback interface only. Whoever reaches a pool can run code in it.
* Workers run under this very interpreter, not under whichever ``python`` comes first in PATH.
* Being told to stop a worker does not end a process. All Flink task managers name their workers alike, so
  those of two on one host that share a pool would end each other's. A worker ends by itself when its
  engine closes the control channel; when the pool ends, so do the workers that are left.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from apache_beam.portability.api import beam_fn_api_pb2, beam_fn_api_pb2_grpc

from tokumei.pipelines.launcher.own_process import HEAP

_WORKER = """
import sys
from apache_beam.runners.worker.sdk_worker import SdkHarness
SdkHarness(sys.argv[1], worker_id=sys.argv[2], state_cache_size=0, data_buffer_time_limit_ms=-1).run()
"""


class Pool(beam_fn_api_pb2_grpc.BeamFnExternalWorkerPoolServicer):
    """Starts a worker process whenever an engine asks for one; what it prints goes where the pool's goes."""

    def __init__(self) -> None:
        self._workers: list[subprocess.Popen[bytes]] = []

    def StartWorker(self, request: Any, context: Any) -> Any:  # the protocol's name
        """Start a worker that connects to the engine's control endpoint."""
        self._workers = [w for w in self._workers if w.poll() is None]
        command = [sys.executable, "-c", _WORKER, request.control_endpoint.url, request.worker_id]
        worker = subprocess.Popen(command, env={**HEAP, **os.environ})  # noqa: S603  # our own interpreter
        self._workers.append(worker)
        sys.stderr.write(f"worker {request.worker_id} started as process {worker.pid}\n")
        return beam_fn_api_pb2.StartWorkerResponse()

    def StopWorker(self, request: Any, context: Any) -> Any:
        """Leave it to the worker to end with its control channel."""
        return beam_fn_api_pb2.StopWorkerResponse()

    def close(self) -> None:
        """End the workers that are left."""
        for worker in self._workers:
            worker.terminate()
        for worker in self._workers:
            try:
                worker.wait(timeout=5)
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait()


def main() -> int:
    """Serve until told to end; print the address once workers can be asked for."""
    parser = argparse.ArgumentParser(
        prog="python -m tokumei.pipelines.worker_pool", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument(
        "--port", type=int, default=0, help="port on the loopback interface (default: a free one)"
    )
    args = parser.parse_args()
    server = grpc.server(ThreadPoolExecutor(max_workers=8))
    pool = Pool()
    beam_fn_api_pb2_grpc.add_BeamFnExternalWorkerPoolServicer_to_server(pool, server)
    port = server.add_insecure_port(f"127.0.0.1:{args.port}")
    server.start()
    sys.stdout.write(f"localhost:{port}\n")
    sys.stdout.flush()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: server.stop(0))
    server.wait_for_termination()
    pool.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
