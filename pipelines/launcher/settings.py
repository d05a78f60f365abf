"""What a command sets of its policy's parameters: ``--set`` and ``--date``."""

from __future__ import annotations

import argparse
import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from tokumei.schemas.errors import PolicyError, TokumeiError

_LONGEST = 3_660  # days of a range


def add_settings(parser: argparse.ArgumentParser, *, days: bool = False) -> None:
    """Declare the arguments; with ``days`` a range of dates is one run a day."""
    more = "; FROM..TO: one release a day, in order" if days else ""
    parser.add_argument("--date", metavar="DAY", help=f"YYYY-MM-DD, the policy's parameter date{more}")
    parser.add_argument(
        "--set",
        action="append",
        metavar="NAME=VALUE",
        help="the value of a parameter that the policy declares; may be repeated",
    )


def settings_of(args: argparse.Namespace) -> dict[str, str]:
    """Return the values that a command sets, by name.

    Raises:
        PolicyError: one is not NAME=VALUE, or is set twice; or the date is a range.
    """
    if ".." in (args.date or ""):
        raise _no_range("this command takes one day")
    return _set_by(args)


def _set_by(args: argparse.Namespace) -> dict[str, str]:
    found = {} if args.date is None else {"date": args.date}
    for text in args.set or ():
        name, equals, value = text.partition("=")
        if not equals or name in found:
            raise PolicyError(
                "usage.parameter",
                where="--set",
                what="a parameter is set twice" if equals else "a setting is NAME=VALUE",
                fix="for example --set ward=minato; --date sets the parameter date",
            )
        found[name] = value
    return found


def days_of(args: argparse.Namespace) -> Iterator[dict[str, str]]:
    """Yield what a command sets, once for each day of its range of dates, in order.

    Raises:
        PolicyError: as `settings_of`, but for a range; it is none, or is given a release id, that of one.
    """
    settings = _set_by(args)
    first, dots, last = settings.get("date", "").partition("..")
    if not dots:
        yield settings
        return
    try:
        start, end = (dt.datetime.strptime(day, "%Y-%m-%d").date() for day in (first, last))
    except ValueError:
        start, end = dt.date.max, dt.date.min
    if not 0 <= (end - start).days < _LONGEST or args.release_id is not None:
        raise _no_range(
            "a range is FROM..TO in days YYYY-MM-DD, the earlier first, each a release of its own name"
        )
    for number in range((end - start).days + 1):
        yield {**settings, "date": f"{start + dt.timedelta(number)}"}


def _no_range(what: str) -> PolicyError:
    fix = "for example --date 2026-04-01, or of anonymize --date 2026-04-01..2026-04-30 without --release-id"
    return PolicyError("usage.date", where="--date", what=what, fix=fix)


@contextmanager
def told_with_day(args: argparse.Namespace, settings: Mapping[str, str]) -> Iterator[None]:
    """Of a range of dates, tell with an error of the block which day it is of.

    Raises:
        TokumeiError: that of the block.
    """
    try:
        yield
    except TokumeiError as error:
        if args.date is not None and args.date != settings.get("date"):
            error.where = f"{error.where} (--date {settings['date']})"
        raise
