"""Complaints (苦情の処理, 法128条) and inquiries (情報の提供, 法127条; 案内所, 法169条)."""

from __future__ import annotations

from pydantic import Field

from tokumei.schemas.body_events import (
    ComplaintAnswered,
    ComplaintReceived,
    InquiredBy,
    InquiryAnswered,
    InquiryReceived,
)
from tokumei.schemas.events import Event
from tokumei.schemas.strict import Text
from tokumei.transforms.ledger.state import Body
from tokumei.transforms.proposals.occasion import Occasion, Record


class ReceivedComplaint(Record):
    """A complaint that came in."""

    complaint: Text = Field(description="受付番号")
    about: Text = Field(description="In general words, naming nobody.")


class AnsweredComplaint(Record):
    """What became of a complaint."""

    complaint: Text = Field(description="受付番号")
    outcome: Text = Field(description="In general words, naming nobody.")


class ReceivedInquiry(Record):
    """A question that came in."""

    inquiry: Text = Field(description="受付番号")
    by: InquiredBy = Field(description="agency 行政機関等, local 地方公共団体, private 民間事業者等.")
    about: Text = Field(description="In general words, naming nobody.")


class AnsweredInquiry(Record):
    """That a question was answered."""

    inquiry: Text = Field(description="受付番号")


def receive_complaint(_: Body, record: ReceivedComplaint, occasion: Occasion) -> list[Event]:
    """Take in a complaint."""
    return [occasion.event(record, ComplaintReceived(about=record.about), record.complaint, "請求者等")]


def answer_complaint(_: Body, record: AnsweredComplaint, occasion: Occasion) -> list[Event]:
    """Answer a complaint."""
    payload = ComplaintAnswered(outcome=record.outcome)
    return [occasion.event(record, payload, record.complaint, "行政機関等")]


def receive_inquiry(_: Body, record: ReceivedInquiry, occasion: Occasion) -> list[Event]:
    """Take in an inquiry."""
    payload = InquiryReceived(by=record.by, about=record.about)
    return [occasion.event(record, payload, record.inquiry, "請求者等")]


def answer_inquiry(_: Body, record: AnsweredInquiry, occasion: Occasion) -> list[Event]:
    """Answer an inquiry."""
    return [occasion.event(record, InquiryAnswered(), record.inquiry, "行政機関等")]
