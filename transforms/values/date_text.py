"""Read one date, month or date-time in any form Japanese documents use: 和暦, 年月日, without zero padding.

The text has passed `values.text.plain`. What is not understood, is not in the calendar, or lies
outside its era is None; see `values.dates` for the rules.
"""

from __future__ import annotations

import datetime
import re

from tokumei.schemas.tables import eras

_ERAS = {name: era for era in eras() for name in (era.name, era.letter, era.letter.lower(), era.short)}

_ERA = f"(?P<era>{'|'.join(_ERAS)})"
_ERA_YEAR = r"\s*(?P<year>元|[0-9]{1,2})"
_CIVIL_YEAR = r"(?P<year>[0-9]{4})"
_MONTH, _DAY = r"\s*(?P<month>[0-9]{1,2})", r"\s*(?P<day>[0-9]{1,2})"
_SIGN, _AGAIN = r"(?P<sign>[-/.])", r"(?P=sign)"
_DATE_FORMS = (
    *(
        re.compile(form)
        for year in (_CIVIL_YEAR, _ERA + _ERA_YEAR)
        for form in (
            rf"{year}\s*年{_MONTH}\s*月{_DAY}\s*日",
            rf"{year}{_SIGN}{_MONTH}{_AGAIN}{_DAY}",
        )
    ),
    re.compile(r"(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})"),
    re.compile(r"(?P<era>[MTSHRmtshr])(?P<year>[0-9]{2})(?P<month>[0-9]{2})(?P<day>[0-9]{2})"),
)
_MONTH_FORMS = (
    *(
        re.compile(form)
        for year in (_CIVIL_YEAR, _ERA + _ERA_YEAR)
        for form in (rf"{year}\s*年{_MONTH}\s*月", rf"{year}{_SIGN}{_MONTH}")
    ),
    re.compile(r"(?P<year>[0-9]{4})(?P<month>[0-9]{2})"),
)
_TIME = re.compile(
    r"(?P<date>.+?)(?:\s*T\s*|\s+|(?<=日))"
    r"(?P<hour>[0-9]{1,2})(?:(?::(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,][0-9]+)?)?)"
    r"|時\s*(?P<kminute>[0-9]{1,2})分(?:\s*(?P<ksecond>[0-9]{1,2})秒)?)"
    r"(?:\+09:?00)?"
)
_COMPACT_TIME = re.compile(r"(?P<date>[0-9]{8})(?P<hour>[0-9]{2})(?P<minute>[0-9]{2})(?P<second>[0-9]{2})?")


def read_date(text: str) -> int | None:
    """Return the day number of a date in any accepted form, or None."""
    for form in _DATE_FORMS:
        match = form.fullmatch(text)
        if match:
            part = match.groupdict()
            era = _ERAS.get(part.get("era", ""))
            number = _year(part["year"], era.first_year if era else None)
            day = _date(number, int(part["month"]), int(part["day"]))
            if day is None or (era and not era.first_day <= day <= era.last_day):
                return None
            return _day_number(day)
    return None


def read_month(text: str) -> int | None:
    """Return the day number of the first day of a month in any accepted form, or None."""
    for form in _MONTH_FORMS:
        match = form.fullmatch(text)
        if match:
            part = match.groupdict()
            era = _ERAS.get(part.get("era", ""))
            first = _date(_year(part["year"], era.first_year if era else None), int(part["month"]), 1)
            if first is None or (
                era and not era.first_day.replace(day=1) <= first <= era.last_day.replace(day=1)
            ):
                return None
            return _day_number(first)
    return None


def read_datetime(text: str) -> int | None:
    """Return the second number of a date with a time of day in any accepted form, or None."""
    match = _COMPACT_TIME.fullmatch(text) or _TIME.fullmatch(text)
    day = read_date(match["date"].strip()) if match else None
    if match is None or day is None:
        return None
    part = match.groupdict()
    hour = int(part["hour"])
    minute = int(part["minute"] or part.get("kminute") or 0)
    second = int(part["second"] or part.get("ksecond") or 0)
    if hour > 23 or minute > 59 or second > 59:
        return None
    return day * 86400 + hour * 3600 + minute * 60 + second


def _year(text: str, first_year: int | None) -> int:
    if first_year is None:
        return int(text)
    number = 1 if text == "元" else int(text)
    return first_year + number - 1 if number else 0


def _date(number: int, month: int, day: int) -> datetime.date | None:
    try:
        return datetime.date(number, month, day)
    except ValueError:
        return None


def _day_number(day: datetime.date) -> int:
    return day.toordinal() - datetime.date(1970, 1, 1).toordinal()
