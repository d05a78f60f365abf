"""What the events of a case (案件) say: from the proposal to the end of the contract (法112条–120条).

Nothing here names a proposer (提案者) or any other private person: a case refers to its proposer by a keyed
reference, and what identifies them stands apart, with its date of destruction. Officers who judge are named,
as the law wants a judgement to be somebody's.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from tokumei.schemas.event_base import Payload, Subject
from tokumei.schemas.file_items import Period
from tokumei.schemas.strict import Day, Strict, Text

TEST_NUMBERS = range(1, 8)  # 審査基準, 法114条1項1号–7号


class NamedReason(Strict):
    """What somebody has decided, as a command asks for where a rule alone would refuse."""

    by: Text = Field(description="Who.")
    because: Text = Field(description="Why, naming no private person.")


class WantedItem(Strict):
    """An item (記録項目) that a proposal wants, and how finely: 住所, 都道府県のみ."""

    item: Text = Field(description="記録項目")
    granularity: Text = Field(description="How finely, for example 都道府県のみ.")


class Proposal(Strict):
    """The items of a proposal (法112条2項), but for 1号 (the proposer) and 2号 (the file, in the envelope).

    What is not stated is None or empty, and asked for (補正).
    """

    people: int | None = Field(default=None, ge=1, description="3号: 本人の数 of the product.")
    wanted: tuple[WantedItem, ...] = Field(default=(), description="4号: what fixes the method.")
    sample: Text | None = Field(default=None, description="4号: 抽出の方法, for a part of the people.")
    purpose: Text | None = Field(default=None, description="5号: 利用の目的")
    use: Text | None = Field(default=None, description="5号: 利用の方法")
    business: Text | None = Field(default=None, description="5号: 事業の内容")
    period: Period | None = Field(default=None, description="6号: 利用の期間")
    period_reason: Text | None = Field(default=None, description="6号: why so long (規則57条).")
    measures: Text | None = Field(default=None, description="7号: 漏えい防止等の管理の措置")
    how_provided: Text | None = Field(default=None, description="8号: 提供の方法 (規則54条3項).")


class _Proposed(Payload):
    of: ClassVar[Subject] = "case"
    under: Literal["112", "118"] = Field(description="118: on a product that exists (作成済み).")
    proposer: Text = Field(description="Keyed reference; the same proposer has the same within a body.")
    marks: tuple[Text, ...] = Field(
        default=(), description="Keyed marks of name and seat: whoever shares one may be the same (113条5号)."
    )
    keyed_in: int = Field(default=0, description="Fiscal year of the key that the reference is made with.")
    older: tuple[Text, ...] = Field(
        default=(), description="The same reference by the keys of years before, as far as these are there."
    )
    officers: int = Field(default=0, ge=0, description="How many officers (役員) of a body are named.")
    kept: Text = Field(description="Digest of the record under which what identifies the proposer is kept.")
    proposer_is: Literal["person", "body"] = Field(description="個人 or 法人その他の団体.")
    agent: bool = Field(default=False, description="Whether an agent (代理人) makes it.")
    destroy_on: Day = Field(description="When what identifies the proposer is destroyed, at the earliest.")


class ProposalReceived(_Proposed):
    """A proposal arrived in time (法112条, 118条)."""

    kind: Literal["proposal_received"] = "proposal_received"
    proposal: Proposal
    missing: tuple[Text, ...] = Field(default=(), description="Items and papers that are missing.")


class ProposalLate(_Proposed):
    """A proposal arrived after the call had closed: it is told so, and kept."""

    kind: Literal["proposal_late"] = "proposal_late"


class CorrectionAsked(Payload):
    """The proposer was asked to complete or explain the proposal (補正, 規則54条7項)."""

    of: ClassVar[Subject] = "case"
    kind: Literal["correction_asked"] = "correction_asked"
    missing: tuple[Text, ...] = Field(min_length=1, description="What is missing or unclear.")
    until: Day = Field(description="The last day for it.")


class ProposalCorrected(Payload):
    """The proposer completed the proposal; the whole of it as it now is."""

    of: ClassVar[Subject] = "case"
    kind: Literal["proposal_corrected"] = "proposal_corrected"
    proposer: Text | None = Field(default=None, description="The reference, where they were corrected.")
    marks: tuple[Text, ...] = Field(default=(), description="As of the proposal, where they were corrected.")
    keyed_in: int = Field(default=0, description="As of the proposal, where they were corrected.")
    older: tuple[Text, ...] = Field(default=(), description="As of the proposal, where they were corrected.")
    officers: int = Field(default=0, ge=0, description="As of the proposal, where they were corrected.")
    kept: Text | None = Field(default=None, description="As of the proposal, where they were corrected.")
    proposal: Proposal
    missing: tuple[Text, ...] = Field(default=(), description="What is missing still.")
    late: NamedReason | None = Field(
        default=None, description="Who takes it after the day that was named, and why."
    )


class ProposalWithdrawn(Payload):
    """The proposer took the proposal back (取下げ)."""

    of: ClassVar[Subject] = "case"
    kind: Literal["proposal_withdrawn"] = "proposal_withdrawn"
    because: Text
    fee_settled: NamedReason | None = Field(
        default=None, description="Where the fee was paid already: who settled what becomes of it, and how."
    )


class ProposalLapsed(Payload):
    """A fit proposal lapsed: its fee stayed away (規則59条), or its period ended without a contract."""

    of: ClassVar[Subject] = "case"
    kind: Literal["proposal_lapsed"] = "proposal_lapsed"
    pay_until: Day = Field(description="手数料の納付期限, that of the notice.")


class ScreeningJudged(Payload):
    """One of the seven tests (法114条1項) was judged: computed, or by somebody with a reason."""

    of: ClassVar[Subject] = "case"
    kind: Literal["screening_judged"] = "screening_judged"
    test: int = Field(ge=TEST_NUMBERS[0], le=TEST_NUMBERS[-1], description="号 of 法114条1項.")
    passed: bool
    computed: bool = Field(description="Whether a program found it, from the proposal and the file.")
    by: Text = Field(description="The officer; for a computed one, the program.")
    reason: Text = Field(description="Of test 1 whether a ground applies; which one is kept apart.")
    evidence: Text | None = Field(default=None, description="SHA-256 of what it rests on.")
    kept: Text | None = Field(
        default=None, description="Of test 1: digest of the record under which its grounds are kept apart."
    )


class UnfitReason(Strict):
    """Why a proposal does not fit: the test, and what is wrong (法114条3項)."""

    test: int = Field(ge=TEST_NUMBERS[0], le=TEST_NUMBERS[-1], description="号 of 法114条1項.")
    reason: Text


class FeeLine(Strict):
    """One part of a fee, in the words of the notice."""

    what: Text
    yen: int = Field(ge=0)


class ScreenedFit(Payload):
    """The proposal fits; the notice (様式第九) states the fee, and how and until when to pay (規則59条)."""

    of: ClassVar[Subject] = "case"
    kind: Literal["screened_fit"] = "screened_fit"
    fee: int = Field(ge=0, description="手数料, yen.")
    pay_how: Text = Field(description="手数料の納付方法")
    pay_until: Day = Field(description="手数料の納付期限")
    how_provided: Text = Field(description="提供の方法")
    third_parties: int = Field(default=0, ge=0, description="Whom the fee counts: 2017 alone.")
    minutes: int | None = Field(
        default=None, ge=0, description="Of creation, that the fee counts: hours begun. None: of 法118条."
    )
    outsourced: int = Field(default=0, ge=0, description="Paid to a contractor, that the fee counts, yen.")
    fee_lines: tuple[FeeLine, ...] = Field(
        default=(), description="The parts of the fee, as the notice has them."
    )
    fee_basis: Text | None = Field(default=None, description="The rule that sets the fee.")


class ScreenedUnfit(Payload):
    """The proposal does not fit; the notice (様式第十一) states the reasons (法114条3項)."""

    of: ClassVar[Subject] = "case"
    kind: Literal["screened_unfit"] = "screened_unfit"
    reasons: tuple[UnfitReason, ...] = Field(min_length=1)


class OpinionAsked(Payload):
    """Third parties were given the chance of an opinion (行個法44条の8; 2017 alone)."""

    of: ClassVar[Subject] = "case"
    kind: Literal["opinion_asked"] = "opinion_asked"
    third_parties: int = Field(ge=1, description="How many were asked.")
    until: Day


class OpinionGiven(Payload):
    """A third party answered; whoever objects is taken out of the file (行個法44条の8)."""

    of: ClassVar[Subject] = "case"
    kind: Literal["opinion_given"] = "opinion_given"
    third_party: Text = Field(description="A number, never a name.")
    objected: bool


class OpinionsClosed(Payload):
    """The time for opinions is over (行個法44条の8)."""

    of: ClassVar[Subject] = "case"
    kind: Literal["opinions_closed"] = "opinions_closed"


class ContractApplied(Payload):
    """The proposer applied for the contract (様式第十, 規則61条)."""

    of: ClassVar[Subject] = "case"
    kind: Literal["contract_applied"] = "contract_applied"


class FeePaid(Payload):
    """The fee was paid (法119条)."""

    of: ClassVar[Subject] = "case"
    kind: Literal["fee_paid"] = "fee_paid"
    amount: int = Field(ge=0, description="Yen.")
    how: Text
    late: NamedReason | None = Field(
        default=None, description="Who takes it after the day of the notice, and why."
    )


class ContractConcluded(Payload):
    """The contract of use is concluded (法115条)."""

    of: ClassVar[Subject] = "case"
    kind: Literal["contract_concluded"] = "contract_concluded"
    period: Period = Field(description="利用の期間")


class ProductCreated(Payload):
    """The product was made (法116条), and its register entry completed (法117条)."""

    of: ClassVar[Subject] = "case"
    kind: Literal["product_created"] = "product_created"
    people: int = Field(ge=0, description="本人の数 of the product.")
    minutes: int = Field(ge=0, description="Time that making it took, in minutes (令31条).")
    outsourced: int = Field(default=0, ge=0, description="Paid to a contractor, yen.")
    offered: Period | None = Field(default=None, description="117条3号: when proposals on it are taken in.")


class Provided(Payload):
    """The product was handed to the proposer (法109条2項)."""

    of: ClassVar[Subject] = "case"
    kind: Literal["provided"] = "provided"
    package: Text = Field(description="SHA-256 of the package's list of checksums.")
    objectors_removed: NamedReason | None = Field(
        default=None, description="Where a third party objected: who took their records out, and how."
    )
    other_people: NamedReason | None = Field(
        default=None, description="Where the product has another number of people than was proposed: why."
    )
    beyond_fee: NamedReason | None = Field(
        default=None,
        description="Where making it took more than the fee counts (令31条): who leaves it at that.",
    )


class PeriodEnded(Payload):
    """The last day of the period of use is over."""

    of: ClassVar[Subject] = "case"
    kind: Literal["period_ended"] = "period_ended"


class Terminated(Payload):
    """The contract was terminated (法120条): 1 false means, 2 disqualified, 3 serious breach."""

    of: ClassVar[Subject] = "case"
    kind: Literal["terminated"] = "terminated"
    ground: int = Field(ge=1, le=3, description="号 of 法120条.")
    because: Text
