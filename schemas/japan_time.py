"""日本標準時: the time that releases and the register are dated in, whatever the machine's zone."""

from __future__ import annotations

import datetime as dt

JST = dt.timezone(dt.timedelta(hours=9))


def now() -> str:
    """Return the time in ISO 8601, to the second."""
    return dt.datetime.now(JST).isoformat(timespec="seconds")


def today() -> dt.date:
    """Return the day."""
    return dt.datetime.now(JST).date()
