"""The figures of a year as lists: by kind of body, by body, by file; days of steps; and sums that agree."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import polars as pl

from tokumei.schemas.figures import FIGURES, STEPS, STOCKS, YearFigure
from tokumei.schemas.regimes import cited, regime_of
from tokumei.transforms.figures.medians import Days, quartiles
from tokumei.transforms.figures.published import kind_place
from tokumei.transforms.figures.sums import Sum
from tokumei.transforms.figures.tally import YearCounts
from tokumei.transforms.figures.views.dataset import Caption, Dataset, ListCell

ALL_KINDS = "計"  # of all kinds of bodies


class FigurePart(NamedTuple):
    """A part of a figure, by kind of body."""

    key: str
    title: str
    values: Mapping[str, int]


class FigureValues(NamedTuple):
    """A figure of a year: what it is, on which article of the year's law, and its values by kind of body."""

    figure: YearFigure
    article: str
    values: Mapping[str, int]
    parts: tuple[FigurePart, ...]


def kinds(tally: YearCounts, year: int) -> tuple[str, ...]:
    """Return the kinds of the bodies of a year, and the name of them all."""
    of = tally.counts.filter(pl.col("year") == year)["body_kind"].unique().to_list()
    return (*sorted(of, key=kind_place), ALL_KINDS)


def figure_values(tally: YearCounts, year: int) -> tuple[FigureValues, ...]:
    """Return every figure and stock of a year, in the order of their definitions, zeros too.

    What an article of another regime asks for alone is left out.
    """
    regime = regime_of(dt.date(year, 4, 1))
    columns = kinds(tally, year)
    whole = tally.counts.filter((pl.col("year") == year) & (pl.col("file") == ""))
    by_kind = whole.group_by("figure", "part", "body_kind").agg(pl.col("value").sum())
    found = {(f, p, k): int(n) for f, p, k, n in by_kind.iter_rows()}

    def values(figure: str, part: str = "") -> Mapping[str, int]:
        of = {kind: found.get((figure, part, kind), 0) for kind in columns[:-1]}
        return {**of, ALL_KINDS: sum(of.values())}

    return tuple(
        FigureValues(
            of,
            cited(of.article, regime),
            values(of.key),
            tuple(FigurePart(key, title, values(of.key, key)) for key, title in of.parts),
        )
        for of in (*FIGURES, *STOCKS)
        if of.article.isdigit() or regime == "public_2017"
    )


def days_of_steps(tally: YearCounts, year: int) -> Mapping[str, Mapping[str, Days]]:
    """Return how long each step took in a year, by step and kind of body; without those that nobody took."""
    columns = kinds(tally, year)
    of = tally.days.filter(pl.col("year") == year)
    found: dict[str, dict[str, Days]] = {}
    for step in STEPS:
        for kind in columns:
            chosen = of.filter(
                (pl.col("step") == step.key) & (pl.lit(kind == ALL_KINDS) | (pl.col("body_kind") == kind))
            )
            by_days = chosen.group_by("days").agg(pl.col("cases").sum())
            if len(by_days):
                found.setdefault(step.key, {})[kind] = quartiles(dict(by_days.iter_rows()))
    return found


def datasets(tally: YearCounts, year: int, agreed: Sequence[Sum]) -> Iterator[Dataset]:
    """Yield the figures of a year as lists, one line a number."""
    yield _figures(tally, year)
    yield _by_body(tally, year)
    yield _by_file(tally, year)
    yield _days(tally, year)
    yield _sums(year, agreed)


_YEAR = (Caption("key", "キー"), Caption("year", "年度", number=True))
_FIGURE = (
    Caption("figure", "数のキー"),
    Caption("part", "内訳のキー"),
    Caption("title", "数"),
    Caption("part_title", "内訳"),
)
_VALUE = (Caption("value", "値", number=True), Caption("unit", "単位"))


def _figures(tally: YearCounts, year: int) -> Dataset:
    rows: list[Mapping[str, ListCell]] = []
    for one in figure_values(tally, year):
        for part in (FigurePart("", "", one.values), *one.parts):
            rows += [
                {
                    "key": f"{year}/{one.figure.key}/{part.key}/{kind}",
                    "year": year,
                    "figure": one.figure.key,
                    "part": part.key,
                    "title": one.figure.title,
                    "part_title": part.title,
                    "body_kind": kind,
                    "value": value,
                    "unit": one.figure.unit,
                    "article": one.article,
                    "definition": one.figure.definition,
                }
                for kind, value in part.values.items()
            ]
    return Dataset(
        name="figures",
        title="年度の数",
        unit="行",
        about="数ごと、機関の区分ごとの値です。",
        captions=(
            *(*_YEAR, *_FIGURE, Caption("body_kind", "機関の区分"), *_VALUE),
            *(Caption("article", "条"), Caption("definition", "数え方")),
        ),
        rows=rows,
    )


def _long(tally: YearCounts, year: int, *, files: bool) -> list[Mapping[str, ListCell]]:
    of = {one.key: one for one in (*FIGURES, *STOCKS)}
    chosen = tally.counts.filter((pl.col("year") == year) & ((pl.col("file") != "") == files))
    rows: list[Mapping[str, ListCell]] = []
    for row in chosen.drop("year").iter_rows(named=True):
        one = of[row["figure"]]
        place = row["file"] if files else row["body"]
        rows.append(
            {
                **row,
                "key": f"{year}/{one.key}/{row['part']}/{place}",
                "year": year,
                "title": one.title,
                "part_title": dict(one.parts).get(row["part"], ""),
                "unit": one.unit,
            }
        )
    return rows


_BODY = (Caption("body", "機関"), Caption("body_kind", "機関の区分"))


def _by_body(tally: YearCounts, year: int) -> Dataset:
    return Dataset(
        name="figures_by_body",
        title="機関ごとの数",
        unit="行",
        about="数ごと、機関ごとの値です。数えるものがなかった機関の行はありません。",
        captions=(*_YEAR, *_BODY, *_FIGURE, *_VALUE),
        rows=_long(tally, year, files=False),
    )


def _by_file(tally: YearCounts, year: int) -> Dataset:
    return Dataset(
        name="figures_by_file",
        title="個人情報ファイルごとの数",
        unit="行",
        about="数ごと、個人情報ファイルごとの値です。数えるものがなかったファイルの行はありません。",
        captions=(*_YEAR, *_BODY, Caption("file", "ファイルのキー"), *_FIGURE, *_VALUE),
        rows=_long(tally, year, files=True),
    )


def _days(tally: YearCounts, year: int) -> Dataset:
    titles = {step.key: step.title for step in STEPS}
    rows: list[Mapping[str, ListCell]] = [
        {
            "key": f"{year}/{step}/{kind}",
            "year": year,
            "step": step,
            "title": titles[step],
            "body_kind": kind,
            "cases": one.cases,
            "low": f"{one.low:g}",
            "median": f"{one.median:g}",
            "high": f"{one.high:g}",
        }
        for step, of in days_of_steps(tally, year).items()
        for kind, one in of.items()
    ]
    return Dataset(
        name="days",
        title="所要日数",
        unit="行",
        about="手続の段階ごとの日数の四分位数です。後の段階の日の属する年度に数えています。",
        captions=(
            *(
                *_YEAR,
                Caption("step", "段階のキー"),
                Caption("title", "段階"),
                Caption("body_kind", "機関の区分"),
            ),
            *(Caption("cases", "件数", number=True), Caption("low", "第1四分位", number=True)),
            *(Caption("median", "中央値", number=True), Caption("high", "第3四分位", number=True)),
        ),
        rows=rows,
    )


def _sums(year: int, agreed: Sequence[Sum]) -> Dataset:
    rows: list[Mapping[str, ListCell]] = [
        {
            "key": f"{year}/{number}",
            "year": year,
            "rule": one.rule,
            "terms": "　".join(f"{title} {value:,}" for title, value in one.terms),
            "total": one.total,
        }
        for number, one in enumerate(agreed, 1)
    ]
    return Dataset(
        name="sums",
        title="検算",
        unit="件",
        about="別々に数えた数を比べたものです。すべて一致しています。",
        captions=(
            *_YEAR,
            Caption("rule", "比べたもの"),
            Caption("terms", "項"),
            Caption("total", "計", number=True),
        ),
        rows=rows,
    )
