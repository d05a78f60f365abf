"""The fee of a contract (手数料, 法119条): whole yen, from a table and what the creation took."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction

from tokumei.schemas.errors import InputError, RequirementError
from tokumei.schemas.fees import FeeTable


@dataclass(frozen=True)
class FeeLine:
    """One part of a fee, in the words of a paper."""

    what: str
    yen: int


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
    """Read hours of creation, ``10.2`` or ``10:01`` (hours and minutes), exactly.

    Raises:
        InputError: the text is neither.
    """
    if re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?", text):
        return Fraction(text)
    if found := re.fullmatch(r"([0-9]{1,6}):([0-5][0-9])", text):
        return Fraction(int(found[1])) + Fraction(int(found[2]), 60)
    raise InputError(
        "fee.hours",
        where="hours",
        what="hours of creation are written 10.2, or 10:01 for hours and minutes",
        fix="correct it",
    )


def creation_fee(table: FeeTable, *, hours: Fraction, outsourcing: int = 0, third_parties: int = 0) -> Fee:
    """Return the fee of a product that is made for the proposal (法115条).

    Args:
        table: of the body and regime.
        hours: that the creation takes; every hour that has begun counts (一時間までごとに).
        outsourcing: paid to a contractor, in yen.
        third_parties: who were heard (2017: 行個法44条の8).

    Raises:
        RequirementError: third parties are told though the table takes nothing for them.
    """
    begun = math.ceil(hours)
    if third_parties and not table.third_party:
        raise RequirementError(
            "fee.third_parties",
            where="third_parties",
            what="third parties are heard, and paid for, under the law of 2017 alone (行個法44条の8)",
            fix="leave third_parties out, or 0",
        )
    lines = [FeeLine("基本額", table.base)]
    if third_parties:
        heard = third_parties * table.third_party
        lines.append(
            FeeLine(f"意見書提出の機会を与えた第三者　{third_parties:,}人×{table.third_party:,}円", heard)
        )
    if begun:
        lines.append(FeeLine(f"作成に要する時間　{begun:,}時間×{table.hour:,}円", begun * table.hour))
    if outsourcing:
        lines.append(FeeLine("作成の委託を受けた者に支払う額", outsourcing))
    return Fee(tuple(lines), table.basis)


def existing_fee(table: FeeTable, *, made: int | None, repeat: bool) -> Fee:
    """Return the fee of a product that is there already (法118条).

    Args:
        table: of the body and regime.
        made: the fee of the contract for which the product was made; None: not known.
        repeat: whether the proposer has a contract about the product already.

    Raises:
        RequirementError: the amount is not known from the table, nor from the first contract.
    """
    if table.repeat is None:
        raise RequirementError(
            "fee.existing",
            where="--fees",
            what="what is taken for a product that is there already is not known for this regime",
            fix="give the body's own table (--fees) with the amount under repeat",
        )
    if repeat:
        return Fee((FeeLine("既に契約を締結している者の利用", table.repeat),), table.basis)
    if made is None:
        raise RequirementError(
            "fee.first_contract",
            where="case",
            what="the fee is that of the contract for which the product was made, and no case here has one",
            fix="enter the fee of that case first (tokumei fee)",
        )
    return Fee((FeeLine("当該匿名加工情報の作成に係る手数料と同一の額", made),), table.basis)
