"""What officers enter for a case after its screening: opinions, contract, payment, provision, termination."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tokumei.schemas.fees import Yen
from tokumei.schemas.file_items import Period
from tokumei.schemas.strict import Day, Strict, Text


class HearingRecord(Strict):
    """Third parties are given the chance of an opinion (行個法44条の8)."""

    case: Text = Field(description="Id of the case.")
    third_parties: int = Field(ge=1, description="How many are asked.")
    until: Day = Field(description="The last day for opinions.")


class OpinionRecord(Strict):
    """The opinion of one third party."""

    case: Text = Field(description="Id of the case.")
    third_party: Text = Field(description="A number, never a name.")
    objected: bool = Field(description="Whether they object; then their records are taken out of the file.")


class ContractRecord(Strict):
    """A contract was applied for (様式第十), or concluded (法115条)."""

    case: Text = Field(description="Id of the case.")
    step: Literal["applied", "concluded"] = Field(description="Which of the two.")
    period: Period | None = Field(default=None, description="Of use. Default: that of the proposal.")


class PaymentRecord(Strict):
    """The fee was paid (法119条)."""

    case: Text = Field(description="Id of the case.")
    amount: Yen = Field(description="Yen.")
    how: Text = Field(description="For example 収入印紙.")


class Removed(Strict):
    """That the records of third parties who objected are not in the release, as an officer has seen to it."""

    by: Text = Field(description="Who.")
    because: Text = Field(description="How it was done.")


class ProvisionRecord(Strict):
    """A release is handed to the proposer (法109条2項)."""

    case: Text = Field(description="Id of the case.")
    release: Text = Field(description="Id of the release that was made for the case.")
    minutes: int = Field(default=0, ge=0, description="Time that making it took; 0 for 法118条.")
    outsourced: Yen = Field(default=0, description="Paid to a contractor, yen.")
    objectors_removed: Removed | None = Field(default=None, description="Where a third party objected.")


class TerminationRecord(Strict):
    """A contract is terminated (法120条)."""

    case: Text = Field(description="Id of the case.")
    ground: int = Field(ge=1, le=3, description="1 false means, 2 disqualified, 3 serious breach.")
    because: Text = Field(description="Why; stands in the paper, and names no private person.")
