"""What report.json says: what was done, per criterion and column, and what was measured.

The report is not 加工方法等情報: it names methods and counts, never source values that fewer than k people
share, keys, or pseudonym tables. It states what was measured and claims no more.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tokumei.schemas.people import PeopleBasis
from tokumei.schemas.report_attacks import AttackReport
from tokumei.schemas.report_classes import ExampleClass
from tokumei.schemas.report_earlier import EarlierReport
from tokumei.schemas.report_exposure import Exposures
from tokumei.schemas.report_histories import HistoryReport
from tokumei.schemas.report_joined import ApartTable, JoinedTables
from tokumei.schemas.report_leaks import NamesSought
from tokumei.schemas.report_parameters import SetParameter
from tokumei.schemas.report_recoding import Recoding
from tokumei.schemas.report_redaction import RedactionReport
from tokumei.schemas.report_rehearsal import Rehearsal
from tokumei.schemas.report_risk import Risk
from tokumei.schemas.strict import Strict


class Bar(Strict):
    """One bar of a picture: a label, and how many records carry it."""

    label: str
    records: int


class Picture(Strict):
    """The distribution of a column; labels borne by fewer than k people are merged into one bar.

    ``bars`` is empty and ``note`` says why when the column is not pictured (deleted, or too many values).
    ``ordered`` tells whether the bars have a natural order (ages, dates) or go by size.
    """

    bars: tuple[Bar, ...] = ()
    ordered: bool = False
    note: str | None = None


class StepReport(Strict):
    """One treatment: which criterion it serves, what it did, in Japanese, and its counts.

    ``counts`` keys: ``cells_changed``, ``cells_blanked`` (of them, those that lost their value) or
    ``records_dropped``; and ``listed_unmet``, the values of the policy's own list, or lines of a hierarchy
    file, that no record has.
    """

    criterion: int = Field(ge=1, le=5)
    method: str
    sentence: str
    public_sentence: str | None = Field(
        default=None,
        description="What may leave the house, without numbers of few people; None: the sentence.",
    )
    counts: dict[str, int] = Field(default_factory=dict)
    unmet: tuple[int, ...] = Field(
        default=(), description="Places of such values in the policy's list, from 1; the first twenty."
    )


class ColumnReport(Strict):
    """What became of one column."""

    name: str
    title: str
    type: str
    released: bool
    sensitive: bool
    item: str | None = Field(
        default=None,
        description="What notice and register call what is released of it, with the level that was chosen;"
        " None where it is deleted, or where every released cell is blank or *.",
    )
    because: str | None = None
    steps: tuple[StepReport, ...] = ()
    before: Picture | None = None
    after: Picture | None = None


class Match(Strict):
    """Something that the search met and left: by chance, or allowed by the policy, which says why."""

    column: str
    sought: str = Field(description="What was met, in Japanese.")
    compared: int
    matched: int
    because: str | None = Field(description="The policy's reason; None where it is no more than chance.")


class LeakScan(Strict):
    """The search of the released data, by titles of columns; a leak would have stopped the release."""

    sought: tuple[str, ...] = Field(description="Columns whose source values were searched for.")
    carriers: tuple[str, ...] = Field(description="Released columns in which these were searched for.")
    unsearched: tuple[str, ...] = Field(
        default=(), description="Deleted columns whose values could not be searched for: they are no text."
    )
    numbers: tuple[str, ...] = Field(description="Released columns searched for numbers that are codes.")
    names: NamesSought | None = Field(default=None, description="Names of people that were searched for.")
    matches: tuple[Match, ...] = ()


class OrderReport(Strict):
    """In which order the rows of a table are released."""

    order: Literal["global", "stretch"] = Field(
        description="global: a part tells nothing of where its rows stood; stretch: they stood together."
    )
    parts: int
    sentence: str


class LostShares(Strict):
    """What criterion 5 took of a table, where that is far more than the limit, which counts all people."""

    records: float = Field(description="Share of the table's records.")
    people: float | None = Field(description="Share of its people, all criteria; None where not told apart.")
    limit: float = Field(description="suppression_limit.")


class TableReport(Strict):
    """One table of the release."""

    name: str
    title: str
    records_in: int
    records_blank: int = Field(default=0, description="Without any value; skipped, and not in records_in.")
    records_rejected: int
    records_without_person: int = Field(default=0, description="Readable records without a person code.")
    person_missing: Literal["drop", "each_alone"] | None = Field(
        default=None, description="What became of them: left out, or each a person of its own."
    )
    records_dropped: int = Field(description="Dropped by criterion 4 (特異な記述).")
    records_suppressed: int = Field(description="Dropped by criterion 5 (k-匿名性).")
    left_out: LostShares | None = Field(default=None, description="Where records_suppressed is much.")
    records_out: int
    people_in: int | None = Field(description="None where the table has no person column.")
    people_left: int | None = Field(
        default=None, description="People whom criteria 1 to 4 leave; None without quasi-identifiers."
    )
    people_out: int | None
    reading: tuple[str, ...] = Field(
        default=(), description="How values were read, where that is not as they are written; in Japanese."
    )
    people_check: str = Field(description="How 'one row a person' was checked, in Japanese.")
    columns: tuple[ColumnReport, ...]
    recoding: Recoding | None = None
    risk_before: Risk | None = Field(
        default=None, description="After criteria 1 to 4, before generalization."
    )
    risk_after: Risk | None = None
    combinations: tuple[CombinationReport, ...] = ()
    totals: tuple[TotalReport, ...] = ()
    leak_scan: LeakScan | None = None
    order: OrderReport | None = None


class CombinationReport(Strict):
    """Rare combinations of some columns' values: how many there were, and what became of them.

    ``step.counts`` keys: ``combinations_1``, ``_2``, ``_3`` (minimal combinations, by number of values),
    ``cells_blanked`` or ``records_dropped``.
    """

    columns: tuple[str, ...]
    titles: tuple[str, ...]
    people: int
    because: str
    step: StepReport
    contributions: tuple[float, ...] = Field(
        description="Per column, its share of the SUDA scores of sample uniques before removal."
    )
    highest_dis: float | None = Field(
        description="Highest DIS-SUDA risk of a record before removal; None where it cannot be told."
    )
    rarer_after: int = Field(
        description="Combinations of any size that have fewer people in the release; 0 unless they may."
    )


class TotalReport(Strict):
    """A bound on what the lines of one person come to: whom it took, and people by what they come to.

    ``step.counts`` keys: ``people_bounded`` (people who lost lines by it), ``windows_dropped`` or
    ``receipts_dropped``, ``records_dropped`` (by it, and by no declaration before it), ``amount_dropped``.
    """

    title: str = Field(description="What is measured, in Japanese.")
    because: str
    step: StepReport
    before: Picture = Field(description="People, by their highest window; bars of fewer than k are merged.")
    after: Picture


class RejectCount(Strict):
    """Unreadable records by table, column and reason; the values are never kept."""

    table: str
    column: str
    reason: str
    records: int


class NoteCount(Strict):
    """Cells that hold no value in another way than the policy says, by table, column and way."""

    table: str
    column: str
    note: str = Field(description="nan: not a number; absent: no record has such a key.")
    cells: int


class Report(Strict):
    """The whole report of one release.

    Within a format fields are only added; what removes one, or lets it mean something else, makes another.
    """

    format: Literal["tokumei-report-1"] = "tokumei-report-1"
    release_id: str
    created_at: str
    regime: str
    file_name: str
    body: str
    department: str
    purpose: str
    work_sha256: str = Field(description="Fingerprint of policy, hierarchy files and inputs.")
    policy_sha256: str = Field(
        default="",
        description="Fingerprint of the method: policy without file, sources and output; hierarchy files.",
    )
    delivery_sha256: str | None = Field(
        default=None, description="Fingerprint of file, rules and parameters, whatever the inputs."
    )
    replaces: tuple[str, ...] = Field(
        default=(), description="Releases of an earlier delivery that this one replaces (差替え)."
    )
    requirements_because: str
    k: int
    people: int = Field(description="本人の数: distinct people in the release, of one numbering.")
    people_basis: PeopleBasis | None = Field(
        default=None, description="What was counted: people's codes, or records where no table has codes."
    )
    people_check: str = Field(default="", description="Whose people they are and how counted, in Japanese.")
    small_file_ordinance: str | None = Field(
        default=None, description="The ordinance by which a small file was released (法75条5項)."
    )
    warnings: tuple[str, ...] = Field(
        default=(), description="What to look at before publication, in Japanese."
    )
    tables: tuple[TableReport, ...]
    histories: tuple[HistoryReport, ...] = Field(
        default=(), description="What who knows some facts about a person can tell."
    )
    joined: tuple[JoinedTables, ...] = Field(default=(), description="Tables joined by their people.")
    apart: tuple[ApartTable, ...] = Field(default=(), description="Tables taken out of the join.")
    exposure: Exposures = Field(
        default=Exposures(), description="Whom the release exposes, whatever the policy declares."
    )
    classes: tuple[ExampleClass, ...] = Field(
        default=(), description="Ten classes of each table, small to large; never in public-report.json."
    )
    rehearsal: Rehearsal | None = Field(default=None, description="Of a rehearsal; None of a release.")
    attacks: tuple[AttackReport, ...] = Field(
        default=(), description="What attacks on the release came to; never in public-report.json."
    )
    earlier: tuple[EarlierReport, ...] = Field(
        default=(), description="Beside earlier releases of the file; never in public-report.json."
    )
    parameters: tuple[SetParameter, ...] = Field(
        default=(), description="What the policy lets differ from run to run, and was."
    )
    redactions: tuple[RedactionReport, ...] = Field(
        default=(), description="Free text that is released with labels."
    )
    rejects: tuple[RejectCount, ...] = ()
    reject_limit: int = 0
    notes: tuple[NoteCount, ...] = ()
    secrets: str = Field(description="What became of the key, in Japanese.")
    order: str = Field(description="How row order was destroyed, in Japanese.")
    limits: tuple[str, ...] = Field(default=(), description="What was not measured or checked, in Japanese.")
    versions: dict[str, str] = Field(default_factory=dict)
