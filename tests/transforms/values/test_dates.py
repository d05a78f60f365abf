import datetime
import functools

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tokumei.schemas.tables import eras
from tokumei.transforms.values.dates import (
    age_on,
    parse_dates,
    parse_datetimes,
    parse_months,
    truncate_times,
    year,
    year_month,
)

Date = datetime.date
FIRST, LAST = Date(1868, 1, 25), Date(2100, 12, 31)


@functools.cache
def every_day() -> list[Date]:
    return [Date.fromordinal(n) for n in range(FIRST.toordinal(), LAST.toordinal() + 1)]


def read(kernel, *texts):
    return kernel(pa.array(texts, type=pa.string())).to_pylist()


@pytest.mark.parametrize("form", ["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d"])
def test_every_day_round_trips_in_fixed_width(form):
    days = every_day()
    assert parse_dates(pa.array([day.strftime(form) for day in days])).to_pylist() == days


@pytest.mark.parametrize("form", ["{}-{}-{}", "{}/{}/{}", "{}.{}.{}", "{}年{}月{}日"])
def test_every_day_round_trips_without_padding(form):
    days = every_day()
    texts = [form.format(day.year, day.month, day.day) for day in days]
    assert parse_dates(pa.array(texts)).to_pylist() == days


@pytest.mark.parametrize(
    "form", ["{0.name}{1}年{2}月{3}日", "{0.letter}{1:02}.{2:02}.{3:02}", "{0.short}{1}/{2}/{3}"]
)
def test_every_day_of_every_era_round_trips(form):
    texts, days = [], []
    for era in eras():
        first, last = era.first_day.toordinal(), min(era.last_day, LAST).toordinal()
        for day in map(Date.fromordinal, range(first, last + 1)):
            if day.year - era.first_year < 99:
                texts.append(form.format(era, day.year - era.first_year + 1, day.month, day.day))
                days.append(day)
    assert len(days) > 83_000 - 366  # 1873-2100 and the two shared days
    assert parse_dates(pa.array(texts)).to_pylist() == days


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("明治6年1月1日", Date(1873, 1, 1)),
        ("明治5年12月2日", None),
        ("M1.9.8", None),
        ("明治45年7月30日", Date(1912, 7, 30)),
        ("明治45年7月31日", None),
        ("大正元年7月29日", None),
        ("大正元年7月30日", Date(1912, 7, 30)),
        ("大正15年12月25日", Date(1926, 12, 25)),
        ("大正15年12月26日", None),
        ("昭和元年12月24日", None),
        ("昭和元年12月25日", Date(1926, 12, 25)),
        ("昭和64年1月7日", Date(1989, 1, 7)),
        ("昭和64年1月8日", None),
        ("平成元年1月7日", None),
        ("平成元年1月8日", Date(1989, 1, 8)),
        ("平成31年4月30日", Date(2019, 4, 30)),
        ("平成31年5月1日", None),
        ("令和元年4月30日", None),
        ("令和元年5月1日", Date(2019, 5, 1)),
        ("令和1年5月1日", Date(2019, 5, 1)),
        ("令和0年5月1日", None),
        ("昭和50年2月29日", None),
        ("昭和51年2月29日", Date(1976, 2, 29)),
    ],
)
def test_era_boundaries(text, day):
    assert read(parse_dates, text) == [day]


@pytest.mark.parametrize(
    "text",
    [
        "S50.1.2",
        "s50.1.2",
        "Ｓ５０．１．２",
        "S50/01/02",
        "S50-1-2",
        "S500102",
        "昭和50年1月2日",
        "昭和５０年０１月０２日",
        "昭50.1.2",
        "㍼50年1月2日",
        "昭和 50年 1月 2日",
        "　昭和50年1月2日 ",
        "1975年1月2日",
        "１９７５−０１−０２",
        "1975ー1ー2",
        "１９７５０１０２",
        " 1975-01-02\n",
    ],
)
def test_other_spellings_of_one_day(text):
    assert read(parse_dates, text) == [Date(1975, 1, 2)]


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "2021-02-30",
        "2021-13-01",
        "2021-00-10",
        "2021-01-00",
        "20210230",
        "2100-02-29",
        "0000-01-01",
        "2021-01/02",
        "2021-01-02 03:04:05",
        "2021-01-02T03:04:05",
        "2021年1月",
        "21-01-02",
        "2021-1",
        "12021-01-02",
        "-021-01-02",
        "+2021-01-02",
        "2021-01-0x",
        "2021 01 02",
        "昭和五十十年一月二日",
        "X50.1.2",
        "50.1.2",
        "不明",
        "２０２１-１３-０１",
        "٢٠٢١-٠١-٠٢",
        "2021-01-02" * 10_000,
        " " * 10_000 + "x",
        "2021-01-02\x00",
    ],
)
def test_what_is_no_date_is_null(text):
    assert read(parse_dates, text, "2021-01-02") == [None, Date(2021, 1, 2)]


@settings(deadline=None)
@given(st.lists(st.one_of(st.none(), st.text(), st.from_regex(r"[MTSHR昭平令]?[0-9元年月日/.T: -]{4,20}"))))
def test_no_text_raises_and_nulls_stay(values):
    column = pa.array(values, type=pa.string())
    for kernel in (parse_dates, parse_months, parse_datetimes):
        answer = kernel(column)
        assert len(answer) == len(values)
        assert all(a is None for v, a in zip(values, answer.to_pylist(), strict=True) if v is None)


@settings(deadline=None)
@given(
    st.lists(
        st.one_of(st.none(), st.sampled_from(["2021-01-02", "R3.1.2", "x", "", "20210102"])), min_size=1
    ),
    st.data(),
)
def test_slices_with_offsets(values, data):
    start = data.draw(st.integers(0, len(values)))
    length = data.draw(st.integers(0, len(values) - start))
    whole = pa.array(values, type=pa.string())
    expected = [Date(2021, 1, 2) if v not in (None, "x", "") else None for v in values]
    dates = parse_dates(whole)
    assert dates.to_pylist() == expected
    assert parse_dates(whole.slice(start, length)).to_pylist() == expected[start : start + length]
    months = ["2021-01" if day else None for day in expected]
    assert year_month(dates.slice(start, length)).to_pylist() == months[start : start + length]


@pytest.mark.parametrize(
    "kind", [pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())]
)
def test_other_string_types(kind):
    column = pa.array(["2021-01-02", None, "R3.1.2"]).cast(kind)
    assert parse_dates(column).to_pylist() == [Date(2021, 1, 2), None, Date(2021, 1, 2)]


@pytest.mark.parametrize("column", [pa.array([], pa.string()), pa.nulls(3, pa.string()), pa.nulls(3)])
def test_empty_and_all_null(column):
    answer = parse_dates(column)
    assert answer.type == pa.date32()
    assert answer.to_pylist() == [None] * len(column)
    assert year_month(answer).to_pylist() == [None] * len(column)


@pytest.mark.parametrize(
    ("text", "month"),
    [
        ("2021-03", Date(2021, 3, 1)),
        ("2021/3", Date(2021, 3, 1)),
        ("202103", Date(2021, 3, 1)),
        ("2021年3月", Date(2021, 3, 1)),
        ("２０２１／０３", Date(2021, 3, 1)),
        ("昭和50年3月", Date(1975, 3, 1)),
        ("S50.3", Date(1975, 3, 1)),
        ("平成元年1月", Date(1989, 1, 1)),
        ("昭和64年1月", Date(1989, 1, 1)),
        ("昭和64年2月", None),
        ("昭和元年11月", None),
        ("平成31年4月", Date(2019, 4, 1)),
        ("平成31年5月", None),
        ("令和元年5月", Date(2019, 5, 1)),
        ("明治5年12月", None),
        ("2021-13", None),
        ("202100", None),
        ("2021-03-01", None),
        ("2021x03", None),
    ],
)
def test_months(text, month):
    assert read(parse_months, text) == [month]


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2021-01-02 03:04:05", "2021-01-02 03:04:05"),
        ("2021-01-02T03:04:05", "2021-01-02 03:04:05"),
        ("2021/01/02 03:04", "2021-01-02 03:04:00"),
        ("2021/1/2 3:04", "2021-01-02 03:04:00"),
        ("20210102030405", "2021-01-02 03:04:05"),
        ("202101020304", "2021-01-02 03:04:00"),
        ("2021-01-02 03:04:05.999999", "2021-01-02 03:04:05"),
        ("2021-01-02T03:04:05.9", "2021-01-02 03:04:05"),
        ("2021-01-02T03:04:05+09:00", "2021-01-02 03:04:05"),
        ("２０２１－０１－０２　０３：０４：０５", "2021-01-02 03:04:05"),
        ("令和3年1月2日18時25分43秒", "2021-01-02 18:25:43"),
        ("2021-01-02T03:04:05Z", "2021-01-02 12:04:05"),
        ("2021-01-02 24:00:00", None),
        ("2021-01-02 03:60:00", None),
        ("2021-01-02 03:04:60", None),
        ("2021-02-30 03:04:05", None),
        ("2021-01-02", None),
        ("2021-01-02 03:04:05.", None),
        ("2021-01-02 03:04:05.12x", None),
        ("2021-01-02x03:04:05", None),
        ("2021-01-02 03-04-05", None),
        ("2021-01-02" + " " * 100_000 + "x", None),
        ("03:04:05", None),
    ],
)
def test_datetimes(text, time):
    assert read(parse_datetimes, text) == [datetime.datetime.fromisoformat(time) if time else None]


@settings(deadline=None)
@given(st.datetimes(datetime.datetime(1, 1, 1), datetime.datetime(9999, 12, 31, 23, 59, 59)))
def test_datetimes_round_trip(moment):
    second = moment.replace(microsecond=0)
    forms = (moment.isoformat(), second.isoformat(" "), second.isoformat().replace("-", "/", 2))
    compact = "".join(char for char in second.isoformat() if char.isdigit())
    assert read(parse_datetimes, *forms, compact) == [second] * 4


def test_golden_birth_date_and_time():
    born = parse_dates(pa.array(["1981-04-29"]))
    assert year_month(born).to_pylist() == ["1981-04"]
    assert year(born).to_pylist() == ["1981"]
    used = parse_datetimes(pa.array(["2019-01-02 18:25:43", None]))
    golden = {
        "minute": "2019-01-02 18:25",
        "30min": "2019-01-02 18:00",
        "hour": "2019-01-02 18:00",
        "day": "2019-01-02",
        "month": "2019-01",
    }
    for unit, text in golden.items():
        assert truncate_times(used, unit).to_pylist() == [text, None]


def test_thirty_minutes_is_floored():
    times = parse_datetimes(pa.array(["2019-01-02 18:29:59", "2019-01-02 18:30:00", "1969-12-31 23:59:59"]))
    expected = ["2019-01-02 18:00", "2019-01-02 18:30", "1969-12-31 23:30"]
    assert truncate_times(times, "30min").to_pylist() == expected


@settings(deadline=None)
@given(
    st.datetimes(datetime.datetime(1, 1, 1), datetime.datetime(9999, 12, 31)),
    st.sampled_from(["minute", "30min", "hour"]),
)
def test_truncating_twice_changes_nothing(moment, unit):
    once = truncate_times(pa.array([moment], type=pa.timestamp("us")), unit)
    assert truncate_times(parse_datetimes(once), unit).to_pylist() == once.to_pylist()
    step = {"minute": 1, "30min": 30, "hour": 60}[unit]
    floor = moment.replace(minute=moment.minute // step * step, second=0, microsecond=0)
    assert parse_datetimes(once).to_pylist() == [floor]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_times_with_a_zone_are_told_in_japan(unit):
    times = pa.array([np.datetime64("2019-01-02T20:25:43", "s")]).cast(pa.timestamp(unit, tz="UTC"))
    assert truncate_times(times, "minute").to_pylist() == ["2019-01-03 05:25"]


def test_dates_beyond_four_digit_years_are_null():
    far = pa.array([-800_000, 2_932_896, 2_932_897, None], type=pa.int32()).cast(pa.date32())
    assert year_month(far).to_pylist() == [None, "9999-12", None, None]


@pytest.mark.parametrize(
    ("born", "reference", "age"),
    [
        (Date(2000, 4, 1), Date(2019, 3, 31), 18),
        (Date(2000, 4, 1), Date(2019, 4, 1), 19),
        (Date(2000, 2, 29), Date(2019, 2, 28), 18),
        (Date(2000, 2, 29), Date(2019, 3, 1), 19),
        (Date(2000, 2, 29), Date(2020, 2, 29), 20),
        (Date(1903, 1, 2), Date(2019, 1, 2), 116),
        (Date(2019, 1, 2), Date(2019, 1, 2), 0),
        (Date(2019, 1, 3), Date(2019, 1, 2), None),
    ],
)
def test_ages(born, reference, age):
    answer = age_on(pa.array([born, None]), reference)
    assert answer.type == pa.int32()
    assert answer.to_pylist() == [age, None]
