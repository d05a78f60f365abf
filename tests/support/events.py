"""Events for tests."""

import datetime as dt

from tokumei.schemas.events import Event
from tokumei.schemas.japan_time import JST

WHEN = dt.datetime(2025, 11, 1, 9, tzinfo=JST)


def event(payload, subject, at=WHEN, **fields):
    said = {
        "body": "見本市",
        "body_kind": "市区町村",
        "at": at,
        "recorded_at": at,
        "actor": "行政機関等",
        "record": "",
        "subject": subject,
    }
    return Event.made(**{**said, **fields}, payload=payload)
