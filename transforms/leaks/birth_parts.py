"""Released columns that together are the record's own birth date: 1950|1|15, 昭和|25年|1月|15日, 1950-01|15.

Each part by itself is shared by many. Together they are compared with the birth date that is not released as
it is, whatever the columns are called, and whether they stand beside one another or not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain

import polars as pl
import pyarrow as pa

from tokumei.schemas.tables import eras
from tokumei.transforms.detect.shadow import spelled
from tokumei.transforms.leaks.found import Found, LeakSearch
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.values.cells import as_text

_FEW = 1_000  # records that tell whether a column is one of parts
_ERA = r"(?:明治?|大正?|昭和?|平成?|令和?|[MTSHR])?"
_PART = rf"^{_ERA} ?[0-9]{{1,6}}[年月日]?$|^(?:[0-9]{{4}}[-/.年]|[0-9]{{1,2}}[/.月-])[0-9]{{1,2}}[月日]?$"
_TWO = r"^([0-9]+)[-/.年月]([0-9])[月日]?$"  # the second of two numbers has two digits
_WAYS = (("year", "month", "day"), ("year and month", "day"), ("year", "month and day"))
_Parts = Mapping[str, tuple[pl.Series, ...]]


def birth_in_parts(
    table: TablePlan, batch: pa.RecordBatch, born: Iterator[tuple[str, pl.Series]]
) -> Iterator[tuple[LeakSearch, Found]]:
    """Compare released columns with birth dates.

    Args:
        table: the plan.
        batch: released columns.
        born: the columns of birth dates that are not released as they are, and days, one a record.

    Yields:
        By ``form``, by the first of the columns that make most whole dates: in how many records all parts are
        the own ones (``chance``), if they are in more than half: a month is a year of an era by chance.
    """
    days = next(born, None)
    if days is None or not batch.num_rows:
        return
    read = {
        name: part
        for name, column in table.table.columns.items()
        if column.released and (part := _part(batch.column(name))) is not None
    }
    for of, dates in chain((days,), born) if read else ():
        met, columns = max(_ways(read, _parts(dates.cast(pl.Date))))
        compared = len(dates) - dates.null_count()
        if 2 * met > compared:
            one, *others = sorted(columns, key=[*read].index)
            found = Found(compared, met, 0)
            yield LeakSearch("form", one, of, tuple(others)), found


def _ways(read: Mapping[str, pl.Series], parts: _Parts) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Yield in how many records some columns are all parts of the own date, and which columns."""
    best = {}
    for part, own in parts.items():
        same = {name: _same(values, own) for name, values in read.items()}
        best[part] = max(same.items(), key=lambda one: int(one[1].sum()))
    for way in _WAYS:
        columns = tuple(best[part][0] for part in way)
        whole = pl.DataFrame([best[part][1].alias(part) for part in way]).select(pl.all_horizontal("*"))
        yield int(whole.to_series().sum()) if len({*columns}) == len(way) else 0, columns


def _part(values: pa.Array) -> pl.Series | None:
    """Return a column's numbers, 195001 for 1950-01; None where it is no column of such parts."""
    if pa.types.is_dictionary(values.type):
        labels = _part(values.dictionary)
        return None if labels is None else labels.gather(pl.Series(values.indices))
    if not (pa.types.is_integer(values.type) or pa.types.is_string(values.type)):
        return None
    first = spelled(as_text(values.slice(0, _FEW))).drop_nulls()
    if not len(first) or not first.str.contains(_PART).all():
        return None
    texts = spelled(as_text(values))
    return texts.str.replace(_TWO, "${1}0${2}").str.replace_all("[^0-9]", "").cast(pl.Int64, strict=False)


def _parts(days: pl.Series) -> _Parts:
    """Return what each part of birth dates may be written as."""
    year, month, day = days.dt.year(), days.dt.month().cast(pl.Int64), days.dt.day().cast(pl.Int64)
    of_era = [year - era.first_year + 1 for era in eras()]
    return {
        "year": (year, year % 100, *of_era),
        "month": (month,),
        "day": (day,),
        "year and month": (year * 100 + month,),
        "month and day": (month * 100 + day,),
    }


def _same(values: pl.Series, own: tuple[pl.Series, ...]) -> pl.Series:
    """Return of which records a number is the own one, however it is written."""
    frame = pl.DataFrame([values.alias("released"), *(one.alias(str(i)) for i, one in enumerate(own))])
    same = (pl.col("released") == pl.col(str(i)) for i in range(len(own)))
    return frame.select(pl.any_horizontal(*same).fill_null(value=False)).to_series()
