"""What officers enter for the screening of a proposal (審査, 法113条・114条): facts, and judgements."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from tokumei.schemas.fees import Yen
from tokumei.schemas.strict import Day, Matching, Strict, Text, broken

Penalty = Literal["死刑", "懲役", "禁錮", "拘禁刑", "罰金", "拘留", "科料"]
CONFINEMENT = dt.date(2025, 6, 1)  # 拘禁刑 takes the place of 懲役 and 禁錮 (令和4年法律第67号)
Hours = Annotated[
    str,
    Matching(
        r"[0-9]{1,6}(\.[0-9]{1,6})?|[0-9]{1,6}:[0-5][0-9]",
        "fee.hours",
        "hours are written 10.2, or 10:01 for hours and minutes",
        "correct it",
    ),
]


Serial = Annotated[
    str,
    Matching(r"[0-9]{1,4}", "screening.serial", "this is a number that tells several apart", "write 1, 2, …"),
]


class Sentence(Strict):
    """A sentence that somebody has served, or serves (法113条4号)."""

    penalty: Penalty = Field(description="The penalty.")
    under_act: bool = Field(description="Whether it was for a breach of this Act; then every penalty counts.")
    ended: Day | None = Field(
        default=None,
        description="When its execution ended, or it was not to be executed any more. Default: not yet.",
    )

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.penalty == "拘禁刑" and self.ended is not None and self.ended < CONFINEMENT:
            raise broken(
                "screening.penalty",
                "拘禁刑 is a penalty since 2025-06-01, and this one ended before",
                "correct penalty (懲役 or 禁錮) or ended",
                ["penalty"],
            )
        return self


class EndedContract(Strict):
    """A contract about a product that a body terminated (法120条)."""

    terminated: Day = Field(description="When.")
    of_corporation: bool = Field(
        default=False,
        description="By a 独立行政法人等 under its own Act, which the law of 2017 numbers apart.",
    )


class Examined(Strict):
    """One person who is examined for grounds of disqualification (欠格事由): the proposer, or an officer."""

    minor: bool = Field(description="1 未成年者")
    incapable: bool = Field(description="2 心身の故障により事業を適正に行うことができない者 (規則55条)")
    bankrupt: bool = Field(description="3 破産手続開始の決定を受けて復権を得ない者")
    sentences: dict[Serial, Sentence] = Field(default={}, description="4 刑, by a number of your own.")
    terminated: dict[Serial, EndedContract] = Field(
        default={}, description="5 解除された契約, by a number of your own."
    )


class Judgement(Strict):
    """What a named officer judges of a test that nothing computes; nothing else answers it."""

    passes: bool = Field(description="Whether it is met.")
    by: Text = Field(description="Who judges.")
    because: Text = Field(description="Why; stands in the paper.")


class NeededUntil(Strict):
    """Until when the business needs the product, as a named officer finds; nothing else answers test 5."""

    day: Day = Field(description="The last day that is needed.")
    by: Text = Field(description="Who judges.")
    because: Text = Field(description="Why.")


class SameProposer(Strict):
    """Whether a proposer is the one of a terminated contract who has that name or seat (法113条5号)."""

    same: bool = Field(description="Whether they are one.")
    by: Text = Field(description="Who judges.")
    because: Text = Field(description="Why; stands in the paper, and names nobody.")


class WantedMethod(Strict):
    """The method that a proposal fixes (法112条2項4号), as it is tried on the file."""

    policy: Text = Field(description="The body's policy for the file: a path, from the file of records.")
    items: dict[Text, Literal["policy"] | Annotated[int, Field(ge=0)]] = Field(
        min_length=1,
        description="What is wanted: 記録項目 → level of the policy's hierarchy, 0 the value itself; or"
        " policy: as the policy treats it. All else is dropped.",
    )
    sampled: Judgement | None = Field(
        default=None,
        description="Where the proposal wants a part of the people (抽出): whether that part, drawn as"
        " proposed, is the policy's source.",
    )
    called: dict[Text, Text] = Field(
        default={},
        description="Where the proposal calls an item otherwise: its words → 記録項目 of the policy.",
    )


class FeeBasis(Strict):
    """What the fee is worked out from (法119条; 令31条)."""

    hours: Hours = Field(
        default="0", description="Of creation, as expected: 10.2, or 10:01. Not for 法118条."
    )
    outsourcing: Yen = Field(default=0, description="To be paid to a contractor, yen.")
    third_parties: int = Field(default=0, ge=0, description="Who are heard: 2017 alone.")


class NoticeOfFit(Strict):
    """What the notice of a fit proposal states (規則59条)."""

    fee: FeeBasis = Field(default=FeeBasis(), description="What the fee is worked out from.")
    pay_how: Text = Field(description="手数料の納付方法")
    pay_until: Day = Field(description="手数料の納付期限")
    how_provided: Text | None = Field(default=None, description="提供の方法. Default: that of the proposal.")
