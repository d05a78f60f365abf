"""The fee of a contract (手数料, 法119条): whole yen, from a table and what the creation took."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

from tokumei.schemas.case_events import FeeLine
from tokumei.schemas.fees import FeeTable
from tokumei.transforms.ledger.fold import refusal
from tokumei.transforms.ledger.state import Case


@dataclass(frozen=True)
class Fee:
    """A fee: its parts, and the rule that sets it."""

    lines: tuple[FeeLine, ...]
    basis: str

    @property
    def yen(self) -> int:
        """What is to be paid."""
        return sum(line.yen for line in self.lines)


def worked_hours(text: str) -> Fraction:
    """Return hours that are written ``10.2`` or ``10:01`` (hours and minutes), exactly."""
    hours, _, minutes = text.partition(":")
    return Fraction(hours) + Fraction(int(minutes or 0), 60)


def creation_fee(table: FeeTable, *, hours: Fraction, outsourcing: int = 0, third_parties: int = 0) -> Fee:
    """Return the fee of a product that is made for the proposal (法115条).

    Args:
        table: of the body and regime.
        hours: that the creation takes; every hour that has begun counts (一時間までごとに).
        outsourcing: paid to a contractor, in yen.
        third_parties: who were heard (2017: 行個法44条の8).

    Raises:
        Refused: third parties are told though the table takes nothing for them.
    """
    begun = math.ceil(hours)
    if third_parties and not table.third_party:
        raise refusal(
            "notice.fee.third_parties",
            "third parties are heard, and paid for, under the law of 2017 alone (行個法44条の8)",
            article="",
            fix="leave third_parties out, or 0",
        )
    lines = [FeeLine(what="基本額", yen=table.base)]
    if third_parties:
        heard = third_parties * table.third_party
        lines.append(
            FeeLine(
                what=f"意見書提出の機会を与える第三者　{third_parties:,}人×{table.third_party:,}円", yen=heard
            )
        )
    if begun:
        what = f"作成に要する時間　{begun:,}時間×{table.hour:,}円"
        lines.append(FeeLine(what=what, yen=begun * table.hour))
    if outsourcing:
        lines.append(FeeLine(what="作成の委託を受けた者に支払う額", yen=outsourcing))
    return Fee(tuple(lines), table.basis)


def existing_fee(table: FeeTable, *, made: int | None, repeat: bool) -> Fee:
    """Return the fee of a product that is there already (法118条).

    Args:
        table: of the body and regime.
        made: the fee of the contract for which the product was made; None: not known.
        repeat: whether the proposer has a contract about the product already.

    Raises:
        Refused: the amount is not known from the table, nor from the first contract.
    """
    if table.repeat is None:
        raise refusal(
            "--fees",
            "what is taken for a product that is there already is not known for this regime",
            article="",
            fix="give the body's own table (--fees) with the amount under repeat",
        )
    if repeat:
        return Fee((FeeLine(what="既に契約を締結している者の利用", yen=table.repeat),), table.basis)
    if made is None:
        raise refusal(
            "notice.fee",
            "the fee is that of the contract for which the product was made, and no case here has paid one",
            article="",
            fix="record the payment of that case first (tokumei fee)",
        )
    return Fee((FeeLine(what="最初に契約を締結した者が納付する額と同一の額", yen=made),), table.basis)


def beyond_fee(case: Case, minutes: int, outsourced: int) -> str:
    """Return what making a product took beyond what its fee counts (令31条), empty where that is nothing."""
    if case.fit is None or case.fit.minutes is None:
        return ""
    took = {
        "minutes": (minutes, case.fit.minutes),
        "yen to a contractor": (outsourced, case.fit.outsourced),
    }
    more = [
        f"{spent:,} {of}, and {paid:,} are in the fee" for of, (spent, paid) in took.items() if spent > paid
    ]
    return "; ".join(more)
