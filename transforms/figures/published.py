"""What everybody may read of one body: its calls, its windows (窓口), files that proposals may be made on, products.

Nothing of a proposal is here, nor of who made it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tokumei.schemas.body_events import CallAnnounced, FileErased, FileJudged
from tokumei.schemas.case_events import ProductCreated
from tokumei.schemas.events import Event
from tokumei.schemas.file_items import Period
from tokumei.schemas.regimes import fiscal_year
from tokumei.transforms.figures.happened import eligible
from tokumei.transforms.figures.views.dataset import Cell

Line = Mapping[str, Cell]


@dataclass(frozen=True, kw_only=True)
class Published:
    """Lines of one body's lists, each with a ``key`` of its own, in the order of its events.

    Attributes:
        body: what it is called, of which kind, and the window of its latest call.
        calls: calls that are announced, with period and window.
        files: files that the three conditions hold for and that stand in the register.
        products: what was made of them and is on offer (117条, 118条).
    """

    body: Line
    calls: tuple[Line, ...]
    files: tuple[Line, ...]
    products: tuple[Line, ...]


@dataclass
class _Lists:
    calls: dict[str, tuple[Event, CallAnnounced]] = field(default_factory=dict)
    files: dict[str, FileJudged] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    products: list[tuple[Event, ProductCreated]] = field(default_factory=list)


def published(events: Iterable[Event], key: str, until: dt.date, year: int) -> Published | None:
    """Return what is public of a body at the end of a day; None where nothing happened by then.

    Args:
        events: of the body, those in force, in the order in which they happened.
        key: of the body, the same in all lists.
        until: that day.
        year: the fiscal year whose calls are counted.
    """
    lists, last = _Lists(), None
    for event in events:
        if event.at.date() <= until:
            last = event
            _take(lists, event)
    if last is None:
        return None
    calls = tuple(_call(event, said, key, until) for event, said in lists.calls.values())
    window = next(reversed([said.window for _, said in lists.calls.values()]), None)
    at = {"body_key": key, "body": last.body, "body_kind": last.body_kind}
    offered = {file: call for call, (_, said) in lists.calls.items() for file in said.files}
    files = tuple(
        {**at, "key": file, "name": said.name, "people": said.people, "call": offered.get(file)}
        for file, said in lists.files.items()
    )
    return Published(
        body={
            "key": key,
            "body": last.body,
            "body_kind": last.body_kind,
            "window": window.name if window else None,
            "address": window.address if window else None,
            "contact": window.contact if window else None,
            "calls": sum(fiscal_year(s.period.start) == year for _, s in lists.calls.values()),
            "files": len(files),
        },
        calls=tuple({**at, **call} for call in calls),
        files=files,
        products=tuple(
            {**at, **_product(event, said, lists.names, until)} for event, said in lists.products
        ),
    )


def _take(lists: _Lists, event: Event) -> None:
    said = event.payload
    if isinstance(said, CallAnnounced):
        lists.calls[event.subject] = (event, said)
    elif isinstance(said, FileJudged):
        lists.names[event.subject] = said.name
        lists.files.pop(event.subject, None)
        if eligible(said):
            lists.files[event.subject] = said
    elif isinstance(said, FileErased):
        lists.files.pop(event.subject, None)
    elif isinstance(said, ProductCreated):
        lists.products.append((event, said))


def _call(event: Event, said: CallAnnounced, key: str, until: dt.date) -> Line:
    return {
        "key": f"{key}-{event.subject}",
        "call": event.subject,
        "title": said.title,
        "announced": f"{event.at.date()}",
        "first_day": f"{said.period.start}",
        "last_day": f"{said.period.end}",
        "state": standing(said.period, until),
        "files": len(said.files),
        "window": said.window.name,
        "address": said.window.address,
        "contact": said.window.contact,
    }


def standing(period: Period, day: dt.date) -> str:
    """Return where a period stands at the end of a day, as pages say it."""
    return "募集前" if day < period.start else "募集中" if day < period.end else "募集終了"


def _product(event: Event, said: ProductCreated, names: Mapping[str, str], until: dt.date) -> Line:
    offered = said.offered
    return {
        "key": event.release or event.event_id,
        "file": event.file,
        "name": names.get(event.file or ""),
        "people": said.people,
        "created": f"{event.at.date()}",
        "offered_from": f"{offered.start}" if offered else None,
        "offered_to": f"{offered.end}" if offered else None,
        "state": None if offered is None else standing(offered, until),
    }
