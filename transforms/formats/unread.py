"""Why a value is not of its column's type, and what to do about it: reasons, never values.

A reason is the column's type, or finer where the shape of a value tells what it is.
"""

from __future__ import annotations

from collections.abc import Collection

import polars as pl
import pyarrow as pa

from tokumei.schemas.date_formats import DateReading
from tokumei.schemas.treatment_base import ColumnType
from tokumei.transforms.values.date_codes import ERA_DATE, ERA_MONTH
from tokumei.transforms.values.dates import parse_dates, parse_datetimes, parse_months
from tokumei.transforms.values.text import nulls, plain_column

UTC_MIDNIGHT, TIME_OF_DAY = "utc_midnight", "time_of_day"
_SERIAL = r"^[1-9][0-9]{4}(\.[0-9]+)?$"
_SHAPES = {
    "date": (("excel_serial", _SERIAL), ("era_digits", ERA_DATE)),
    "month": (("era_digits", ERA_MONTH),),
    "datetime": (("excel_serial", _SERIAL),),
}
_PARSE = {"date": parse_dates, "month": parse_months, "datetime": parse_datetimes}
_ACCEPTED = {
    "integer": "an integer is written 12, -3",
    "number": "a number is written 12, -1.5",
    "date": "a date is written 2021-01-02, 2021/1/2, 20210102, 2021年1月2日, 令和3年1月2日 or R3.1.2",
    "month": "a month is written 2021-01, 2021/1, 202101, 2021年1月, 令和3年1月 or R3.1",
    "datetime": "a time is written 2021-01-02 18:25, 2021/1/2 8:25:43, 2021-01-02T18:25:43+09:00,"
    " 20210102182543, 2021年1月2日18時25分43秒 or 2021-01-02T09:25:43Z",
    "boolean": "a boolean is written true, false, 1 or 0",
}
_ADVICE = {
    "excel_serial": "numbers of five digits may count days, as Excel does: if so, declare"
    " date_format: excel_1900 at the column",
    "era_digits": "such digits may begin with the number of a 元号 (GYYMMDD): if so, declare"
    " date_format: era_digits at the column",
    "future_era": "these dates are after the end of their era: correct them, or declare future_eras: true at"
    " the column",
    UTC_MIDNIGHT: "midnight in UTC is 9:00 in Japan: if whole days are meant, declare"
    " date_format: utc_as_written at the column",
    "type": "a JSON value has another type than its column (a list; a fraction where a string is declared)",
    TIME_OF_DAY: "a day with a time other than midnight is a time: declare type: datetime",
}


def why_unread(texts: pa.StringArray, kind: ColumnType, how: DateReading) -> list[str]:
    """Return the reason of each text that could not be read as a column's type.

    Args:
        texts: none of them null.
        kind: the type.
        how: what the column declared of its dates.
    """
    reasons = pl.Series([kind] * len(texts), dtype=pl.String)
    if kind not in _PARSE:
        return reasons.to_list()
    if kind == "date":
        as_utc = how._replace(format="utc_as_written")
        reasons = reasons.set(_read(parse_datetimes(texts, how)), TIME_OF_DAY)
        reasons = reasons.set(_read(parse_dates(texts, as_utc)), UTC_MIDNIGHT)
    reasons = reasons.set(_read(_PARSE[kind](texts, how._replace(future_eras=True))), "future_era")
    shapes = plain_column(texts)
    for reason, shape in _SHAPES[kind]:
        if how.format is None:  # else it is tried already, or another is meant
            reasons = reasons.set(shapes.str.contains(shape), reason)
    return reasons.to_list()


def advice(reasons: Collection[str]) -> list[str]:
    """Return what to declare, and what is accepted, for the reasons why values could not be read."""
    dates = {*_ADVICE} - {"type"}
    kinds = {reason if reason in _ACCEPTED else "date" if reason in dates else "" for reason in reasons}
    told = [text for kind, text in _ACCEPTED.items() if kind in kinds]
    return [text for reason, text in _ADVICE.items() if reason in reasons] + told


def _read(parsed: pa.Array) -> pl.Series:
    return pl.Series(~nulls(parsed))
