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

from tokumei.schemas.errors import InputError
from tokumei.schemas.events import Event, id_of

BEGINNING = "0" * 64  # stands for the digest before the first segment
_PREVIOUS = "tokumei.previous"
_NO_SEGMENT = "it is no segment of a ledger, or cut short"


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


def segment_before(data: bytes, uri: str) -> str:
    """Return the digest of the segment before, as a segment's file names it.

    Raises:
        InputError: it is no segment.
    """
    try:
        return str(fastavro.reader(io.BytesIO(data)).metadata[_PREVIOUS])
    except Exception:  # as in `decoded_segment`
        raise damaged_segment(uri, _NO_SEGMENT) from None


def decoded_segment(data: bytes, uri: str) -> list[Event]:
    """Return the events of a segment.

    Args:
        data: a segment's file.
        uri: where it is, for messages.

    Raises:
        InputError: it is no segment, or an event is not what its id says.
    """
    try:
        events = [_event(row) for row in fastavro.reader(io.BytesIO(data))]
    except Exception:  # fastavro, zlib and pydantic have one each for every way of being broken
        raise damaged_segment(uri, _NO_SEGMENT) from None
    if None in events:
        raise damaged_segment(uri, "an event in it is not what its id says")
    return [event for event in events if event is not None]


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


def _event(row: Any) -> Event | None:
    """Return an event; None where it is not what its id says.

    The id is that of what was written: an event that says nothing of a field which came later keeps its id.
    """
    payload = row.pop("payload")
    del row["kind"]  # the payload says it too, and what it says is of that kind
    said = {name: value for name, value in row.items() if name != "event_id"}
    if id_of({**said, "payload": json.loads(payload)}) != row["event_id"]:
        return None
    return Event.model_validate_json(f'{json.dumps(row, ensure_ascii=False)[:-1]}, "payload": {payload}}}')
