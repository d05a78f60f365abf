"""The gate of provision (法109条2項・115条・119条): release, register entry, case and contract must agree."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from tokumei.schemas.case_events import ProductCreated, Provided
from tokumei.schemas.case_records import ProvisionRecord
from tokumei.schemas.errors import RequirementError
from tokumei.schemas.regimes import regime_of
from tokumei.schemas.register import SMALL_FILE, RegisterEntry
from tokumei.schemas.report import Report
from tokumei.transforms.ledger.state import Body, Case
from tokumei.transforms.proposals.screen import is_existing, known_case


@dataclass(frozen=True, kw_only=True)
class Offered:
    """What would be handed over.

    Attributes:
        report: of the release, which was read again and is whole.
        entry: the version of the register entry that was made with the release; None: there is none.
        newest: the newest version of that entry.
        wanted: titles of items that the screened method wants; None where no method was tested (法118条).
    """

    report: Report
    entry: RegisterEntry | None
    newest: RegisterEntry | None
    wanted: frozenset[str] | None


def refuse_provision(body: Body, record: ProvisionRecord, offered: Offered, *, day: dt.date) -> None:
    """Refuse to hand a release over unless all that is known of it and of the case agrees.

    Contract and fee are asked of the table of transitions, when the events are recorded.

    Raises:
        RequirementError: something does not agree; nothing may leave.
    """
    case = known_case(body, record.case)
    where = f"case {record.case}, release {record.release}"
    for wrong, what, fix in (
        *_of_contract(case, record, day),
        *_of_entry(case, offered),
        *_of_release(body, case, record, offered, day),
    ):
        if wrong:
            raise RequirementError("provide.gate", where=where, what=what, fix=fix)


def provided(
    body: Body, record: ProvisionRecord, offered: Offered, *, package: str
) -> Sequence[ProductCreated | Provided]:
    """Return the events of a provision: the product, where it was made for this case, and the provision."""
    case = known_case(body, record.case)
    handed = Provided(package=package)
    if is_existing(case) or case.state == "created":
        return (handed,)
    period = None if offered.entry is None else offered.entry.product_period
    made = ProductCreated(
        people=offered.report.people, minutes=record.minutes, outsourced=record.outsourced, offered=period
    )
    return made, handed


_Check = tuple[bool, str, str]


def _of_contract(case: Case, record: ProvisionRecord, day: dt.date) -> Sequence[_Check]:
    over = case.contract is not None and day > case.contract.period.end
    objected = any(case.opinions.values()) and record.objectors_removed is None
    return (
        (
            over,
            "the period of use of the contract is over (法109条2項)",
            "nothing can be handed over any more",
        ),
        (
            objected,
            "a third party objected, whose records are not part of the file (行個法44条の8)",
            "make the release without them, and enter objectors_removed with by and because",
        ),
    )


def _of_entry(case: Case, offered: Offered) -> Sequence[_Check]:
    entry, newest = offered.entry, offered.newest
    if entry is None or newest is None:
        return ((True, "the release is in no register book (法117条)", "run tokumei anonymize again"),)
    missing = [
        str(number)
        for number, there in (
            (13, entry.call_for_proposals),
            (14, entry.proposal_office),
            (15, entry.product_people),
            (16, entry.product_office),
            (17, entry.product_period),
        )
        if not there
    ]
    return (
        (entry.entry_id != case.file, "the release is of another file than the case", "name the right one"),
        (newest.status == "erased", "the file's register entry is erased", "nothing may be provided of it"),
        (
            bool(missing),
            f"the register entry lacks item(s) {', '.join(missing)} (法110条・117条)",
            "complete file in the policy, then run tokumei register enter",
        ),
        (
            entry.product_people != offered.report.people,
            "register entry and report tell other numbers of people",
            "run tokumei verify",
        ),
    )


def _of_release(
    body: Body, case: Case, record: ProvisionRecord, offered: Offered, day: dt.date
) -> Sequence[_Check]:
    report, holder = offered.report, body.products.get(record.release)
    others = {
        other.received.proposer
        for other in body.cases.values()
        if other.release == record.release and "provided" in other.since and other.received is not None
    }
    mine = None if case.received is None else case.received.proposer
    concluded = case.since.get("contract_concluded")
    made = dt.datetime.fromisoformat(report.created_at).date()
    early = concluded is not None and made < concluded.date() and not is_existing(case)
    more = () if offered.wanted is None else sorted(_titles(report) - offered.wanted)
    return (
        (report.regime != regime_of(day), "the release was made under another law", "make it anew"),
        (
            report.people < SMALL_FILE,
            f"the release has fewer than {SMALL_FILE:,} people (規則56条)",
            "nothing may be provided of it",
        ),
        (
            holder not in {None, record.case} and not is_existing(case),
            "the release was made for another case, whose recipient knows its pseudonyms",
            "make one for this case: tokumei anonymize with another --release-id",
        ),
        (
            bool(others - {mine}) and _has_pseudonyms(report),
            "another recipient has this release; two who have the same pseudonyms can join what they know",
            "make one with pseudonyms of its own: tokumei anonymize with another --release-id",
        ),
        (early, "the release was made before the contract, so not for it (法116条)", "make one for the case"),
        (
            bool(more),
            f"{len(more)} item(s) are released that the screened method does not want (法114条1項3号)",
            "make the release by the policy that is kept with the case",
        ),
    )


def _titles(report: Report) -> set[str]:
    return {column.title for table in report.tables for column in table.columns if column.released}


def _has_pseudonyms(report: Report) -> bool:
    steps = (step for table in report.tables for column in table.columns for step in column.steps)
    return any(step.method == "pseudonym" for step in steps)
