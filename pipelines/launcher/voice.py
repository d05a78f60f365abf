"""What a job says while it runs: lines on stderr, and the same in a log file, as text or as JSON."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

from tokumei.schemas.errors import InputError

QUIET, NORMAL, VERBOSE = -1, 0, 1
ENGINE_LOG = ".engine"  # what an engine says is kept beside the log, under its name and this


def add_voice(parser: argparse.ArgumentParser) -> None:
    """Declare the options of what is said."""
    loud = parser.add_mutually_exclusive_group()
    loud.add_argument(
        "-v", "--verbose", action="store_true", help="tell each stage and the engine's counters too"
    )
    loud.add_argument("-q", "--quiet", action="store_true", help="tell nothing but warnings and errors")
    parser.add_argument("--log-file", metavar="FILE", help="add what is told to a file, however it ends")
    parser.add_argument(
        "--log-format", choices=("text", "json"), default="text", help="of the log file (default: text)"
    )


class Voice:
    """Says on stderr what its level lets it, and writes all of it to a log file, if there is one.

    It has a descriptor of stderr of its own, which `quiet` does not touch. It never holds a source value: who
    says something gives names, places, counts and times. A log that cannot be written stops no run.

    Args:
        level: QUIET says warnings alone on stderr; VERBOSE says details too.
        log: path of a file that is added to; None: none.
        as_json: whether each line of the file is an object.

    Raises:
        InputError: the log file cannot be opened.
    """

    def __init__(self, level: int = NORMAL, log: str | None = None, *, as_json: bool = False) -> None:
        self.level, self._as_json = level, as_json
        self.engine_log = None if log is None else f"{log}{ENGINE_LOG}"
        self._log = None if log is None else _opened(log)
        self.stream: TextIO = sys.stderr
        with suppress(OSError, ValueError):  # a program's own stream, without a descriptor
            self.stream = open(os.dup(sys.stderr.fileno()), "w", encoding=sys.stderr.encoding)  # noqa: PTH123, SIM115

    @property
    def has_log(self) -> bool:
        """Whether there is a log file."""
        return self._log is not None

    def say(self, event: str, text: str, *, level: int = NORMAL, **fields: Any) -> None:
        """Say a line.

        Args:
            event: what kind of line it is, for programs.
            text: the line.
            level: at which level of the voice it is said on stderr at least.
            fields: what the line tells, for programs.
        """
        if level <= self.level:
            with suppress(OSError):
                print(text, file=self.stream, flush=True)
        self.note(event, text, **fields)

    def warn(self, text: str) -> None:
        """Say a warning, at every level."""
        self.say("warning", text, level=QUIET)

    def note(self, event: str, text: str, **fields: Any) -> None:
        """Write a line to the log file alone."""
        if self._log is None:
            return
        now = utc(time.time())
        line = f"{now} {event}: {text}"
        if self._as_json:
            line = json.dumps({"time": now, "event": event, "text": text, **fields}, ensure_ascii=False)
        with suppress(OSError):
            print(line, file=self._log, flush=True)


def utc(moment: float) -> str:
    """Return a moment, in seconds since 1970, as it stands in the log."""
    return dt.datetime.fromtimestamp(moment, dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def voice_of(args: argparse.Namespace) -> Voice:
    """Return the voice that the options ask for.

    Raises:
        InputError: the log file cannot be opened.
    """
    level = QUIET if args.quiet else VERBOSE if args.verbose else NORMAL
    return Voice(level, args.log_file, as_json=args.log_format == "json")


def _opened(path: str) -> TextIO:
    try:
        return Path(path).open("a", encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise InputError(
            "log.open",
            where=f"--log-file={path}",
            what=f"the log file cannot be written ({error.strerror})",
            fix="name a file in a folder that is there and can be written",
        ) from None
