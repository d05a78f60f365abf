"""What the events of a body beside its cases say: files, calls, bars, complaints, inquiries."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from tokumei.schemas.event_base import Payload, Subject
from tokumei.schemas.file_items import Period
from tokumei.schemas.strict import Day, Strict, Text


class Desk(Strict):
    """Where proposals are taken in and questions answered (窓口)."""

    name: Text = Field(description="組織の名称")
    address: Text = Field(description="所在地")
    contact: Text = Field(description="電話番号・電子メールアドレス等")


class Condition(Strict):
    """What somebody has decided about one of the three conditions of 法60条3項."""

    holds: bool = Field(description="Whether it holds.")
    by: Text = Field(description="The officer who decided.")
    reason: Text = Field(description="Why.")


class FileJudged(Payload):
    """A file was judged for the call: eligible where all three conditions hold (法60条3項)."""

    of: ClassVar[Subject] = "file"
    kind: Literal["file_judged"] = "file_judged"
    name: Text = Field(description="個人情報ファイルの名称")
    people: int = Field(ge=0, description="本人の数 of the file, distinct people.")
    published: Condition = Field(description="1号: 個人情報ファイル簿に掲載され公表されている")
    disclosable: Condition = Field(description="2号: 開示請求があれば全部不開示とはならない")
    unhindered: Condition = Field(description="3号: 事務・事業の適正かつ円滑な運営に支障がない")
    third_party_opinion: bool = Field(default=False, description="2号ロ: third parties would be heard.")
    by_ordinance: bool = Field(default=False, description="法75条5項: entered although it is small.")


class FileErased(Payload):
    """The file's register entry is erased: under 1,000 people, or not held any more (令21条4項)."""

    of: ClassVar[Subject] = "file"
    kind: Literal["file_erased"] = "file_erased"
    people: int | None = Field(ge=0, description="People where under 1,000; None: not held.")


class CallAnnounced(Payload):
    """A call for proposals was announced (公示, 規則53条)."""

    of: ClassVar[Subject] = "call"
    kind: Literal["call_announced"] = "call_announced"
    title: Text = Field(description="The announcement's title.")
    period: Period = Field(description="募集の期間, both days included.")
    files: tuple[Text, ...] = Field(min_length=1, description="entry_id of each file.")
    window: Desk = Field(description="窓口")


class CallOpened(Payload):
    """The first day of a call began."""

    of: ClassVar[Subject] = "call"
    kind: Literal["call_opened"] = "call_opened"


class CallClosed(Payload):
    """The last day of a call ended."""

    of: ClassVar[Subject] = "call"
    kind: Literal["call_closed"] = "call_closed"


class BarBegun(Payload):
    """The proposer of a terminated contract may make no proposal (法113条5号)."""

    of: ClassVar[Subject] = "bar"
    kind: Literal["bar_begun"] = "bar_begun"
    proposer: Text
    free_on: Day = Field(description="The first day that is free again.")


class BarEnded(Payload):
    """Two years have passed since the termination (法113条5号)."""

    of: ClassVar[Subject] = "bar"
    kind: Literal["bar_ended"] = "bar_ended"


class ProposerDestroyed(Payload):
    """What identifies the proposer of a case was destroyed."""

    of: ClassVar[Subject] = "proposer"
    kind: Literal["proposer_destroyed"] = "proposer_destroyed"


class ComplaintReceived(Payload):
    """A complaint came in (苦情, 法128条)."""

    of: ClassVar[Subject] = "complaint"
    kind: Literal["complaint_received"] = "complaint_received"
    about: Text = Field(description="In general words, naming nobody.")


class ComplaintAnswered(Payload):
    """A complaint was answered (法128条)."""

    of: ClassVar[Subject] = "complaint"
    kind: Literal["complaint_answered"] = "complaint_answered"
    outcome: Text


InquiredBy = Literal["agency", "local", "private"]  # 行政機関等, 地方公共団体, 民間事業者等


class InquiryReceived(Payload):
    """Somebody asked the information desk (案内所, 法169条; help to proposers, 法127条)."""

    of: ClassVar[Subject] = "inquiry"
    kind: Literal["inquiry_received"] = "inquiry_received"
    by: InquiredBy = Field(description="行政機関等, 地方公共団体 or 民間事業者等.")
    about: Text = Field(description="In general words, naming nobody.")


class InquiryAnswered(Payload):
    """An inquiry was answered."""

    of: ClassVar[Subject] = "inquiry"
    kind: Literal["inquiry_answered"] = "inquiry_answered"


class Annulled(Payload):
    """An event is void: it should never have been recorded. Which one stands in ``corrects``."""

    of: ClassVar[Subject] = "event"
    kind: Literal["annulled"] = "annulled"
    because: Text
