"""Bare numbers as dates: digits of 元号 and serials of Excel, against the calendar told in other words."""

import datetime as dt

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokumei.schemas.date_formats import DateReading
from tokumei.schemas.tables import eras
from tokumei.transforms.values.dates import parse_dates, parse_datetimes, parse_months

ERA_DIGITS, EXCEL, EXCEL_1904 = (DateReading(f) for f in ("era_digits", "excel_1900", "excel_1904"))


def read(kernel, how, *texts):
    return kernel(pa.array(texts, type=pa.string()), how).to_pylist()


def day_of_digits(text, *, future=False):
    """The day of ``GYYMMDD``, by Python's calendar."""
    era = dict(enumerate(eras(), 1)).get(int(text[0]))
    if era is None or text[1:3] == "00":
        return None
    try:
        day = dt.date(era.first_year + int(text[1:3]) - 1, int(text[3:5]), int(text[5:7]))
    except ValueError:
        return None
    return day if era.first_day <= day and (future or day <= era.last_day) else None


@given(st.lists(st.from_regex(r"[0-9]([0-9]{2}|31|64)(0[1-9]|1[0-2]|[0-9]{2})[0-3][0-9]", fullmatch=True)))
def test_digits_of_eras(texts):
    assert read(parse_dates, ERA_DIGITS, *texts) == [day_of_digits(text) for text in texts]
    on = ERA_DIGITS._replace(future_eras=True)
    assert read(parse_dates, on, *texts) == [day_of_digits(text, future=True) for text in texts]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("1060101", dt.date(1873, 1, 1)),
        ("1051231", None),
        ("2011231", dt.date(1912, 12, 31)),
        ("3640107", dt.date(1989, 1, 7)),
        ("3640108", None),
        ("4310430", dt.date(2019, 4, 30)),
        ("4310501", None),
        ("5010501", dt.date(2019, 5, 1)),
        ("5000501", None),
        ("9010501", None),
        ("0500102", None),
        ("３５００１０２", dt.date(1975, 1, 2)),
        (" 3500102", dt.date(1975, 1, 2)),
        ("350010", None),
        ("350010299", None),
        ("1975-01-02", dt.date(1975, 1, 2)),
        ("昭和50年1月2日", dt.date(1975, 1, 2)),
    ],
)
def test_digits_of_eras_at_their_bounds(text, day):
    assert read(parse_dates, ERA_DIGITS, text) == [day]


def test_digits_of_eras_in_months():
    texts = ("35001", "40101", "43104", "43105", "50105", "35013", "35000", "105", "2021-03")
    months = [(1975, 1), (1989, 1), (2019, 4), None, (2019, 5), None, None, None, (2021, 3)]
    assert read(parse_months, ERA_DIGITS, *texts) == [m and dt.date(*m, 1) for m in months]
    assert read(parse_months, ERA_DIGITS._replace(future_eras=True), "43105") == [dt.date(2019, 5, 1)]


@given(st.lists(st.integers(-5, 3_000_000)))
def test_serials_count_days_as_excel_does(serials):
    def day(serial):
        if not 1 <= serial <= 2_958_465 or serial == 60:
            return None
        return dt.date(1899, 12, 31 if serial < 60 else 30) + dt.timedelta(days=serial)

    texts = [str(serial) for serial in serials]
    assert read(parse_dates, EXCEL, *texts) == [day(serial) for serial in serials]


def test_known_serials():
    """As Excel shows them."""
    shown = {
        "1": "1900-01-01",
        "59": "1900-02-28",
        "61": "1900-03-01",
        "43586": "2019-05-01",
        "2958465": "9999-12-31",
    }
    assert [str(day) for day in read(parse_dates, EXCEL, *shown)] == list(shown.values())
    assert (
        read(parse_dates, EXCEL, "60", "0", "2958466", "-1", "27396.5", "1e4", "", "12345678") == [None] * 8
    )
    assert read(parse_dates, EXCEL, "27396.0", "27396") == [dt.date(1975, 1, 2)] * 2
    shown = {"0": "1904-01-01", "1": "1904-01-02", "25934": "1975-01-02", "2957003": "9999-12-31"}
    assert [str(day) for day in read(parse_dates, EXCEL_1904, *shown)] == list(shown.values())
    assert read(parse_dates, EXCEL_1904, "2957004") == [None]


@given(st.datetimes(dt.datetime(1900, 3, 1), dt.datetime(9999, 12, 31, 23, 59, 59)))
def test_serials_with_a_time_of_day(time):
    time = time.replace(microsecond=0)
    serial = (time - dt.datetime(1899, 12, 30)) / dt.timedelta(days=1)
    assert read(parse_datetimes, EXCEL, repr(serial)) == [time]


@pytest.mark.parametrize("how", [ERA_DIGITS, EXCEL, EXCEL_1904])
def test_usual_spellings_are_read_beside_them_and_nulls_stay(how):
    texts = ["2021-01-02", None, "令和3年1月2日", "x"]
    day = dt.date(2021, 1, 2)
    assert parse_dates(pa.array(texts), how).to_pylist() == [day, None, day, None]
    assert parse_dates(pa.array([], pa.string()), how).to_pylist() == []


def test_without_a_declaration_numbers_are_no_dates():
    assert read(parse_dates, DateReading(), "3500102", "27396", "43586.0") == [None] * 3
    assert read(parse_datetimes, DateReading(), "45383.375") == [None]
