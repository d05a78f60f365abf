"""What the nightly pod starts: `tokumei`, whose exit status 3 becomes 75 where time alone may cure it.

A `podFailurePolicy` knows a container by its exit status, and 3 is two things: an input that somebody must
correct, and a storage or an engine that is away. The code of the error object on stderr tells them apart. All
other statuses are those of the command; what it prints is passed on as it comes.
"""

from __future__ import annotations

import json
import sys
from contextlib import redirect_stderr
from typing import Any

from tokumei.pipelines.cli import main

TRY_AGAIN = 75  # EX_TEMPFAIL of sysexits.h
# The same as in deploy/airflow/tokumei_nightly.py.
CURED_BY_TIME = frozenset(
    {
        "engine.unreachable",
        "input.changed",
        "input.incomplete",
        "input.missing",
        "store.credentials",
        "store.failed",
        "store.unavailable",
    }
)


class _Heard:
    """Standard error, of which the last line is remembered."""

    def __init__(self, stream: Any) -> None:
        self._stream, self._last = stream, ""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        if text.strip():
            self._last = text.strip().rpartition("\n")[2]
        return int(self._stream.write(text))

    def code(self) -> str:
        """Return the code of the error that stands there, or an empty text."""
        try:
            return str(json.loads(self._last)["code"])
        except (ValueError, TypeError, KeyError):
            return ""


def attempt() -> int:
    """Run the command of ``sys.argv``, which has `--json`; return the exit status of the container."""
    with redirect_stderr(_Heard(sys.stderr)) as heard:
        status = main()
    return TRY_AGAIN if status == 3 and heard.code() in CURED_BY_TIME else status


if __name__ == "__main__":
    raise SystemExit(attempt())
