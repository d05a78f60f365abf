"""What is counted of one body, and how counts of many bodies come together.

A figure is counted from what `tokumei.schemas.figures` says of it, and from nothing else: all of them in one
pass over the lines, for the body and for each of its files.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, fields

import polars as pl

from tokumei.schemas.figures import FIGURES, STEPS, STOCKS
from tokumei.schemas.regimes import fiscal_year

MONTHLY = ("proposals", "contracts")  # figures that are also told by month
_YEAR = (pl.col("day").dt.year() - (pl.col("day").dt.month() < 4).cast(pl.Int32)).alias("year")
_WHOLE = ""  # stands where a count is not of one file, or not of one part
_COUNTS = ("year", "body", "body_kind", "file", "figure", "part", "value")


@dataclass(frozen=True)
class YearCounts:
    """Counts of bodies, which add up: that of several bodies is theirs together.

    Attributes:
        counts: year, body, body_kind, file, figure, part, value; ``file`` is empty where a count is of the
            whole body, ``part`` where it is of the whole figure.
        months: year, month (0 for April), body_kind, figure, value.
        days: year, body_kind, step, days, cases: how many subjects took so many days.
    """

    counts: pl.DataFrame
    months: pl.DataFrame
    days: pl.DataFrame

    @classmethod
    def together(cls, parts: Sequence[YearCounts]) -> YearCounts:
        """Return the tally of all; of none, one that counts nothing. In any order and grouping, the same."""
        return cls(*(_added([getattr(part, of.name) for part in parts], of.name) for of in fields(cls)))


_KEYS = {
    "counts": _COUNTS[:-1],
    "months": ("year", "month", "body_kind", "figure"),
    "days": ("year", "body_kind", "step", "days"),
}
_VALUES = {"counts": "value", "months": "value", "days": "cases"}
_WHOLE_NUMBERS: dict[str, pl.DataType] = {
    "year": pl.Int32(),
    "month": pl.Int32(),
    "days": pl.Int32(),
    "value": pl.Int64(),
    "cases": pl.Int64(),
}


def tally(lines: pl.DataFrame, body: str, body_kind: str, until: dt.date) -> YearCounts:
    """Return what one body's lines come to.

    Args:
        lines: as `tokumei.transforms.figures.happened.happened` returns them.
        body: its name.
        body_kind: 行政機関, 独立行政法人等, …
        until: the last day that counts; stocks of its fiscal year are of this day.
    """
    dated = lines.with_columns(_YEAR)
    whose = (pl.lit(body).alias("body"), pl.lit(body_kind).alias("body_kind"))
    counted = _of_figures(dated)
    counts = pl.concat([counted, _of_stocks(dated, until)])
    return YearCounts(
        _in_form([counts.with_columns(*whose)], "counts"),
        _in_form([_by_month(dated).with_columns(*whose)], "months"),
        _in_form([_of_steps(dated).with_columns(*whose)], "days"),
    )


def _of_figures(dated: pl.DataFrame) -> pl.DataFrame:
    """Count every figure, by year: of the body and of each file, whole and by part."""
    which = pl.DataFrame(
        [(kind, figure.key, figure.counted) for figure in FIGURES for kind in figure.kinds],
        schema=["kind", "figure", "counted"],
        orient="row",
    )
    of = dated.join(which, on="kind")
    value = (
        pl.when(pl.col("counted").first() == "bodies")
        .then(1)
        .when(pl.col("counted").first() == "files")
        .then(pl.col("file").n_unique())
        .when(pl.col("counted").first() == "total")
        .then(pl.col("number").sum())
        .otherwise(pl.col("subject").n_unique())
        .cast(pl.Int64)
        .alias("value")
    )
    no_file, no_part = pl.lit(_WHOLE).alias("file"), pl.lit(_WHOLE).alias("part")
    filed = of.filter(pl.col("file").is_not_null() & (pl.col("counted") != "bodies"))
    told = of.filter(pl.col("part").is_not_null())
    both = filed.filter(pl.col("part").is_not_null())
    groups = (
        (of, ("year", "figure"), (no_file, no_part)),
        (told, ("year", "figure", "part"), (no_file,)),
        (filed, ("year", "figure", "file"), (no_part,)),
        (both, ("year", "figure", "file", "part"), ()),
    )
    columns = ("year", "file", "figure", "part", "value")
    return pl.concat(
        [lines.group_by(by).agg(value).with_columns(*whole).select(columns) for lines, by, whole in groups]
    )


def _of_stocks(dated: pl.DataFrame, until: dt.date) -> pl.DataFrame:
    """Count the subjects whose last event, at the end of each year, was one by which they began."""
    which = pl.DataFrame(
        [(kind, stock.key, kind in stock.kinds) for stock in STOCKS for kind in (*stock.kinds, *stock.ends)],
        schema=["kind", "figure", "counts"],
        orient="row",
    )
    changes = (
        dated.filter(pl.col("day") <= until)
        .join(which, on="kind", maintain_order="left")
        .with_columns(
            pl.col("counts").cast(pl.Int64)
            - pl.col("counts").shift(1, fill_value=False).over("figure", "subject").cast(pl.Int64)
        )
        .group_by("figure", "year")
        .agg(pl.col("counts").sum())
    )
    found = {(figure, year): int(n) for figure, year, n in changes.iter_rows()}
    first = min((year for _, year in found), default=fiscal_year(until) + 1)
    rows = [
        (year, _WHOLE, stock.key, _WHOLE, sum(found.get((stock.key, y), 0) for y in range(first, year + 1)))
        for stock in STOCKS
        for year in range(first, fiscal_year(until) + 1)
    ]
    columns = ("year", "file", "figure", "part", "value")
    return pl.DataFrame(rows, schema={c: _WHOLE_NUMBERS.get(c, pl.String()) for c in columns}, orient="row")


def _by_month(dated: pl.DataFrame) -> pl.DataFrame:
    """Count the figures that are told by month, each subject in the month in which it was first counted."""
    kinds = {kind: figure.key for figure in FIGURES if figure.key in MONTHLY for kind in figure.kinds}
    return (
        dated.filter(pl.col("kind").is_in(list(kinds)))
        .with_columns(
            ((pl.col("day").dt.month() + 8) % 12).cast(pl.Int32).alias("month"),
            pl.col("kind").replace_strict(kinds, return_dtype=pl.String).alias("figure"),
        )
        .group_by("year", "month", "figure")
        .agg(pl.col("subject").n_unique().cast(pl.Int64).alias("value"))
    )


def _of_steps(dated: pl.DataFrame) -> pl.DataFrame:
    """Count how many days each step took, from the first event that begins it to the first that ends it."""
    which = pl.DataFrame(
        [(kind, step.key, kind in step.ends) for step in STEPS for kind in (*step.begins, *step.ends)],
        schema=["kind", "step", "ends"],
        orient="row",
    )
    begun, ended = (pl.col("day").filter(pl.col("ends") == end).min() for end in (False, True))
    return (
        dated.join(which, on="kind")
        .group_by("step", "subject")
        .agg(begun.alias("begun"), ended.alias("day"))
        .drop_nulls()
        .with_columns((pl.col("day") - pl.col("begun")).dt.total_days().cast(pl.Int32).alias("days"), _YEAR)
        .group_by("year", "step", "days")
        .agg(pl.len().cast(pl.Int64).alias("cases"))
    )


def _added(parts: Sequence[pl.DataFrame], name: str) -> pl.DataFrame:
    keys, value = list(_KEYS[name]), _VALUES[name]
    return _in_form([pl.concat([_in_form(parts, name)]).group_by(keys).agg(pl.col(value).sum())], name)


def _in_form(parts: Sequence[pl.DataFrame], name: str) -> pl.DataFrame:
    """Return lines in one order of columns and rows; of no parts, none."""
    columns = [*_KEYS[name], _VALUES[name]]
    schema = pl.Schema({column: _WHOLE_NUMBERS.get(column, pl.String()) for column in columns})
    empty = pl.DataFrame(schema=schema)
    return pl.concat([empty, *(part.select(columns).cast(schema) for part in parts)]).sort(columns)
