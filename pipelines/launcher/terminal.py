"""Silence on the terminal while libraries and engines run; what an engine says is kept in a file if asked."""

from __future__ import annotations

import atexit
import io
import logging
import os
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TextIO

_SAID = "%(asctime)s %(levelname)s %(name)s: %(message)s"


@contextmanager
def quiet(*, engine: bool = False, kept: str | None = None) -> Iterator[None]:
    """Silence logs, warnings and stderr while the block runs: an error reaches the user as one message.

    A library's log and an engine's traceback name internals, and could quote a source value.

    Args:
        engine: whether the block runs an engine, which goes on printing after the block has ended. Three
            things are then silent for longer. A process that is started in the block inherits a stderr
            that leads to ``kept``. A thread of this process other than the caller can never write to stderr
            again. At exit, nothing can: engines complain when they are ended.
        kept: a file to which is added what the engine logs in the block, and what the processes print that it
            starts; None: nowhere. What we let an engine run says no value (`guard`).
    """
    before, stderr = logging.root.manager.disable, sys.stderr
    logging.disable(logging.CRITICAL)
    sys.stderr = io.StringIO()
    with warnings.catch_warnings(), ExitStack() as more:
        warnings.simplefilter("ignore")
        if engine:
            more.enter_context(_unheard(kept or os.devnull))
        if kept is not None:
            more.enter_context(_logged(kept))
        try:
            yield
        finally:
            logging.disable(before)
            sys.stderr = _OneVoice(stderr) if engine else stderr
            if engine:
                atexit.register(_silence)  # handlers run last in, first out: before those of any engine


@contextmanager
def _logged(path: str) -> Iterator[None]:
    """Add what is logged in the block to a file, and to nothing else."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    file = logging.FileHandler(path, encoding="utf-8", errors="backslashreplace")
    file.setFormatter(logging.Formatter(_SAID))
    file.addFilter(
        lambda record: not record.name.startswith("apache_beam.typehints")
    )  # hundreds, of the graph
    file.handleError = lambda record: None  # type: ignore[method-assign]  # a full disk stops no run
    root.handlers = [file]
    root.setLevel(logging.INFO)
    logging.disable(logging.NOTSET)
    try:
        yield
    finally:
        root.handlers = handlers
        root.setLevel(level)
        file.close()


@contextmanager
def _unheard(path: str) -> Iterator[None]:
    """Point file descriptor 2 to a file: what is started in the block inherits it."""
    try:
        kept = os.dup(2)
    except OSError:  # closed by the caller: nobody listens
        yield
        return
    with Path(path).open("ab") as elsewhere:
        os.dup2(elsewhere.fileno(), 2)
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
