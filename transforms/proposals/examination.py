"""Who is examined for test 1 (法114条1項1号): what officers enter, and what the ledger knows.

Whoever lost a contract is barred (113条5号) under whatever name they come. Where another reference shares a
name or a seat with that of a terminated case, the ledger cannot tell: a named officer decides, no default.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace

from tokumei.schemas.regimes import regime_of
from tokumei.schemas.screening import EndedContract
from tokumei.transforms.ledger.state import Body, Case
from tokumei.transforms.proposals.bars import BarringGround, grounds_of, last_barred
from tokumei.transforms.proposals.occasion import Occasion
from tokumei.transforms.proposals.screening import ScreenedCase


def found_grounds(
    body: Body, case: Case, record: ScreenedCase, occasion: Occasion
) -> tuple[BarringGround, ...]:
    """Return the grounds that officers entered, and those of the proposer that the ledger knows.

    Raises:
        Refused: not every officer of a body is examined; or the proposer may be one who lost a contract, and
            nobody has said whether.
    """
    _refuse_unexamined(case, record, occasion)
    day, proposed = occasion.happened(record).date(), case.since["proposal_received"].date()
    lost = {name: other for name, other in body.cases.items() if "terminated" in other.since}
    alike = {
        name
        for name, other in lost.items()
        if not other.same_proposer(case)
        and set(other.marks) & set(case.marks)
        and last_barred(other.since["terminated"].date()) >= proposed
    }
    _refuse_undecided(alike, record, occasion)
    known = {
        f"ledger {number}": EndedContract(terminated=other.since["terminated"].date())
        for number, (name, other) in enumerate(lost.items())
        if other.same_proposer(case) or (name in alike and record.same_as[name].same)
    }
    return _grounds(record, known, (proposed, day))  # 113条: may not propose; 114条1項1号: now


def _grounds(
    record: ScreenedCase, known: Mapping[str, EndedContract], days: tuple[dt.date, dt.date]
) -> tuple[BarringGround, ...]:
    proposer = record.proposer.model_copy(update={"terminated": {**record.proposer.terminated, **known}})
    officers = tuple(record.officers.values())
    proposed, screened = days
    found = [
        replace(ground, on=proposed if ground.until and ground.until < screened else None)
        for when in days
        for ground in grounds_of(proposer, officers, day=when, regime=regime_of(days[1]))
    ]
    return tuple({(ground.article, ground.until): ground for ground in found}.values())


def _refuse_unexamined(case: Case, record: ScreenedCase, occasion: Occasion) -> None:
    wanted = max(1, case.officers) if case.received and case.received.proposer_is == "body" else 0
    if len(record.officers) < wanted:
        raise occasion.refuse(
            f"case {record.case}",
            f"every officer (役員) of a body is examined: {len(record.officers)} are, of {wanted} or more",
            article="113",
            fix="enter officers.1, officers.2, … with minor, incapable and bankrupt of each",
        )


def _refuse_undecided(alike: set[str], record: ScreenedCase, occasion: Occasion) -> None:
    if open_ := sorted(alike - set(record.same_as)):
        raise occasion.refuse(
            f"case {record.case}",
            f"the proposer shares a name or a seat with that of case {', '.join(open_)}, whose contract was"
            " terminated less than two years before: nobody has said whether they are one",
            article="113",
            fix=f"look at both, and enter same_as.{open_[0]} with same, by and because",
        )
    if known := sorted(set(record.same_as) - alike):
        raise occasion.refuse(
            f"case {record.case}",
            f"there is no doubt whether the proposer is that of case {', '.join(known)}",
            article="113",
            fix="leave same_as of it out",
        )
