"""The clock on the wall in Japan, against the zone of the machine's own database."""

import datetime as dt
import zoneinfo

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tokumei.transforms.values.japan_clock import wall_clock, whole_days

TOKYO = zoneinfo.ZoneInfo("Asia/Tokyo")
EPOCH = dt.datetime(1970, 1, 1)
UTC_EPOCH = EPOCH.replace(tzinfo=dt.UTC)


def by_zone(instant: int) -> int:
    shown = (UTC_EPOCH + dt.timedelta(seconds=instant)).astimezone(TOKYO).replace(tzinfo=None)
    return int((shown - EPOCH).total_seconds())


def seconds(year: int) -> int:
    return int((dt.datetime(year, 1, 1) - EPOCH).total_seconds())


@given(st.lists(st.integers(seconds(2), seconds(9999))), st.lists(st.integers(seconds(1947), seconds(1952))))
def test_instants_are_told_as_the_zone_tells_them(any_time, about_summer_time):
    instants = any_time + about_summer_time
    assert wall_clock(np.array(instants, np.int64)).tolist() == [by_zone(i) for i in instants]


def test_every_hour_of_the_years_in_which_clocks_were_moved():
    hours = [*range(seconds(1887), seconds(1889), 3600), *range(seconds(1948), seconds(1952), 3600)]
    assert wall_clock(np.array(hours, np.int64)).tolist() == [by_zone(hour) for hour in hours]


def test_midnights_that_were_written_as_instants_are_the_same_days():
    """Births of a hundred years; where the clock was moved at midnight, the day begins at 1:00."""
    days = [dt.date(1870, 1, 1) + dt.timedelta(days=n) for n in range(36_525)]
    midnights = [dt.datetime(day.year, day.month, day.day, tzinfo=TOKYO).timestamp() for day in days]
    told, begins = whole_days(wall_clock(np.array(midnights, np.int64)))
    assert [(EPOCH + dt.timedelta(days=int(n))).date() for n in told] == days
    assert begins.all()
    _, later = whole_days(wall_clock(np.array(midnights, np.int64)) + 3600)
    assert not later.any()


def test_no_instant_is_no_time():
    assert wall_clock(np.empty(0, np.int64)).tolist() == []
