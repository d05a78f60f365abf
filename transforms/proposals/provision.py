"""The gate of provision (法109条2項・115条・119条): release, register entry, case and contract must agree."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, NamedTuple

from pydantic import Field

from tokumei.schemas.case_events import NamedReason, ProductCreated, Provided
from tokumei.schemas.events import Event
from tokumei.schemas.fees import Yen
from tokumei.schemas.japan_time import JST
from tokumei.schemas.regimes import regime_of
from tokumei.schemas.register import SMALL_FILE, RegisterEntry
from tokumei.schemas.report import Report
from tokumei.schemas.strict import Matching, Text
from tokumei.schemas.treatments import Pseudonym
from tokumei.transforms.ledger.state import Body, Case
from tokumei.transforms.proposals.contract import HEARING
from tokumei.transforms.proposals.fees import beyond_fee
from tokumei.transforms.proposals.occasion import Occasion, Record
from tokumei.transforms.proposals.screen import is_existing, known_case

ReleaseId = Annotated[
    str,
    Matching(
        r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}",
        "provide.release",
        "this is the id of no release",
        "write it as tokumei register show does: letters, digits, dots, dashes, underscores",
    ),
]


class ProvidedRelease(Record):
    """A release is handed to the proposer (法109条2項)."""

    case: Text = Field(description="受付番号")
    release: ReleaseId = Field(description="Id of the release that was made for the case.")
    minutes: int = Field(default=0, ge=0, description="Time that making it took; 0 for 法118条.")
    outsourced: Yen = Field(default=0, description="Paid to a contractor, yen.")
    objectors_removed: NamedReason | None = Field(
        default=None, description="Where a third party objected: who has taken their records out, and how."
    )
    other_people: NamedReason | None = Field(
        default=None, description="Where the product has more or fewer people than was proposed: why."
    )
    beyond_fee: NamedReason | None = Field(
        default=None, description="Where making it took more than the fee counts: who leaves it at that."
    )


@dataclass(frozen=True, kw_only=True)
class Offered:
    """What would be handed over.

    Attributes:
        report: of the release, which was read again and is whole.
        entry: the version of the register entry that was made with the release; None: there is none.
        newest: the newest version of that entry.
        rules: fingerprint of the method that was screened, empty where it is not known; None where no method
            was tested (法118条).
        product: work of the product that a case of 法118条 is about; None for other cases.
    """

    report: Report
    entry: RegisterEntry | None
    newest: RegisterEntry | None
    rules: str | None
    product: str | None


def refuse_provision(body: Body, record: ProvidedRelease, offered: Offered, occasion: Occasion) -> None:
    """Refuse to hand a release over unless all that is known of it and of the case agrees.

    Contract and fee are asked of the table of transitions, when the events are recorded.

    Raises:
        Refused: something does not agree; nothing may leave.
    """
    case, day = known_case(body, record.case, occasion), occasion.happened(record).date()
    for check in (
        *_of_contract(case, record, offered.report.people, day),
        *_of_entry(case, record, offered),
        *_of_release(body, case, record, offered, day),
        *_of_method(offered),
    ):
        if check.wrong:
            where = f"case {record.case}, release {record.release}"
            raise occasion.refuse(where, check.what, article=check.article, fix=check.fix)


def provide(
    body: Body, record: ProvidedRelease, occasion: Occasion, *, offered: Offered, package: str
) -> list[Event]:
    """Hand a release over: the product, where it was made for this case, and the provision.

    Args:
        body: as its events tell.
        record: which release, to which case.
        occasion: of the command.
        offered: what is known of the release.
        package: SHA-256 of the package's list of checksums.

    Raises:
        Refused: as `refuse_provision`.
    """
    refuse_provision(body, record, offered, occasion)
    case = known_case(body, record.case, occasion)
    handed = Provided(
        package=package,
        objectors_removed=record.objectors_removed,
        other_people=record.other_people,
        beyond_fee=record.beyond_fee,
    )
    payloads: list[ProductCreated | Provided] = [handed]
    if not is_existing(case) and case.state != "created":
        made = ProductCreated(
            people=offered.report.people,
            minutes=record.minutes,
            outsourced=record.outsourced,
            offered=None if offered.entry is None else offered.entry.product_period,
        )
        payloads.insert(0, made)
    return [
        occasion.event(record, payload, record.case, "行政機関等", file=case.file, release=record.release)
        for payload in payloads
    ]


class _Check(NamedTuple):
    """One thing that must not be, why, on which article, and what to do."""

    wrong: bool
    what: str
    article: str
    fix: str


def _of_contract(case: Case, record: ProvidedRelease, people: int, day: dt.date) -> Sequence[_Check]:
    objectors = sum(case.opinions.values())
    proposed = None if is_existing(case) or case.proposal is None else case.proposal.people
    return (
        _Check(
            case.contract is not None and day > case.contract.period.end,
            "the period of use of the contract is over",
            "109",
            "nothing can be handed over any more",
        ),
        _Check(
            objectors > 0 and record.objectors_removed is None,
            "a third party objected, whose records are not part of the file",
            HEARING,
            "make the release without them, and enter objectors_removed with by and because",
        ),
        _Check(
            objectors > 0 and proposed is not None and people > proposed - objectors,
            f"the release has {people:,} people: it cannot be without the {objectors:,} who objected",
            HEARING,
            "make one of a file without them: tokumei anonymize with another --release-id",
        ),
        _Check(
            objectors == 0 and record.objectors_removed is not None,
            "no third party objected in this case",
            HEARING,
            "leave objectors_removed out",
        ),
        _Check(
            proposed not in {None, people + objectors} and record.other_people is None,
            f"the release has {people:,} people, and another number was proposed and screened (3号)",
            "112",
            "make it of as many, or enter other_people with by and because, as agreed with the recipient",
        ),
        _Check(
            bool(more := beyond_fee(case, record.minutes, record.outsourced)) and record.beyond_fee is None,
            f"making took {more} (令31条)",
            "119",
            "correct minutes and outsourced; or enter beyond_fee with by and because",
        ),
        _Check(
            not more and record.beyond_fee is not None,
            "making took no more than the fee counts",
            "119",
            "leave beyond_fee out",
        ),
    )


def _of_entry(case: Case, record: ProvidedRelease, offered: Offered) -> Sequence[_Check]:
    entry, newest = offered.entry, offered.newest
    if entry is None or newest is None:
        return (
            _Check(True, "the release is in no register book", "117", "run the same tokumei anonymize again"),
        )
    called = {13: entry.call_for_proposals, 14: entry.proposal_office}
    items = {
        15: entry.product_people,
        16: entry.product_office,
        17: entry.product_period,
    }
    return (
        *_of_items(called, "110"),
        *_of_items(items, "117"),
        _Check(
            entry.entry_id != case.file,
            "the release is of another file than the case",
            "115",
            "name the release that was made for the case",
        ),
        _Check(
            any(withdrawal.release_id == record.release for withdrawal in newest.withdrawn),
            "the release was withdrawn (取下げ)",
            "117",
            "make another for this case: tokumei anonymize with another --release-id",
        ),
        _Check(newest.status == "erased", "the file's entry is erased", "75", "nothing is provided of it"),
        _Check(
            entry.product_people != offered.report.people,
            "register entry and report tell other numbers of people",
            "117",
            "run tokumei verify",
        ),
    )


def _of_items(items: Mapping[int, object], article: str) -> Iterator[_Check]:
    missing = ", ".join(str(number) for number, there in items.items() if not there)
    if missing:
        what = f"the register entry lacks item(s) {missing}"
        yield _Check(True, what, article, "complete file in the policy, and make the release with it")


def _of_release(
    body: Body, case: Case, record: ProvidedRelease, offered: Offered, day: dt.date
) -> Sequence[_Check]:
    report, existing = offered.report, is_existing(case)
    made = dt.datetime.fromisoformat(report.created_at).astimezone(JST).date()
    concluded = case.since.get("contract_concluded")
    anew = "make one for this case: tokumei anonymize with another --release-id"
    return (
        _Check(report.regime != regime_of(day), "the release was made under another law", "116", anew),
        _Check(
            report.people < SMALL_FILE,
            f"the release has fewer than {SMALL_FILE:,} people (規則56条)",
            "114",
            "nothing may be provided of it",
        ),
        _Check(
            not existing and body.products.get(record.release, record.case) != record.case,
            "the release was made for another case",
            "116",
            anew,
        ),
        _Check(
            existing and report.work_sha256 != offered.product,
            "the case is about another product (作成済み) than this release",
            "118",
            "name the release that the proposal is about, or one of the same policy and inputs",
        ),
        _Check(
            _has_pseudonyms(report) and _other_recipients(body, case, record.release),
            "another recipient has this release; those who have the same pseudonyms can join what they know",
            "121",
            anew,
        ),
        _Check(
            not existing and concluded is not None and made < concluded.date(),
            "the release was made before the contract, so not for it",
            "116",
            anew,
        ),
        _Check(
            made > day,
            f"the release was made on {made}, after the day on which it would have been provided",
            "116",
            "correct at, or --as-of",
        ),
    )


def _of_method(offered: Offered) -> Sequence[_Check]:
    return (
        _Check(
            offered.rules == "",
            "which method was screened is not known: no rehearsal that tells it is kept with the case (3号)",
            "114",
            "annul the events of the screening (tokumei ledger annul), and screen the case again",
        ),
        _Check(
            offered.rules is not None and offered.report.policy_sha256 != offered.rules,
            "the release was made by other treatments, hierarchies or requirements than were screened (3号)",
            "116",
            "make it by what tokumei screen policy prints; file, sources and output alone may differ",
        ),
    )


def _other_recipients(body: Body, case: Case, release: str) -> bool:
    return any(
        other.release == release and "provided" in other.since and not other.same_proposer(case)
        for other in body.cases.values()
    )


def _has_pseudonyms(report: Report) -> bool:
    columns = (column for table in report.tables for column in table.columns)
    return Pseudonym.name() in {step.method for column in columns for step in column.steps}
