"""What the terminal shows while a job runs: progress for people, and no engine noise."""

from __future__ import annotations

import atexit
import io
import logging
import os
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from types import TracebackType
from typing import TextIO

EVERY = 30.0  # seconds between lines of a log
STAGES = {
    "profile": "pass 1 profile",
    "people": "counting people",
    "combinations": "rare combinations",
    "count": "pass 2 classes",
    "search": "search of levels",
    "promises": "promises of the release",
    "release": "pass 3 criteria",
    "written": "written",
}


@contextmanager
def quiet(*, engine: bool = False) -> Iterator[None]:
    """Silence logs, warnings and stderr while the block runs: an error reaches the user as one message.

    A library's log and an engine's traceback name internals, and could quote a source value.

    Args:
        engine: whether the block runs an engine, which goes on printing after the block has ended. Three
            things are then silent for longer. A process that is started in the block inherits a stderr
            that leads nowhere. A thread of this process other than the caller can never write to stderr
            again. At exit, nothing can: engines complain when they are ended.
    """
    before, stderr = logging.root.manager.disable, sys.stderr
    logging.disable(logging.CRITICAL)
    sys.stderr = io.StringIO()
    with warnings.catch_warnings(), _unheard() if engine else nullcontext():
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            logging.disable(before)
            sys.stderr = _OneVoice(stderr) if engine else stderr
            if engine:
                atexit.register(_silence)  # handlers run last in, first out: before those of any engine


@contextmanager
def _unheard() -> Iterator[None]:
    """Point file descriptor 2 nowhere: what is started in the block inherits it."""
    try:
        kept = os.dup(2)
    except OSError:  # closed by the caller: nobody listens
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


class _OneVoice(io.TextIOBase):
    """A stream that drops what threads other than the creating one write."""

    def __init__(self, stream: TextIO) -> None:
        self._stream, self._thread = stream, threading.get_ident()

    def write(self, text: str) -> int:
        return self._stream.write(text) if threading.get_ident() == self._thread else len(text)

    def flush(self) -> None:
        self._stream.flush()

    def isatty(self) -> bool:
        return self._stream.isatty()


def _silence() -> None:
    logging.disable(logging.CRITICAL)
    sys.stderr = open(os.devnull, "w")  # noqa: SIM115, PTH123  # open until the process has ended


def mute_stdout() -> None:
    """Let standard output, which cannot be written, lead nowhere: else it would fail again at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class Progress:
    """Shows records by stage, and nodes of the search, while the block runs.

    Where stderr is no terminal, a line every `EVERY` seconds: a run of minutes in a log shows that it lives.
    """

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Progress:
        from tokumei.transforms.engine import progress

        progress.reset()
        with suppress(OSError):  # a program's own stream, without a descriptor
            # A descriptor of its own, which `quiet` does not touch.
            terminal = open(os.dup(sys.stderr.fileno()), "w", encoding=sys.stderr.encoding)  # noqa: PTH123
            show = self._show if terminal.isatty() else self._log
            self._thread = threading.Thread(target=show, args=(terminal,), daemon=True)
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _show(self, terminal: TextIO) -> None:
        from rich.console import Console
        from rich.progress import Progress as Bars
        from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

        from tokumei.transforms.engine import progress

        columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        with terminal, Bars(*columns, console=Console(file=terminal), transient=True) as bars:
            task = bars.add_task("starting", total=None)
            ended = False
            while not ended:
                ended = self._stop.wait(0.2)
                for stage, n in progress.seen().items():  # the newest stage stays
                    bars.update(task, description=describe(stage, n, progress.best_cost()))
                bars.refresh()

    def _log(self, log: TextIO) -> None:
        from tokumei.transforms.engine import progress

        began = time.monotonic()
        with log, suppress(OSError):  # a closed log stops no run
            while not self._stop.wait(EVERY):
                for stage, n in list(progress.seen().items())[-1:]:
                    told = describe(stage, n, progress.best_cost())
                    print(f"{time.monotonic() - began:,.0f} s: {told}", file=log, flush=True)


def describe(stage: str, n: int, best: float | None) -> str:
    """Return the line that a stage shows: records, or nodes and the lowest cost so far."""
    if stage != "search":
        return f"{STAGES[stage]}: {n:,} records"
    found = "none feasible yet" if best is None else f"lowest cost so far {best:.4g}"
    return f"{STAGES[stage]}: {n:,} combinations, {found}"
