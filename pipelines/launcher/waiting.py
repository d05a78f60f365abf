"""Waiting for a delivery: a run is planned again until its inputs are complete, or time is over."""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Callable
from typing import TypeVar

from tokumei.schemas.errors import InputError

EVERY = 30.0  # seconds between two looks
_CURED = frozenset({"input.incomplete", "input.missing"})
_UNITS = {"s": 1, "m": 60, "h": 3600}

T = TypeVar("T")


def seconds(text: str) -> int:
    """Return the seconds of 90s, 30m or 2h.

    Raises:
        argparse.ArgumentTypeError: it is none of these, or more than a day.
    """
    found = re.fullmatch(r"([1-9][0-9]{0,5})([smh])", text)
    length = int(found[1]) * _UNITS[found[2]] if found else 0
    if not 0 < length <= 24 * _UNITS["h"]:
        raise argparse.ArgumentTypeError("must be a time up to a day, as 90s, 30m or 2h")
    return length


def once_complete(plan: Callable[[], T], wait: int | None) -> T:
    """Return what ``plan`` makes once its inputs are complete; on stderr stands what is missing.

    Args:
        plan: plans the run.
        wait: for how many seconds it is tried; None: once.

    Raises:
        InputError: what is missing still when time is over; any other at once.
    """
    until, told = time.monotonic() + (wait or 0), ""
    while True:
        try:
            return plan()
        except InputError as error:
            left = until - time.monotonic()
            if error.code not in _CURED or left <= 0:
                raise
            if error.what != told:
                print(f"waiting: {error.where}: {error.what}", file=sys.stderr, flush=True)
                told = error.what
        time.sleep(min(EVERY, left))
