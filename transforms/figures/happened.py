"""What happened, as a table: the events of one body that count, one line for each thing that a figure may count."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

import polars as pl

from tokumei.schemas.body_events import FileJudged
from tokumei.schemas.event_base import Payload
from tokumei.schemas.events import Event
from tokumei.schemas.figures import ELIGIBLE, INELIGIBLE

_SCHEMA = {
    "kind": pl.String,
    "day": pl.Date,
    "subject": pl.String,
    "file": pl.String,
    "part": pl.String,
    "number": pl.Int64,
}
# The part of a figure that an event belongs to, and the number that it adds, by the fields of what it says.
_PARTS = {"proposal_received": "under", "terminated": "ground", "inquiry_received": "by"}
_NUMBERS = {"fee_paid": "amount", "product_created": "people", "opinion_asked": "third_parties"}


def happened(events: Iterable[Event], until: dt.date) -> pl.DataFrame:
    """Return the lines of one body's events that are in force, in the order of the ledger.

    A call that opens has a line for each of its files, a notice of what does not fit one for each reason; all
    other events have one.

    Args:
        events: in the order in which they happened; what was corrected or annulled is left out of them.
        until: the last day that counts.

    Returns:
        kind, day (Japanese), subject, file (null where it is about none), part (null where none), number.
    """
    called: dict[str, tuple[str, ...]] = {}
    lines: list[tuple[Any, ...]] = []
    for event in events:
        said, kind, day = event.payload, event.payload.kind, event.at.date()
        if kind == "call_announced":
            called[event.subject] = said.files  # type: ignore[union-attr]
        if day > until:
            continue
        if kind == "call_opened":
            lines += [(kind, day, event.subject, file, None, None) for file in called[event.subject]]
        elif kind == "screened_unfit":
            tests = dict.fromkeys(str(reason.test) for reason in said.reasons)  # type: ignore[union-attr]
            lines += [(kind, day, event.subject, event.file, test, None) for test in tests]
        elif kind == "file_judged":
            how = ELIGIBLE if eligible(said) else INELIGIBLE  # type: ignore[arg-type]
            lines.append((how, day, event.subject, event.subject, how.rpartition(" ")[2], None))
        else:
            lines.append((kind, day, event.subject, event.file, *_counted(kind, said)))
    return pl.DataFrame(lines, schema=_SCHEMA, orient="row")


def eligible(judged: FileJudged) -> bool:
    """Return whether all three conditions were found to hold (法60条3項)."""
    return judged.published.holds and judged.disclosable.holds and judged.unhindered.holds


def _counted(kind: str, said: Payload) -> tuple[str | None, int | None]:
    part = str(getattr(said, _PARTS[kind])) if kind in _PARTS else None
    return part, getattr(said, _NUMBERS[kind]) if kind in _NUMBERS else None
