"""提案の募集: which files are called for (法60条3項), and the announcement of a call (法111条, 規則53条)."""

from __future__ import annotations

import datetime as dt

from pydantic import Field

from tokumei.schemas.body_events import CallAnnounced, Condition, Desk, FileJudged
from tokumei.schemas.events import BodyKind, Event
from tokumei.schemas.file_items import Period
from tokumei.schemas.regimes import fiscal_year, regime_of
from tokumei.schemas.register import SMALL_FILE
from tokumei.schemas.strict import Text
from tokumei.transforms.ledger.state import Body
from tokumei.transforms.proposals.occasion import Ids, Occasion, Record

SHORTEST_CALL = dt.timedelta(days=30)  # 規則53条: counted from the first day, which itself is not counted
# 附則7条: for the time being the others may call; before 2023, local bodies were not in it at all
_BOUND: frozenset[BodyKind] = frozenset({"行政機関", "独立行政法人等", "都道府県", "指定都市"})
_BOUND_BEFORE: frozenset[BodyKind] = frozenset({"行政機関", "独立行政法人等"})


class JudgedFile(Record):
    """A file, and what somebody has decided about each of the three conditions (法60条3項)."""

    file: Text = Field(description="entry_id, as tokumei register show prints it.")
    people: int = Field(ge=0, description="本人の数 of the file, distinct people.")
    published: Condition = Field(description="1号")
    disclosable: Condition = Field(description="2号")
    unhindered: Condition = Field(description="3号")


class AnnouncedCall(Record):
    """A call for proposals (公示)."""

    call: Text = Field(description="Id of the call, of your own, for example R7-1.")
    title: Text
    period: Period = Field(description="募集の期間, both days included.")
    files: Ids = Field(default=(), description="entry_ids. Default: every file that is judged eligible.")
    window: Desk = Field(description="窓口")


def judge_file(_: Body, record: JudgedFile, occasion: Occasion) -> list[Event]:
    """Judge a file for the call; it is eligible where all three conditions hold.

    Raises:
        Refused: condition 1 is said to hold, and the file has no entry in force, or is too small for one.
    """
    entry = occasion.registered.get(record.file)
    if record.published.holds and entry is None:
        raise occasion.refuse(
            f"file {record.file}",
            "the file has no entry in force in the 個人情報ファイル簿: 60条3項1号 does not hold",
            article="60",
            fix="enter it first (tokumei register enter), or say published.holds: false",
        )
    if record.published.holds and record.people < SMALL_FILE:
        raise occasion.refuse(
            f"file {record.file}",
            f"a file of fewer than {SMALL_FILE:,} people is in no 個人情報ファイル簿: 60条3項1号 fails",
            article="60",
            fix="say published.holds: false; tokumei tick erases its entry",
        )
    payload = FileJudged(
        name=entry.name if entry else record.file,
        people=record.people,
        published=record.published,
        disclosable=record.disclosable,
        unhindered=record.unhindered,
        third_party_opinion=entry is not None and entry.third_party_opinion,
        by_ordinance=entry is not None and entry.small_file_ordinance is not None,
    )
    return [occasion.event(record, payload, record.file, "行政機関等", file=record.file)]


def announce_call(body: Body, record: AnnouncedCall, occasion: Occasion) -> list[Event]:
    """Announce a call.

    Raises:
        Refused: it is shorter than 30 days, begins before it is announced, or offers a file that is not
            eligible, or whose register entry does not say that it is called for (法110条).
    """
    where, period = f"call {record.call}", record.period
    if period.end - period.start < SHORTEST_CALL:
        raise occasion.refuse(
            where,
            f"the period must be 30 days or more from its first day (規則53条): it may end on"
            f" {period.start + SHORTEST_CALL} at the earliest",
            article="111",
            fix="set period.end later",
        )
    if period.start <= occasion.happened(record).date():
        raise occasion.refuse(
            where,
            "a call is announced before its first day (規則53条)",
            article="111",
            fix="set period.start later; at is the day of the announcement",
        )
    judged = [file for file, found in body.files.items() if found.state == "eligible"]
    eligible = [file for file in judged if file in occasion.registered]  # whose entry was not erased since
    files = record.files or tuple(eligible)
    wrong = sorted(set(files) - set(eligible))
    if wrong or not files:
        raise occasion.refuse(
            where,
            f"not eligible: {', '.join(wrong)}" if wrong else "no file is eligible",
            article="60",
            fix="judge each file first (tokumei call files); its entry must be in force in the register",
        )
    unmarked = [file for file in files if not occasion.registered[file].call_for_proposals]
    if unmarked:
        raise occasion.refuse(
            where,
            "the register entry must say items 13 and 14 (提案の募集, 提案を受ける組織) before the call; it"
            f" does not of: {', '.join(sorted(unmarked))}",
            article="110",
            fix="complete file.call_for_proposals and file.proposal_office in the policy, and enter the file"
            " again (tokumei register enter)",
        )
    payload = CallAnnounced(title=record.title, period=period, files=files, window=record.window)
    return [occasion.event(record, payload, record.call, "行政機関等", call=record.call)]


def calls_owed(body: Body, day: dt.date) -> tuple[int, ...]:
    """Return the fiscal years up to a day in which a body that must call for proposals has begun no call.

    It must once a fiscal year (規則53条) while it has a file that is eligible; asked of those that are now.
    """
    began = {fiscal_year(call.announced.period.start) for call in body.calls.values() if call.announced}
    since = [file.eligible_since for file in body.files.values() if file.eligible_since]
    years = range(fiscal_year(min(since)), fiscal_year(day) + 1) if since else ()
    return tuple(year for year in years if year not in began and body.kind in _bound_in(year))


def _bound_in(year: int) -> frozenset[BodyKind]:
    return _BOUND if regime_of(dt.date(year + 1, 3, 31)) == "public" else _BOUND_BEFORE
