"""Periods of the calendar (日, 週, 月, 四半期, 年) as numbers: equal numbers, one period."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tokumei.transforms.values.cells import measures, present

NO_PERIOD = np.iinfo(np.int64).min  # of a record without a time
_Days = npt.NDArray[np.int64]


def _months(days: _Days) -> _Days:
    return days.astype("M8[D]").astype("M8[M]").astype(np.int64)


_PERIODS: Mapping[str, Callable[[_Days], _Days]] = {
    "day": lambda days: days,
    "week": lambda days: (days + 3) // 7,  # 1970-01-01 was a Thursday: a week begins on Monday (ISO 8601)
    "month": _months,
    "quarter": lambda days: _months(days) // 3,
    "year": lambda days: _months(days) // 12,
}


def period_codes(times: pa.Array, per: str) -> npt.NDArray[np.int64]:
    """Return the number of each time's period since that of 1970-01-01.

    Args:
        times: dates, or times as a clock in Japan shows them; whatever the time zone, none is applied.
        per: day, week, month, quarter or year.

    Returns:
        Shape (n,); `NO_PERIOD` where there is no time.
    """
    days = measures(times if pa.types.is_date(times.type) else times.cast(pa.date32()))
    return np.where(present(times), _PERIODS[per](days), NO_PERIOD)
