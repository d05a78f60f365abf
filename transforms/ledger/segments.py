"""Segments: the events that one command appends, as one Avro file that names the digest of the one before.

The same events after the same segment give the same bytes, on every machine.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Any

import fastavro
from pydantic import ValidationError

from tokumei.schemas.errors import InputError
from tokumei.schemas.events import Event

BEGINNING = "0" * 64  # stands for the digest before the first segment
_PREVIOUS = "tokumei.previous"


def encoded_segment(events: Sequence[Event], previous: str) -> bytes:
    """Return the file of a segment.

    Args:
        events: what it holds, in order; at least one.
        previous: SHA-256 of the segment before, hexadecimal; `BEGINNING` for the first.
    """
    out = io.BytesIO()
    marker = hashlib.sha256("".join([previous, *(event.event_id for event in events)]).encode()).digest()[:16]
    fastavro.writer(
        out,
        event_schema(),
        map(_row, events),
        codec="deflate",
        metadata={_PREVIOUS: previous},
        sync_marker=marker,
    )
    return out.getvalue()


def decoded_segment(data: bytes, uri: str) -> tuple[str, list[Event]]:
    """Return the digest of the segment before, and the events.

    Args:
        data: a segment's file.
        uri: where it is, for messages.

    Raises:
        InputError: it is no segment, or an event is not what its id says.
    """
    try:
        reader = fastavro.reader(io.BytesIO(data))
        previous = str(reader.metadata[_PREVIOUS])
        events = [_event(row) for row in reader]
    except (ValidationError, ValueError, KeyError, EOFError, TypeError, IndexError):
        raise damaged_segment(uri, "it is no segment of a ledger, or cut short") from None
    if any(event.digest() != event.event_id for event in events):
        raise damaged_segment(uri, "an event in it is not what its id says")
    return previous, events


def damaged_segment(uri: str, what: str) -> InputError:
    """Return the error for a segment that is not as it was written; ``what`` says how."""
    return InputError("ledger.damaged", where=uri, what=what, fix="restore the ledger from a backup")


@cache
def event_schema() -> Any:
    """Return the Avro schema of an event."""
    text = resources.files("tokumei.schemas").joinpath("event.avsc").read_text(encoding="utf-8")
    return fastavro.parse_schema(json.loads(text))


def _row(event: Event) -> dict[str, Any]:
    row = event.model_dump(mode="json", exclude={"payload"})
    return {**row, "kind": event.kind, "payload": event.payload.model_dump_json()}


def _event(row: Any) -> Event:
    payload = row.pop("payload")
    del row["kind"]  # the payload says it too, and what it says is of that kind
    return Event.model_validate_json(f'{json.dumps(row, ensure_ascii=False)[:-1]}, "payload": {payload}}}')
