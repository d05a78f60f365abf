"""How engines fail, as far as their words tell it: what it means, and what to do.

Their words are only searched, never quoted, but for names of classes and jars: they could hold anything.
"""

from __future__ import annotations

import os
import re
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tokumei.schemas.errors import InputError, TokumeiError

if TYPE_CHECKING:
    from threading import ExceptHookArgs

_AGAIN = "then run the same command again"


class _Kind(NamedTuple):
    """A way to fail: words that tell it, code, what it is (with the name in the words) and the fix."""

    words: str
    code: str
    what: str
    fix: str


# The first whose words are found decides: a worker is lost for a reason that others may tell.
_KINDS = (
    _Kind(
        r"OutOfMemoryError|Java heap space|MemoryError|Cannot allocate memory|OOMKilled"
        r"|return code (?:-9|137)\b|exit (?:code|status) 137\b|signal 9\b",
        "engine.memory",
        "a worker ran out of memory, or the system ended it as it does then",
        "give workers more memory, or fewer threads or slots each (deploy/README.md, Sizing)",
    ),
    _Kind(
        r"(?:NoClassDefFoundError|ClassNotFoundException): (?P<name>[\w.$/]{1,200})",
        "engine.jar",
        "the engine lacks the class {name}: a jar is missing, or is of another version",
        "put Beam's jars of deploy/versions.env where the engine looks for them (deploy/README.md)",
    ),
    _Kind(
        r"NoResourceAvailableException|Could not acquire the minimum required resources|not enough slots",
        "engine.slots",
        "Flink has fewer task slots than the job asks for",
        "start more task managers or slots, or lower --parallelism",
    ),
    _Kind(
        r"Cannot run program \"docker\"|No such file or directory: 'docker'|docker: (?:command )?not found",
        "engine.docker",
        "the engine would start workers by Docker, which is not there",
        "name the workers: --environment_type=EXTERNAL --environment_config=host:port of a worker pool",
    ),
    _Kind(
        r"failed to connect to all addresses|Connection refused|UnknownHostException|Name resolution failure",
        "engine.worker",
        "the engine reaches no worker pool",
        "start python -m tokumei.pipelines.worker_pool where --environment_config says, or correct that",
    ),
    _Kind(
        r"no longer reachable|Heartbeat of TaskManager|RemoteTransportException|Worker subprocess exited"
        r"|Lost connection to task manager|[Ww]orker (?:was )?(?:lost|disconnected)|Multiplexer hanging up",
        "engine.worker_lost",
        "a worker was lost",
        "look at its machine, and at the engine's log for why",
    ),
)


def engine_error(words: str, where: str) -> TokumeiError | None:
    """Return what an engine's words tell of its failure; None where they tell nothing that is known.

    Args:
        words: of its error.
        where: what failed.
    """
    for kind in _KINDS:
        if found := re.search(kind.words, words):
            name = found.groupdict().get("name", "")
            return TokumeiError(
                kind.code,
                where=where,
                what=f"{kind.what.format(name=name)}; nothing is published",
                fix=f"{kind.fix}; {_AGAIN}",
            )
    return None


def not_begun(runner: str, words: str) -> InputError:
    """Return the error of a job server that could not be begun; its jar or program is named if that is why.

    Args:
        runner: its class.
        words: of the error; no record has been read yet, so that they can quote options only.
    """
    jar = re.search(r"[\w./:+-]+\.jar\b", words)
    if jar:
        return InputError(
            "engine.jar",
            where=f"--runner={runner}",
            what=f"the jar of its job server is not there and cannot be fetched: {jar[0]}",
            fix="bring it here and name it by --flink_job_server_jar, or name a job server that runs by"
            " --job_endpoint (tests/engines/flink/cluster.py starts one)",
        )
    return unreachable(
        f"--runner={runner}",
        f"its job server could not be begun: {words}",
        "--prism_location or --job_endpoint",
    )


def unreachable(where: str, what: str, options: str) -> InputError:
    """Return the error of an engine that does not answer."""
    return InputError(
        "engine.unreachable", where=where, what=what, fix=f"start it, or correct {options}; then run again"
    )


def _end_workers(parent: int) -> None:
    """End the worker processes below a process: threads of Beam wait for each of them, at exit too."""
    for listed in Path(f"/proc/{parent}/task").glob("*/children"):
        with suppress(OSError):
            for child in map(int, listed.read_text().split()):
                _end_workers(child)
                if b"sdk_worker_main" in Path(f"/proc/{child}/cmdline").read_bytes():
                    os.kill(child, signal.SIGKILL)


@contextmanager
def worker_deaths() -> Iterator[None]:
    """Let the block end where a worker that this process has started has died: Beam would wait for ever.

    Raises:
        RuntimeError: a worker has died; with Beam's words of it.
    """
    died: list[str] = []
    main, before = threading.main_thread(), threading.excepthook

    def note(told: ExceptHookArgs) -> None:
        before(told)
        if "Worker subprocess exited" in str(told.exc_value):
            died.append(str(told.exc_value))
            _end_workers(os.getpid())
            signal.pthread_kill(main.ident or 0, signal.SIGINT)

    if threading.current_thread() is not main:
        yield
        return
    threading.excepthook = note
    handler = signal.signal(
        signal.SIGINT, signal.default_int_handler
    )  # which a shell may have let be ignored
    try:
        yield
    except KeyboardInterrupt:
        if died:
            raise RuntimeError(died[0]) from None
        raise
    finally:
        threading.excepthook = before
        signal.signal(signal.SIGINT, handler)
