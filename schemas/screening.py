"""What officers enter for the screening of a proposal (審査, 法113条・114条): facts, and judgements."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tokumei.schemas.fees import Yen
from tokumei.schemas.strict import Day, Strict, Text

Penalty = Literal["死刑", "懲役", "禁錮", "拘禁刑", "罰金", "拘留", "科料"]


class Sentence(Strict):
    """A sentence that somebody has served, or serves (法113条4号)."""

    penalty: Penalty = Field(description="The penalty.")
    under_act: bool = Field(description="Whether it was for a breach of this Act; then every penalty counts.")
    ended: Day | None = Field(
        description="When its execution ended, or it was not to be executed any more; null: not yet."
    )


class EndedContract(Strict):
    """A contract about a product that a body terminated (法120条)."""

    terminated: Day = Field(description="When.")
    of_corporation: bool = Field(
        default=False,
        description="By a 独立行政法人等 under its own Act, which the law of 2017 numbers apart.",
    )


class Examined(Strict):
    """One person who is examined for grounds of disqualification (欠格事由): the proposer, or an officer."""

    role: Literal["proposer", "officer"] = Field(description="Whose grounds these are.")
    minor: bool = Field(description="1 未成年者")
    incapable: bool = Field(description="2 心身の故障により事業を適正に行うことができない者 (規則55条)")
    bankrupt: bool = Field(description="3 破産手続開始の決定を受けて復権を得ない者")
    sentences: tuple[Sentence, ...] = Field(default=(), description="4 刑")
    terminated: tuple[EndedContract, ...] = Field(default=(), description="5 解除された契約")


class Judgement(Strict):
    """What a named officer judges of one test; nothing else answers it."""

    test: Literal[4, 6, 7] = Field(description="Which test of 法114条1項.")
    passes: bool = Field(description="Whether it is met.")
    by: Text = Field(description="Who judges.")
    because: Text = Field(description="Why; stands in the paper where it is not met.")


class NeededUntil(Strict):
    """Until when the business needs the product, where an officer finds that it is less than asked for."""

    day: Day = Field(description="The last day that is needed.")
    by: Text = Field(description="Who judges.")
    because: Text = Field(description="Why.")


class WantedLevel(Strict):
    """One item that the proposal wants, and how fine (法112条2項4号), in the terms of a policy."""

    item: Text = Field(description="記録項目 as the policy's title, or the column's name.")
    level: int | None = Field(
        default=None,
        ge=0,
        description="Of the policy's hierarchy: 0 the value itself. Without: as the policy treats it.",
    )


class WantedMethod(Strict):
    """The method that the proposal fixes, as it is tried on the file: a policy, and what is wanted of it."""

    policy: Text = Field(description="Policy of the file, by its path.")
    items: tuple[WantedLevel, ...] = Field(min_length=1, description="What is wanted; all else is dropped.")


class FeeBasis(Strict):
    """What the fee is worked out from (法119条; 令31条)."""

    hours: Text = Field(description="Of creation, as expected: 10.2, or 10:01. Not for 法118条.", default="0")
    outsourcing: Yen = Field(default=0, description="To be paid to a contractor, yen.")
    third_parties: int = Field(default=0, ge=0, description="Who are heard: 2017 alone.")


class NoticeOfFit(Strict):
    """What the notice of a fit proposal states (規則59条)."""

    fee: FeeBasis = Field(description="What the fee is worked out from.")
    pay_how: Text = Field(description="手数料の納付方法")
    pay_until: Day = Field(description="手数料の納付期限")
    how_provided: Text | None = Field(default=None, description="提供の方法. Default: that of the proposal.")
