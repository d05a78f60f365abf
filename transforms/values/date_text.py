"""Read one date, month or date-time as Japanese documents write it: 和暦, 年月日, 漢数字, no zero padding.

A weekday, 西暦 before it and 生 after it are passed over; whether it is the right weekday is not looked at.

The text has passed `values.text.plain`. What is not understood, is not in the calendar, or lies
outside its era is None; see `values.dates` for the rules.
"""

from __future__ import annotations

import datetime
import re

import numpy as np

from tokumei.schemas.date_formats import USUAL, DateReading
from tokumei.schemas.tables import eras
from tokumei.transforms.values.date_bytes import MONTH_STARTS
from tokumei.transforms.values.japan_clock import STANDARD, wall_clock, whole_days

_ERAS = {name: era for era in eras() for name in (era.name, era.letter, era.letter.lower(), era.short)}

_ERA = f"(?P<era>{'|'.join(_ERAS)})"
_ERA_YEAR = r"\s*(?P<year>元|[0-9]{1,2})"
_CIVIL_YEAR = r"(?P<year>[0-9]{4})"
_MONTH, _DAY = r"\s*(?P<month>[0-9]{1,2})", r"\s*(?P<day>[0-9]{1,2})"
_SIGN, _AGAIN = r"(?P<sign>[-/.])", r"(?P=sign)"
_DAY_SECONDS, _FARTHEST = 86_400, 18 * 3600
_FIRST, _END = MONTH_STARTS[12] * _DAY_SECONDS, MONTH_STARTS[120000] * _DAY_SECONDS  # of the years 1–9999
_CIVIL, _BORN = re.compile(r"^西暦\s*"), re.compile(r"\s*(?:生まれ|生れ|生)$")
_WEEKDAY = re.compile(r"\s*(?:\([月火水木金土日](?:・?祝|曜日?)?\)|[月火水木金土日]曜日?)")
_ONES = {
    sign: n for n, signs in enumerate(("〇零○◯", "一壱", "二弐", "三参", *"四五六七八九")) for sign in signs
}
_ONE = f"[{''.join(_ONES)}]"
_KANJI = re.compile(rf"(?:{_ONE}|[十百千拾])+(?=\s*[年月日時分秒])")
_SAID = re.compile(rf"(?P<千>{_ONE}?千)?(?P<百>{_ONE}?百)?(?P<十>{_ONE}?[十拾])?(?P<一>{_ONE})?")
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
    r"(?P<date>.+?)(?:\s*T\s*|\s+|(?<=日))(?P<half>午前|午後)?\s*"
    r"(?P<hour>[0-9]{1,2})(?:(?::(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,][0-9]+)?)?)"
    r"|時\s*(?P<kminute>[0-9]{1,2})分(?:\s*(?P<ksecond>[0-9]{1,2})秒)?)"
    r"(?:\s*(?P<meridiem>[AaPp][Mm]))?"
    r"(?:\s*(?P<zone>Z|UTC|GMT|JST|(?P<sign>[+-])(?P<zhour>[0-9]{2})(?::?(?P<zminute>[0-5][0-9]))?))?"
)
_COMPACT_TIME = re.compile(r"(?P<date>[0-9]{8})(?P<hour>[0-9]{2})(?P<minute>[0-9]{2})(?P<second>[0-9]{2})?")


def read_date(text: str, how: DateReading = USUAL) -> int | None:
    """Return the day number of a date in any accepted form, or None; midnight of a day is that day."""
    day = _read_day(text, how)
    if day is None and (tidy := _tidy(text)) != text:
        day = _read_day(tidy, how)
    if day is not None:
        return day
    seconds = read_datetime(text, how)
    if seconds is None:
        return None
    days, begins = whole_days(np.array([seconds], np.int64))
    return int(days[0]) if begins[0] else None


def read_month(text: str, how: DateReading = USUAL) -> int | None:
    """Return the day number of the first day of a month in any accepted form, or None."""
    text = _tidy(text)
    for form in _MONTH_FORMS:
        match = form.fullmatch(text)
        if match:
            part = match.groupdict()
            era = _ERAS.get(part.get("era", ""))
            first = _date(_year(part["year"], era.first_year if era else None), int(part["month"]), 1)
            if first is None or (
                era
                and not era.first_day.replace(day=1)
                <= first
                <= (datetime.date.max if how.future_eras else era.last_day.replace(day=1))
            ):
                return None
            return _day_number(first)
    return None


def read_datetime(text: str, how: DateReading = USUAL) -> int | None:
    """Return the second number, as a clock in Japan shows it, of a date with a time of day, or None."""
    text = _tidy(text)
    match = _COMPACT_TIME.fullmatch(text) or _TIME.fullmatch(text)
    day = _read_day(match["date"].strip(), how) if match else None
    if match is None or day is None:
        return None
    part = match.groupdict()
    hour = _hour(int(part["hour"]), part.get("half"), part.get("meridiem"))
    minute = int(part["minute"] or part.get("kminute") or 0)
    second = int(part["second"] or part.get("ksecond") or 0)
    if hour is None or minute > 59 or second > 59:
        return None
    return _in_japan(day * _DAY_SECONDS + hour * 3600 + minute * 60 + second, part, how)


def _read_day(text: str, how: DateReading) -> int | None:
    for form in _DATE_FORMS:
        match = form.fullmatch(text)
        if match:
            part = match.groupdict()
            era = _ERAS.get(part.get("era", ""))
            number = _year(part["year"], era.first_year if era else None)
            day = _date(number, int(part["month"]), int(part["day"]))
            last = datetime.date.max if era is None or how.future_eras else era.last_day
            if day is None or (era and not era.first_day <= day <= last):
                return None
            return _day_number(day)
    return None


def _tidy(text: str) -> str:
    """Return a text without what stands beside a date, and with the numbers of its parts in digits."""
    text = _KANJI.sub(_arabic, _BORN.sub("", _CIVIL.sub("", text)))
    return _WEEKDAY.sub(" ", text, count=1).strip()


def _arabic(match: re.Match[str]) -> str:
    """Return a number in kanji, place by place (一九七五) or as it is said (五十), in digits."""
    run = match[0]
    if all(sign in _ONES for sign in run):
        return "".join(str(_ONES[sign]) for sign in run)
    said = _SAID.fullmatch(run)
    if said is None:
        return run
    total = 0
    for unit, name in ((1000, "千"), (100, "百"), (10, "十")):
        if said[name] is not None:
            total += unit * _ONES.get(said[name][:-1], 1)
    return str(total + _ONES.get(said["一"] or "", 0))


def _hour(hour: int, half: str | None, meridiem: str | None) -> int | None:
    """Return the hour of the day; 12時 after 午前 or 午後 means one or the other to different people."""
    if half is None and meridiem is None:
        return hour if hour <= 23 else None
    if half is not None:
        return None if hour > 11 or meridiem else hour + 12 * (half == "午後")
    return hour % 12 + 12 * ((meridiem or "").upper() == "PM") if 1 <= hour <= 12 else None


def _in_japan(seconds: int, part: dict[str, str | None], how: DateReading) -> int | None:
    """Return what a clock in Japan shows at a time with a zone; see `date_bytes.read_instants`."""
    if part.get("zone") in {None, "JST"}:
        return seconds
    offset = int(part["zhour"] or 0) * 3600 + int(part["zminute"] or 0) * 60
    if offset > _FARTHEST:
        return None
    offset = -offset if part["sign"] == "-" else offset
    if offset == STANDARD or (offset == 0 and how.format == "utc_as_written"):
        return seconds
    shown = int(wall_clock(np.array([seconds - offset], np.int64))[0])
    return shown if _FIRST <= shown < _END else None


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
