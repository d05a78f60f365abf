"""What is due on a day, for whoever keeps the register: nothing of it happens by time alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import jpholiday

from tokumei.schemas.regimes import cited, fiscal_year, regime_of
from tokumei.transforms.ledger.state import Body, Case
from tokumei.transforms.proposals.calls import calls_owed
from tokumei.transforms.proposals.due import IN_FORCE

_SOON = dt.timedelta(days=14)  # so long before its day something is told
_YEAR_END = {(12, 29), (12, 30), (12, 31), (1, 1), (1, 2), (1, 3)}


def notices(body: Body, day: dt.date) -> Iterator[str]:
    """Yield what is due, overdue, or due within two weeks, on a day.

    A day on which offices are closed is told with the next on which they are open. Which of the two is the
    last depends on the deadline: one that a law states moves (行政機関の休日に関する法律2条), others do not.
    """
    owed, now = calls_owed(body, day), fiscal_year(day)
    if now in owed:
        yield f"no call for proposals has begun in fiscal year {now} ({cited('111', regime_of(day))})"
    if missed := ", ".join(str(year) for year in owed if year != now):
        yield f"no call for proposals began in fiscal year(s) {missed}: once a year it must (規則53条)"
    for name, case in body.cases.items():
        yield from (f"case {name}: {text}" for text in _of_case(case, day))
    for name, complaint in body.complaints.items():
        if complaint.state == "open":
            since = complaint.since["complaint_received"].date()
            yield f"complaint {name}: not answered for {(day - since).days} days (法128条)"
    for name, inquiry in body.inquiries.items():
        if inquiry.state == "open":
            since = inquiry.since["inquiry_received"].date()
            yield f"inquiry {name}: not answered for {(day - since).days} days (法127条)"


def office_day(day: dt.date) -> dt.date:
    """Return the day, or the next on which offices are open (行政機関の休日に関する法律1条)."""
    while day.weekday() >= 5 or (day.month, day.day) in _YEAR_END or jpholiday.is_holiday(day):
        day += dt.timedelta(days=1)
    return day


def _of_case(case: Case, day: dt.date) -> Iterator[str]:
    if case.state == "incomplete":
        yield "items or papers are missing, and nobody has asked for them (補正, 規則54条7項)"
    elif case.state == "correcting" and case.until:
        yield from _last_day("correction (補正)", case.until, day)
    elif case.state in {"received", "screening"}:
        waited = (day - case.since["proposal_received"].date()).days
        yield f"not screened for {waited} days (法114条)"
    elif case.state in {"fit", "heard", "applied", "contracted"} and case.fit:
        yield from _last_day("fee (手数料, 法119条)", case.fit.pay_until, day)
    elif case.state == "paid":
        waited = (day - case.since["fee_paid"].date()).days
        yield f"the fee is paid, and no contract concluded for {waited} days (法115条)"
    if case.state in IN_FORCE and case.contract:
        yield from _last_day("period of use (利用の期間)", case.contract.period.end, day)


def _last_day(what: str, last: dt.date, day: dt.date) -> Iterator[str]:
    if day + _SOON < last:
        return
    closed = f", a closed day; the next open one is {office_day(last)}" if office_day(last) != last else ""
    overdue = f"; {(day - last).days} days ago" if last < day else ""
    yield f"{what}: the last day is {last}{closed}{overdue}"
