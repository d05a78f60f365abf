"""What the command says of a release beside earlier ones of its file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_WARNING = "warning: "


def lines_of_earlier(beside: dict[str, Any]) -> Iterator[str]:
    """Yield how a table differs from earlier releases of the file, and who is held back for that.

    Args:
        beside: of the report; one of before may lack what is said since.
    """
    if beside["frozen"] is not None:
        yield f"earlier: {beside['table']}: levels of release {beside['frozen']}, as they were"
    if beside["people"] is None:
        return
    if not beside["releases"]:
        yield f"earlier: {beside['table']}: the first release of a file of this name; compared with none"
    elif not beside.get("classed", True):
        begins = _WARNING if beside["asked"] else "earlier: "
        yield (
            f"{begins}{beside['table']}: has no classes, so that nothing of it is compared with the"
            f" {beside['releases']:,} earlier releases that have it"
        )
    elif not beside.get("asked", True):
        yield _unasked(beside)
    else:
        yield _compared(beside)


def warnings_of_earlier(beside: dict[str, Any]) -> Iterator[str]:
    """Yield of these lines those that are warnings."""
    return (line for line in lines_of_earlier(beside) if line.startswith(_WARNING))


def _compared(beside: dict[str, Any]) -> str:
    since = held = ""
    if beside["came"] is not None:
        since = (
            f"; since the last {beside['came']:,} came, {beside['left']:,} left,"
            f" {beside['altered']:,} changed, {beside['stayed']:,} stayed as they were"
        )
    if beside["by_counts"]:
        since += f"; {beside['by_counts']:,} of them by counts alone"
    if beside["held_back"]:
        held = f"; {beside['held_back']:,} held back, {beside['waiting']:,} of them never released yet"
    return (
        f"earlier: {beside['table']}: compared with {beside['releases']:,} releases, each of which shows"
        f" nobody or {beside['people']:,} people{since}{held}"
    )


def _unasked(beside: dict[str, Any]) -> str:
    """Say what earlier releases show beside this one where the policy does not ask."""
    table, classes = beside["table"], beside["classes"]
    if classes:
        return (
            f"{_WARNING}{table}: classes whose counts differ from an earlier release by fewer than"
            f" {beside['people']:,} people: {classes:,}; who holds both learns of who came or left;"
            " requirements.earlier_releases stops the run, or holds people back"
        )
    alike, others = beside["by_counts"], beside["releases"] - beside["by_counts"]
    told = [f"counts of classes alone compared with {alike:,} releases of the same levels"] if alike else []
    told += [f"not compared with {others:,} releases of other levels or none"] if others else []
    return f"earlier: {table}: {', '.join(told)}: requirements has no earlier_releases"
