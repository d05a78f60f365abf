"""Periods of the calendar as numbers, beside the calendar of Python."""

import datetime as dt

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from tokumei.transforms.values.periods import NO_PERIOD, period_codes

PERIODS = {
    "day": lambda t: t.date(),
    "week": lambda t: t.isocalendar()[:2],
    "month": lambda t: (t.year, t.month),
    "quarter": lambda t: (t.year, (t.month - 1) // 3),
    "year": lambda t: t.year,
}


@given(st.lists(st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2100, 1, 1)), min_size=1, max_size=30))
def test_equal_numbers_are_one_period_and_ascend(times):
    whole = sorted(t.replace(microsecond=0) for t in times)
    for per, period in PERIODS.items():
        codes = period_codes(pa.array(whole, pa.timestamp("s")), per).tolist()
        assert codes == period_codes(pa.array([t.date() for t in whole], pa.date32()), per).tolist()
        assert codes == sorted(codes)
        assert len(set(codes)) == len({period(t) for t in whole})
        assert len(set(zip(codes, map(period, whole), strict=True))) == len(set(codes))


def test_numbers_begin_in_1970_and_no_time_is_no_period():
    days = pa.array([dt.date(1970, 1, 1), dt.date(1969, 12, 31), None, dt.date(1970, 1, 5)], pa.date32())
    found = {per: period_codes(days, per).tolist() for per in PERIODS}
    assert found["day"] == [0, -1, NO_PERIOD, 4] and found["week"] == [0, 0, NO_PERIOD, 1]
    assert found["month"] == found["quarter"] == found["year"] == [0, -1, NO_PERIOD, 0]
