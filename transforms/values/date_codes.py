"""Read dates that are bare numbers, where a column declares which: digits of 元号, and serials of Excel.

元号 digits are ``GYYMMDD`` (months ``GYYMM``): 1明治 2大正 3昭和 4平成 5令和, then the year of the era. A
serial counts days. In Excel's 1900 system 1 is 1900-01-01, and 60 is 1900-02-29, a day that never was (kept
from Lotus 1-2-3), which is not read. In its 1904 system 0 is 1904-01-01.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from tokumei.schemas.tables import eras
from tokumei.transforms.values.text import plain_column

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from tokumei.schemas.date_formats import DateReading

    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]

ERA_DATE, ERA_MONTH = r"^[1-5][0-9]{6}$", r"^[1-5][0-9]{4}$"
SERIAL = r"^[0-9]{1,7}(\.[0-9]+)?$"
_DAY = 86_400
_LAST_DAY = 2_932_896  # 9999-12-31
_EPOCHS = {  # day of serial 0, and the first serial that is a day
    "excel_1900": (np.datetime64("1899-12-30", "D").astype(np.int64), 1),
    "excel_1904": (np.datetime64("1904-01-01", "D").astype(np.int64), 0),
}
_PHANTOM = 60


def read_era_digits(values: pa.Array, how: DateReading, *, months: bool) -> tuple[Ints, Bools]:
    """Read ``GYYMMDD``, or ``GYYMM`` as the first day of the month, as days since 1970-01-01.

    Args:
        values: texts.
        how: whether an era may go on after its end.
        months: whether they are months.
    """
    texts = plain_column(values)
    good: Bools = texts.str.contains(ERA_MONTH if months else ERA_DATE).fill_null(value=False).to_numpy()
    numbers = texts.set(pl.Series(~good), "0").cast(pl.Int64).to_numpy()
    if months:
        numbers = numbers * 100 + 1
    known = eras()
    place = np.clip(numbers // 1_000_000 - 1, 0, len(known) - 1)
    number, month, day = numbers // 10_000 % 100, numbers // 100 % 100, numbers % 100
    good &= (number > 0) & (month >= 1) & (month <= 12) & (day >= 1)
    year = np.array([era.first_year for era in known])[place] + number - 1
    first = (np.where(good, (year - 1970) * 12 + month - 1, 0)).astype("M8[M]")
    days: Ints = first.astype("M8[D]").astype(np.int64) + np.where(good, day, 1) - 1
    good &= days < (first + 1).astype("M8[D]").astype(np.int64)
    begin = np.array([era.first_day for era in known], "M8[D]")
    end = np.array([era.last_day for era in known], "M8[D]")
    if months:
        begin, end = begin.astype("M8[M]").astype("M8[D]"), end.astype("M8[M]").astype("M8[D]")
    good &= days >= begin.astype(np.int64)[place]
    if not how.future_eras:
        good &= days <= end.astype(np.int64)[place]
    return days, good


def read_serials(values: pa.Array, how: DateReading) -> tuple[Ints, Bools]:
    """Read serial numbers as seconds since 1970-01-01; a fraction is a part of the day, to the millisecond.

    Args:
        values: texts.
        how: which system.
    """
    texts = plain_column(values)
    shaped = texts.str.contains(SERIAL).fill_null(value=False)
    return serial_seconds(texts.set(~shaped, None).cast(pl.Float64, strict=False).to_numpy(), how)


def serial_seconds(serials: NDArray[np.float64], how: DateReading) -> tuple[Ints, Bools]:
    """Return the seconds that serials mean, and which of them mean any."""
    zero, first = _EPOCHS[how.format or ""]
    good: Bools = np.isfinite(serials) & (serials >= first) & (serials < _LAST_DAY - zero + 1)
    kept = np.where(good, serials, first)
    day = np.floor(kept).astype(np.int64)
    # A float has no exact fraction of a day: what is within half a millisecond of a second is that second.
    seconds = np.floor(np.rint((kept - day) * (_DAY * 1000)) / 1000).astype(np.int64)
    if how.format == "excel_1900":
        good &= day != _PHANTOM
        day = day + (day < _PHANTOM)
    return (day + zero) * _DAY + seconds, good
