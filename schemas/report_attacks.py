"""What report.json says of attacks (攻撃による評価): who could do what, how often, against what control."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tokumei.schemas.strict import Strict


class SuccessRate(Strict):
    """A share from 0 to 1 with its 95 % interval; both ends are the share where everybody was counted."""

    rate: float = Field(description="As it was measured; the interval is Wilson's, whose centre is another.")
    low: float
    high: float


class TargetsReport(Strict):
    """Of an attack on people who were drawn: what else was counted."""

    drawn: int = Field(description="People who were looked for.")
    left_out: int = Field(
        description="Of them, people of whom no record is released; the attack fails, and they do not count."
    )
    of_all: SuccessRate = Field(description="Success among all who were looked for, those left out included.")
    absent: int = Field(description="People who were held out, and looked for all the same.")
    named: int = Field(description="Of them, for whom one single record fits best, though it is not theirs.")


class AttackReport(Strict):
    """One attack on one table, measured on what would be released."""

    attack: Literal[
        "homogeneity",
        "inference",
        "linkage",
        "singling_out",
        "membership",
        "intersection",
        "habit_profile",
        "signature",
        "known_facts",
        "downcoding",
    ]
    rarest: bool = Field(description="Whether it was made on people with the rarest combinations alone.")
    table: str
    table_title: str
    title: str = Field(description="What the attack is called, in Japanese.")
    sentence: str = Field(description="Who could do what, and how often it succeeded, in Japanese.")
    knows: tuple[str, ...] = Field(description="Titles of the columns that are known.")
    learns: str | None = Field(description="Title of the column that is learnt; None: whose record it is.")
    counted: bool = Field(description="Whether everybody was counted, rather than people who were drawn.")
    people: int = Field(description="People who were attacked and are in the release.")
    success: SuccessRate
    control: SuccessRate = Field(
        description="How often it is right about people who were held out, or by knowing of others."
    )
    control_meaning: str = Field(description="What the control is, in Japanese.")
    advantage: SuccessRate = Field(
        description="(success − control) ÷ (1 − control): what the release gives away; below 0, nothing. Ends"
        " are at least 0."
    )
    chance: float = Field(description="How often guessing is right.")
    untreated: float | None = Field(
        description="How often the same attack is right on the file before it was treated, where it must"
        " succeed; None: not measured."
    )
    targets: TargetsReport | None = Field(description="Of attacks on people who were drawn by the key.")
    declared: int | None = Field(description="Its place among requirements.attacks; None: nothing is asked.")
    at_most: float | None = Field(description="What the policy lets it gain; a higher `advantage` stops it.")
