"""An occasion: whose register it is, as of when, and which record is decided; it makes the events.

A command is a pure function ``decide(body, record, occasion) → events``, or it raises `Refused`. It sees the
state, the record and the occasion alone, so that it may be asked again whenever somebody came between.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from tokumei.schemas.events import Actor, AnyPayload, BodyKind, Event, Paper
from tokumei.schemas.japan_time import JST
from tokumei.schemas.regimes import cited, regime_of
from tokumei.schemas.register import RegisterEntry
from tokumei.schemas.strict import Day, Strict, Text, broken
from tokumei.transforms.ledger.fold import Refused, refusal
from tokumei.transforms.ledger.proposers import Proposers


def _in_japan(value: Any) -> Any:
    if isinstance(value, str):
        try:
            value = dt.datetime.fromisoformat(value)
            # the day of a moment is the one in Japan, whatever offset it is written with
            return value.replace(tzinfo=JST) if value.tzinfo is None else value.astimezone(JST)
        except (ValueError, OverflowError):  # it quotes the text
            raise broken("record.moment", "must be a moment: YYYY-MM-DDTHH:MM", "correct it") from None
    return value


def _listed(value: Any) -> Any:
    return tuple(value.split()) if isinstance(value, str) else value


def _lines(value: Any) -> Any:
    parts = re.split("[\n;；]", value) if isinstance(value, str) else None
    return value if parts is None else tuple(part.strip() for part in parts if part.strip())


Moment = Annotated[dt.datetime, BeforeValidator(_in_japan)]
Ids = Annotated[tuple[Text, ...], BeforeValidator(_listed)]  # in a cell: separated by spaces
TextLines = Annotated[tuple[Text, ...], BeforeValidator(_lines)]  # in a cell: on lines, or before semicolons


class GivenPaper(Strict):
    """A paper as a record names it."""

    sha256: str = Field(pattern="^[0-9a-f]{64}$", description="Of its file.")
    issued_on: Day | None = Field(default=None, description="When its issuer made it (作成日).")


class Record(Strict):
    """What every record of a command may say, beside its own."""

    at: Moment | None = Field(
        default=None,
        description="When it happened, Japanese time unless it has an offset. Default: that of --as-of.",
    )
    papers: dict[Text, GivenPaper] = Field(default={}, description="What it rests on, by name.")


@dataclass(frozen=True, kw_only=True)
class Occasion:
    """The occasion of one record.

    Attributes:
        body, kind: whose register it is.
        as_of: the moment as of which all is recorded, Japanese time.
        registered: the entries in force of the body's register book, by entry_id.
        key: of the fiscal year, by which proposers and records are referred to; empty in tests alone.
        older: keys of years before, as far as proposers of these years are kept.
        apart: where who proposes is kept; None in tests alone.
        record: keyed digest of the record; empty for what time alone brings.
        events: all of the ledger so far.
    """

    body: str
    kind: BodyKind
    as_of: dt.datetime
    registered: Mapping[str, RegisterEntry]
    key: bytes = b""
    older: Sequence[bytes] = ()
    apart: Proposers | None = None
    record: str = ""
    events: Sequence[Event] = ()

    def keyed(self, digest: str) -> list[str]:
        """Return a digest of a record as events have it: by the key of the year first, then by older ones.

        Records name people; events, which others read, do not: without the key no guess can be tried on it.
        """
        keys = (self.key, *self.older)
        return [hmac.new(key, digest.encode(), hashlib.sha256).hexdigest()[:32] for key in keys]

    def happened(self, record: Record) -> dt.datetime:
        """Return when a record says that it happened.

        Raises:
            Refused: that is after the moment as of which it is recorded.
        """
        at = record.at or self.as_of
        if at > self.as_of and at.date() > self.as_of.date():
            raise refusal(
                "at",
                f"it would happen after {self.as_of.date()}, as of which it is recorded",
                article="",
                fix="correct at, or --as-of",
                code="future",
            )
        return at

    def event(
        self, record: Record | None, payload: AnyPayload, subject: str, actor: Actor, **about: Any
    ) -> Event:
        """Return an event.

        Args:
            record: that it is made from; None where time alone brings it.
            payload: what it says.
            subject: id of what it changes.
            actor: whose act it is.
            about: file, call, release, corrects, under, and at where it is not the record's.
        """
        papers = () if record is None else record.papers.items()
        return Event.made(
            **{"at": self.as_of if record is None else self.happened(record), **about},
            body=self.body,
            body_kind=self.kind,
            recorded_at=self.as_of if record is not None else about.get("at", self.as_of),
            actor=actor,
            subject=subject,
            papers=tuple(Paper(name=name, **paper.model_dump()) for name, paper in papers),
            record=self.record,
            payload=payload,
        )

    def refuse(self, where: str, reason: str, *, article: str, fix: str) -> Refused:
        """Return a refusal on an article, named by today's number and cited as of the day."""
        return refusal(where, reason, article=cited(article, regime_of(self.as_of.date())), fix=fix)
