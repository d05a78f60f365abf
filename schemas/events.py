"""Events of the register's life: what happened, to what, when, by whom, on which article (法60条, 110–120条).

An event is never changed and never removed. A wrong one is corrected by another of its kind that names it in
``corrects``, or annulled. What a body's files, calls and cases are is the fold of its events
(`transforms.ledger`).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import Field, model_validator

from tokumei.schemas import body_events as b
from tokumei.schemas import case_events as c
from tokumei.schemas.event_base import Subject
from tokumei.schemas.japan_time import JST
from tokumei.schemas.regimes import PublicRegime, cited, regime_of
from tokumei.schemas.strict import Day, Strict, Text, broken
from tokumei.schemas.transitions import articles

BodyKind = Literal[
    "行政機関", "独立行政法人等", "都道府県", "指定都市", "市区町村", "地方独立行政法人", "その他"
]
Actor = Literal["行政機関等", "提案者", "第三者", "請求者等", "時の経過"]
AnyPayload: TypeAlias = Annotated[
    b.FileJudged
    | b.FileErased
    | b.CallAnnounced
    | b.CallOpened
    | b.CallClosed
    | b.BarBegun
    | b.BarEnded
    | b.ProposerDestroyed
    | b.ComplaintReceived
    | b.ComplaintAnswered
    | b.InquiryReceived
    | b.InquiryAnswered
    | b.Annulled
    | c.ProposalReceived
    | c.ProposalLate
    | c.CorrectionAsked
    | c.ProposalCorrected
    | c.ProposalWithdrawn
    | c.ProposalLapsed
    | c.ScreeningJudged
    | c.ScreenedFit
    | c.ScreenedUnfit
    | c.OpinionAsked
    | c.OpinionGiven
    | c.OpinionsClosed
    | c.ContractApplied
    | c.FeePaid
    | c.ContractConcluded
    | c.ProductCreated
    | c.Provided
    | c.PeriodEnded
    | c.Terminated,
    Field(discriminator="kind"),
]


_TAKEN_BY_118 = {"112", "114", "115"}  # 118条2項


def id_of(said: Mapping[str, Any]) -> str:
    """Return the id of an event that says this, as JSON has it: of all but the id itself."""
    text = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


class Paper(Strict):
    """A paper that an event rests on: what it is, and its digest; the paper itself is kept elsewhere."""

    name: Text = Field(description="For example 提案書, 誓約書, 登記事項証明書.")
    sha256: str = Field(
        pattern="^[0-9a-f]{64}$",
        description="Of its file; of a paper that tells why somebody is disqualified, keyed (HMAC).",
    )
    issued_on: Day | None = Field(default=None, description="When its issuer made it (作成日).")


class Event(Strict):
    """One event. ``subject`` is the id of what it changes; a bar and a proposer's data have their case's."""

    event_id: str = Field(pattern="^[0-9a-f]{32}$", description="Digest of all else.")
    body: Text = Field(description="行政機関等の名称")
    body_kind: BodyKind = Field(description="行政機関等の区分")
    at: dt.datetime = Field(description="When it happened, Japanese time.")
    recorded_at: dt.datetime = Field(description="As of when it was recorded, Japanese time.")
    actor: Actor = Field(description="Who did it, by role.")
    basis: str = Field(description="The article of the regime.")
    regime: PublicRegime = Field(description="制度 of the day of ``at``.")
    subject: Text = Field(description="Id of what it changes: file, call, case, complaint or inquiry.")
    file: Text | None = Field(default=None, description="entry_id of the file that it is about.")
    call: Text | None = Field(default=None, description="The call that it belongs to.")
    release: Text | None = Field(default=None, description="The release (product) that it is about.")
    papers: tuple[Paper, ...] = Field(default=(), description="What it rests on.")
    record: str = Field(description="Digest of the record that a command made it from; of ``tick``: empty.")
    corrects: str | None = Field(default=None, description="event_id of the event that this one replaces.")
    payload: AnyPayload

    @property
    def kind(self) -> str:
        """What happened."""
        return self.payload.kind

    @property
    def of(self) -> Subject:
        """What kind of thing it changes."""
        return self.payload.of

    @classmethod
    def made(cls, *, under: str | None = None, **fields: Any) -> Event:
        """Return an event with what follows from the rest of it: id, basis and regime.

        The same fields give the same event. Of a case ``under`` 118 (a product that exists), 118条 is the
        basis of what it takes from 112条, 114条 and 115条.
        """
        at: dt.datetime = fields["at"].astimezone(JST)
        regime = regime_of(at.date())
        fields |= {"at": at, "recorded_at": fields["recorded_at"].astimezone(JST), "regime": regime}
        article = articles()[fields["payload"].kind]
        if article in _TAKEN_BY_118 and "118" in {under, getattr(fields["payload"], "under", None)}:
            article = "118"
        fields["basis"] = cited(article, regime)
        bare = cls.model_construct(event_id="", **fields)
        return cls(event_id=bare.digest(), **fields)

    def resting_on(self, paper: Paper) -> Event:
        """Return the same event with one paper more, and so with another id."""
        fields = {name: getattr(self, name) for name in type(self).model_fields if name != "event_id"}
        fields["papers"] = (*self.papers, paper)
        return type(self)(event_id=type(self).model_construct(event_id="", **fields).digest(), **fields)

    def digest(self) -> str:
        """Return the id that the event must have."""
        return id_of(self.model_dump(mode="json", exclude={"event_id"}))

    @model_validator(mode="after")
    def _in_japan(self) -> Self:
        if {self.at.utcoffset(), self.recorded_at.utcoffset()} != {JST.utcoffset(None)}:
            raise broken("event.zone", "times of events are Japanese times", "write them with +09:00", ["at"])
        return self
