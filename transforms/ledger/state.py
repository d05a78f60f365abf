"""What the events of a body fold to: its files, calls, cases, complaints and inquiries, each in a state."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from tokumei.schemas.body_events import (
    BarBegun,
    CallAnnounced,
    ComplaintReceived,
    FileJudged,
    InquiryReceived,
)
from tokumei.schemas.case_events import (
    ContractConcluded,
    ProductCreated,
    Proposal,
    ProposalLate,
    ProposalReceived,
    ScreenedFit,
    ScreenedUnfit,
    ScreeningJudged,
)
from tokumei.schemas.events import BodyKind, Paper
from tokumei.schemas.transitions import NEW


@dataclass(kw_only=True)
class Thing:
    """What has a state: ``since`` tells when each event kind happened to it last."""

    state: str = NEW
    since: dict[str, dt.datetime] = field(default_factory=dict)


@dataclass(kw_only=True)
class File(Thing):
    """A personal-information file, as last judged."""

    judged: FileJudged | None = None
    eligible_since: dt.date | None = None  # None while it is not


@dataclass(kw_only=True)
class Call(Thing):
    """A call for proposals."""

    announced: CallAnnounced | None = None


@dataclass(kw_only=True)
class Case(Thing):
    """A case: one proposal and what came of it, with the bar and the proposer's data that belong to it."""

    file: str | None = None
    call: str | None = None
    release: str | None = None
    received: ProposalReceived | ProposalLate | None = None
    proposal: Proposal | None = None  # as last corrected
    papers: dict[str, Paper] = field(default_factory=dict)  # that came with the proposal, by name
    missing: tuple[str, ...] = ()
    until: dt.date | None = None  # the last day for a correction, or for opinions
    judged: dict[int, ScreeningJudged] = field(default_factory=dict)
    fit: ScreenedFit | None = None
    unfit: ScreenedUnfit | None = None
    asked: int = 0  # third parties
    opinions: dict[str, bool] = field(default_factory=dict)  # third party → objected
    paid: int | None = None
    contract: ContractConcluded | None = None
    product: ProductCreated | None = None
    package: str | None = None  # SHA-256 of the list of checksums of what was provided
    bar: str = NEW
    barred: BarBegun | None = None
    proposer: str = "held"  # what identifies them: held or destroyed
    reference: str = ""  # of the proposer
    known_as: frozenset[str] = frozenset()  # that reference, by the key of its year and by older ones
    keyed_in: int = 0  # fiscal year of the key of the reference
    marks: tuple[str, ...] = ()  # by which another reference may be of the same
    officers: int = 0  # whom the proposal names
    kept: str = ""  # the record that what identifies them came with
    replaced: set[str] = field(default_factory=set)  # records whose proposer another has replaced
    grounds: set[str] = field(default_factory=set)  # records under which grounds of test 1 are kept

    def same_proposer(self, other: Case) -> bool:
        """Return whether the references say that two cases have one proposer."""
        return bool(self.known_as & other.known_as)


@dataclass(kw_only=True)
class Complaint(Thing):
    """A complaint."""

    received: ComplaintReceived | None = None


@dataclass(kw_only=True)
class Inquiry(Thing):
    """An inquiry."""

    received: InquiryReceived | None = None


@dataclass(kw_only=True)
class Body:
    """All of a body, as its events tell; empty before the first.

    Attributes:
        name, kind: of the body; empty before the first event.
        files, calls, cases, complaints, inquiries: by id.
        products: release → the case that it was made for.
        records: digests of the records that commands have made events from.
        day: the last day as of which something was recorded.
    """

    name: str = ""
    kind: BodyKind | None = None
    files: dict[str, File] = field(default_factory=dict)
    calls: dict[str, Call] = field(default_factory=dict)
    cases: dict[str, Case] = field(default_factory=dict)
    complaints: dict[str, Complaint] = field(default_factory=dict)
    inquiries: dict[str, Inquiry] = field(default_factory=dict)
    products: dict[str, str] = field(default_factory=dict)
    records: set[str] = field(default_factory=set)
    day: dt.date = dt.date.min
