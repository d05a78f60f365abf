"""Read Japanese dates, months and date-times, and write them coarser (生年月日 → 生年月, 日時 → 分・30分).

Every reader has two ways. Well-formed fixed-width values (ISO, ``YYYYMMDD``, …) are read for the whole
column from their bytes; what is left (和暦, 年月日, full-width, no zero padding) is read once per distinct
value. Nothing raises on a value: what is not understood, or does not exist in the calendar, becomes null.

和暦 is strict: a date outside its era is null. Documents do write 平成31年5月1日 or later for 令和 dates, but
a wrong era is also how a mistyped year shows, so the policy's author decides: a column may declare that its
eras go on (`DateReading.future_eras`). What else it may declare, bare numbers and times in UTC, is
read where the usual spellings end. The day of the change belongs to both eras in 1912 and 1926 (see
`schemas.tables.eras`). 明治 begins with 明治6年1月1日 (1873-01-01), the first day of the Gregorian calendar
in Japan.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tokumei.schemas.date_formats import USUAL, DateReading
from tokumei.transforms.values import date_bytes, date_codes, date_text
from tokumei.transforms.values.date_bytes import MONTH_STARTS
from tokumei.transforms.values.japan_clock import wall_clock, whole_days
from tokumei.transforms.values.text import Utf8, fixed_width, nulls, per_value, strings, utf8

if TYPE_CHECKING:
    import datetime
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]

_EPOCH_MONTH = 1970 * 12


def parse_dates(values: pa.StringArray, how: DateReading = USUAL) -> pa.Date32Array:
    """Read dates.

    Args:
        values: text such as ``2021-01-02``, ``2021/1/2``, ``2021.01.02``, ``20210102``, ``2021年1月2日``,
            ``昭和50年1月2日``, ``昭和五十年一月二日``, ``令和元年5月1日(水)``, ``S50.1.2``, ``昭50/1/2``,
            ``S500102``, ``2021-01-02 0:00:00``; full-width forms and outer spaces too.
        how: what the column declares beyond these.

    Returns:
        Dates from year 1 to 9999; null for anything else, a date with a time of day but midnight included.
        Era days follow 太政官布告第337号, the edicts of 1912 and 1926, 昭和64年政令第1号 and
        平成31年政令第143号.
    """

    def midnights(text: Utf8) -> tuple[Ints, Bools]:
        return _days(*_read_times(text, how))

    def serials(texts: pa.Array) -> tuple[Ints, Bools]:
        return _days(*date_codes.read_serials(texts, how))

    era_digits = partial(date_codes.read_era_digits, how=how, months=False)
    declared = era_digits if how.format == "era_digits" else serials if how.serial else None
    slow = partial(date_text.read_date, how=how)
    return _read(values, (date_bytes.read_dates, midnights), declared, slow, pa.date32())


def parse_months(values: pa.StringArray, how: DateReading = USUAL) -> pa.Date32Array:
    """Read months as their first day.

    Args:
        values: ``2021-01``, ``2021/1``, ``202101``, ``2021年1月``, ``昭和50年1月``, ``S50.1`` and the like.
        how: what the column declares beyond these.

    Returns:
        First days of months. A 和暦 month is accepted when at least one of its days is in the era; the first
        day is given even when it lies before the era, as for 平成元年1月. Null for anything else.
    """
    era_digits = partial(date_codes.read_era_digits, how=how, months=True)
    declared = era_digits if how.format == "era_digits" else None
    slow = partial(date_text.read_month, how=how)
    return _read(values, (date_bytes.read_months,), declared, slow, pa.date32())


def parse_datetimes(values: pa.StringArray, how: DateReading = USUAL) -> pa.TimestampArray:
    """Read date-times as a clock in Japan shows them.

    Args:
        values: a date as in `parse_dates`, then a space or ``T``, then ``H:MM`` or ``HH:MM:SS``; or
            ``YYYYMMDDHHMM[SS]``; or ``…日18時25分43秒``, ``…午後6時25分``. Fractions of a second are cut off.
            After it may stand ``Z``, ``UTC`` or an offset (``+00:00``, ``+0900``).
        how: what the column declares beyond these.

    Returns:
        Timestamps in seconds without time zone. ``24:00``, second 60 and a date without time are null.
    """
    serials = partial(date_codes.read_serials, how=how) if how.serial else None
    slow = partial(date_text.read_datetime, how=how)
    return _read(values, (partial(_read_times, how=how),), serials, slow, pa.timestamp("s"))


def year_month(dates: pa.Date32Array) -> pa.StringArray:
    """Return ``YYYY-MM``: the day is gone (生年月日 → 生年月). Years beyond 1–9999 are null."""
    year, month, _, missing = _calendar(dates)
    return fixed_width([(year, 4), "-", (month, 2)], missing)


def year(dates: pa.Date32Array) -> pa.StringArray:
    """Return ``YYYY`` (生年月日 → 生年). Years beyond 1–9999 are null."""
    number, _, _, missing = _calendar(dates)
    return fixed_width([(number, 4)], missing)


def age_on(dates: pa.Date32Array, reference: datetime.date) -> pa.Int32Array:
    """Return the age in completed years on a fixed day.

    Args:
        dates: dates of birth.
        reference: the day on which the age is told; never the clock.

    Returns:
        The everyday age, one more on the birthday itself; born on 29 February, on 1 March of common years.
        年齢計算ニ関スル法律 with 民法143条 completes the year at the end of the day before; that differs from
        this on that day alone. Null for dates after the reference.
    """
    born, month, day, missing = _calendar(dates)
    before = (month > reference.month) | ((month == reference.month) & (day > reference.day))
    age = reference.year - born - before
    return pa.array(age.astype(np.int32), mask=missing | (age < 0))


def truncate_times(
    times: pa.TimestampArray, unit: Literal["minute", "30min", "hour", "day", "month"]
) -> pa.StringArray:
    """Write times rounded down to a unit: 18:25:43 → 18:25, 18:00 for 30 minutes.

    Args:
        times: timestamps of any resolution, or dates. With a time zone they are told by a clock in Japan.
        unit: what is kept.

    Returns:
        ``YYYY-MM-DD HH:MM`` for minute, 30min and hour, ``YYYY-MM-DD`` for day, ``YYYY-MM`` for month. Years
        beyond 1–9999 are null.
    """
    if not pa.types.is_timestamp(times.type):
        times = times.cast(pa.timestamp("s"))
    ticks = _integers(times.cast(pa.int64()))
    seconds = ticks // {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[times.type.unit]
    if times.type.tz is not None:
        seconds = wall_clock(seconds)
    days, of_day = np.divmod(seconds, 86400)
    number, month, day, outside = _civil(days)
    fields: list[tuple[Ints, int] | str] = [(number, 4), "-", (month, 2)]
    if unit != "month":
        fields += ["-", (day, 2)]
    if unit in {"minute", "30min", "hour"}:
        minute = of_day // 60 // {"minute": 1, "30min": 30, "hour": 60}[unit]
        minute = minute * {"minute": 1, "30min": 30, "hour": 60}[unit]
        fields += [" ", (minute // 60, 2), ":", (minute % 60, 2)]
    return fixed_width(fields, nulls(times) | outside)


def _read(
    values: pa.Array,
    fast: Sequence[Callable[[Utf8], tuple[Ints, Bools]]],
    declared: Callable[[pa.Array], tuple[Ints, Bools]] | None,
    slow: Callable[[str], int | None],
    kind: pa.DataType,
) -> pa.Array:
    """Read a column the fast ways, each what the one before leaves, then as declared, then one by one."""
    texts = strings(values)
    missing, text = nulls(texts), utf8(texts)
    answers, good = fast[0](text)
    for reader in fast[1:]:
        if len(rest := np.flatnonzero(~(good | missing))):
            answers[rest], good[rest] = reader(text.rows(rest))
    if declared is not None and len(rest := np.flatnonzero(~(good | missing))):
        answers[rest], good[rest] = declared(texts.take(pa.array(rest)))
    if len(rest := np.flatnonzero(~(good | missing))):
        late = per_value(texts.take(pa.array(rest)), slow, pa.int64())
        answers[rest] = _integers(late)
        good[rest] = ~nulls(late)
    width = np.int32 if kind == pa.date32() else np.int64
    return pa.array(answers.astype(width), mask=~good).cast(kind)


def _read_times(text: Utf8, how: DateReading) -> tuple[Ints, Bools]:
    """Read date-times without a zone, and then those with one."""
    seconds, good = date_bytes.read_datetimes(text)
    if len(rest := np.flatnonzero(~good & (text.lengths > 0))):
        written = how.format == "utc_as_written"
        seconds[rest], good[rest] = date_bytes.read_instants(text.rows(rest), utc_as_written=written)
    return seconds, good


def _days(seconds: Ints, good: Bools) -> tuple[Ints, Bools]:
    """Return the days of times that begin one."""
    days, begins = whole_days(seconds)
    return days, good & begins


def _integers(values: pa.Array) -> Ints:
    """Return integers with 0 for null."""
    numbers: Ints = pc.fill_null(values, 0).to_numpy(zero_copy_only=False).astype(np.int64)
    return numbers


def _calendar(dates: pa.Date32Array) -> tuple[Ints, Ints, Ints, Bools]:
    """Return year, month, day and what is missing."""
    number, month, day, outside = _civil(_integers(dates.cast(pa.int32())))
    return number, month, day, nulls(dates) | outside


def _civil(days: Ints) -> tuple[Ints, Ints, Ints, Bools]:
    """Return year, month and day of day numbers, and which are beyond the years 1–9999."""
    outside = (days < MONTH_STARTS[12]) | (days >= MONTH_STARTS[120000])
    kept = np.where(outside, 0, days).astype("M8[D]")
    months = kept.astype("M8[M]")
    day = (kept - months).astype(np.int64) + 1
    index = months.astype(np.int64) + _EPOCH_MONTH
    return index // 12, index % 12 + 1, day, outside
