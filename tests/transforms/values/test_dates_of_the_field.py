"""Dates and times as documents and programs write them: beside the date, in kanji, with a zone, beyond an era."""

import datetime as dt
import zoneinfo

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokumei.schemas.date_formats import DateReading
from tokumei.transforms.values.dates import parse_dates, parse_datetimes, parse_months

TOKYO = zoneinfo.ZoneInfo("Asia/Tokyo")
FUTURE, AS_WRITTEN = DateReading(future_eras=True), DateReading("utc_as_written")
ONES = ["", *"一二三四五六七八九"]


def read(kernel, *texts, how=DateReading()):  # noqa: B008  # immutable
    return kernel(pa.array(texts, type=pa.string()), how).to_pylist()


def kanji(number):
    tens, ones = divmod(number, 10)
    return ("" if tens < 2 else ONES[tens]) + ("十" if tens else "") + ONES[ones]


@given(st.dates(dt.date(1926, 12, 25), dt.date(1989, 1, 7)))
def test_every_day_of_an_era_in_kanji(day):
    said = "".join(map("{}{}".format, map(kanji, (day.year - 1925, day.month, day.day)), "年月日"))
    by_place = "".join("〇一二三四五六七八九"[int(digit)] for digit in str(day.year))
    assert (
        read(parse_dates, f"昭和{said}", f"{by_place}年{kanji(day.month)}月{kanji(day.day)}日") == [day] * 2
    )


@pytest.mark.parametrize(
    "text",
    [
        "昭和五十年一月二日",
        "昭和五〇年一月二日",
        "昭和五拾年壱月弐日",
        "一九七五年一月二日",
        "千九百七十五年一月二日",
        "昭和50年1月2日(木)",
        "昭和50年1月2日（木）",
        "昭和50年1月2日㈭",
        "1975/1/2(木)",
        "1975-01-02 木曜日",
        "昭和50年1月2日生",
        "昭和50年1月2日生まれ",
        "S50.1.2生",
        "西暦1975年1月2日",
        "西暦 1975年1月2日(木)生",
        "1975 年 1 月 2 日",
        "1975/01/02 0:00:00",
        "1975/1/2 0:00",
        "1975-01-02 00:00:00.000",
        "1975-01-02T00:00:00",
        "19750102000000",
        "1975/1/2 12:00:00 AM",
        "昭和50年1月2日 0時0分",
        "昭和五十年一月二日午前0時00分",
        "1975-01-01T15:00:00Z",
        "1975-01-02T00:00:00+09:00",
        "1975-01-02 00:00:00 JST",
    ],
)
def test_one_day(text):
    assert read(parse_dates, text) == [dt.date(1975, 1, 2)]


@pytest.mark.parametrize(
    "text",
    [
        "昭和五十十年一月二日",
        "昭和五十年一月三十二日",
        "昭和五十年十三月二日",
        "(木)",
        "生",
        "西暦昭和",
        "1975年1月2日(火水)",
        "1975-01-02 00:00:01",
        "1975/1/2 0:30",
        "1975-01-02T00:00:00Z",
        "1975-01-02T00:00:00-05:00",
        "1975-01-02 24:00:00",
        "1975-01-02 午前12時00分",
        "1975-01-02Z",
    ],
)
def test_no_day(text):
    assert read(parse_dates, text) == [None]


@given(
    st.datetimes(dt.datetime(1600, 1, 1), dt.datetime(9990, 1, 1)),
    st.integers(-14 * 60, 14 * 60),
    st.sampled_from(["T", " "]),
    st.sampled_from(["seconds", "milliseconds", "microseconds"]),
)
def test_times_with_a_zone_become_what_a_clock_in_japan_shows(time, minutes, separator, precision):
    zone = dt.timezone(dt.timedelta(minutes=minutes))
    written = time.replace(tzinfo=zone).isoformat(separator, precision)
    shown = written if minutes == 540 else time.replace(tzinfo=zone).astimezone(TOKYO).isoformat()
    expected = dt.datetime.fromisoformat(shown).replace(tzinfo=None, microsecond=0)
    spellings = [written, f"{written[:-6]} {written[-6:]}", written[:-3] + written[-2:]]
    if minutes == 0:
        spellings += [written[:-6] + name for name in ("Z", " UTC", " Z", "UTC", " GMT", "+00")]
    assert read(parse_datetimes, *spellings) == [expected] * len(spellings)


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2024/4/1 0:00 UTC", "2024-04-01 09:00:00"),
        ("2024年4月1日 0:00:00Z", "2024-04-01 09:00:00"),
        ("20240401000000Z", "2024-04-01 09:00:00"),
        ("202404010000+0000", "2024-04-01 09:00:00"),
        ("1949-05-31T14:00:00Z", "1949-06-01 00:00:00"),
        ("1949-06-01T00:00:00+10:00", "1949-06-01 00:00:00"),
        ("1949-06-01T00:00:00+09:00", "1949-06-01 00:00:00"),
        ("2021-01-02 午後6時25分", "2021-01-02 18:25:00"),
        ("2021年1月2日午前0時5分", "2021-01-02 00:05:00"),
        ("2021年1月2日（土）午後11時59分", "2021-01-02 23:59:00"),
        ("2021/1/2 午後6:25:43", "2021-01-02 18:25:43"),
        ("2021/1/2 12:25 PM", "2021-01-02 12:25:00"),
        ("2021/1/2 12:25 am", "2021-01-02 00:25:00"),
        ("二〇二一年一月二日十八時二十五分", "2021-01-02 18:25:00"),
        ("2021-01-02 午後12時5分", None),
        ("2021-01-02 午後18時5分", None),
        ("2021-01-02 13:00 PM", None),
        ("2021-01-02 0:00 PM", None),
        ("2021-01-02 午後6:25 PM", None),
        ("2021-01-02 18:25 CET", None),
        ("2021-01-02 18:25+19:00", None),
        ("2021-01-02 18:25+09:60", None),
        ("2021-01-02T18:25ZZ", None),
        ("9999-12-31T23:00:00Z", None),
        ("9999/12/31 23:00Z", None),
        ("0001-01-01T00:00:00+18:00", None),
        ("Z", None),
        ("+09:00", None),
    ],
)
def test_times(text, time):
    assert read(parse_datetimes, text) == [time and dt.datetime.fromisoformat(time)]


def test_eras_that_go_on_where_the_column_says_so():
    texts = [
        "平成35年3月31日",
        "H36.4.1",
        "平成31年5月1日",
        "昭和64年1月8日",
        "昭和百年一月一日",
        "令和元年4月30日",
    ]
    assert read(parse_dates, *texts) == [None] * 6
    days = [(2023, 3, 31), (2024, 4, 1), (2019, 5, 1), (1989, 1, 8), None, None]
    assert read(parse_dates, *texts, how=FUTURE) == [day and dt.date(*day) for day in days]
    assert read(parse_months, "平成35年3月", how=FUTURE) == [dt.date(2023, 3, 1)]
    assert read(parse_datetimes, "平成35年3月31日 10:00", how=FUTURE) == [dt.datetime(2023, 3, 31, 10)]


def test_times_in_utc_that_are_meant_as_written():
    texts = [
        "1975-01-02T00:00:00Z",
        "1975-01-02 00:00:00 UTC",
        "1975/1/2 0:00+00:00",
        "1975-01-02",
        "S50.1.2",
    ]
    assert read(parse_dates, *texts, how=AS_WRITTEN) == [dt.date(1975, 1, 2)] * 5
    assert read(parse_dates, "1975-01-01T15:00:00Z", how=AS_WRITTEN) == [None]
    times = ["2024-04-01T00:00:00Z", "2024-04-01T00:00:00-01:00"]
    assert read(parse_datetimes, *times, how=AS_WRITTEN) == [
        dt.datetime(2024, 4, 1),
        dt.datetime(2024, 4, 1, 10),
    ]
