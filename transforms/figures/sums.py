"""Sums that must agree (検算): what was counted in different ways is compared before it is published."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import polars as pl

from tokumei.schemas.errors import RequirementError
from tokumei.schemas.figures import FIGURES, FLOWS, STOCKS, YearFigure
from tokumei.transforms.figures.happened import NO_FILE
from tokumei.transforms.figures.published import kind_place
from tokumei.transforms.figures.tally import YearCounts

_TITLES = {of.key: of.title for of in (*FIGURES, *STOCKS)}
# Figures of which every event is about one file, so that files' counts add up to that of their body.
_BY_FILE = frozenset(
    {
        *("files_offered", "files_judged", "files_erased", "fees", "products", "product_people"),
        *("proposals", "proposals_fit", "proposals_unfit", "proposals_withdrawn", "contracts", "provisions"),
        *("contracts_ended", "contracts_terminated", "proposals_lapsed"),
    }
)


class Sum(NamedTuple):
    """One comparison: what is said in words, and the numbers on its two sides.

    Attributes:
        rule: what must agree, in Japanese.
        terms: the numbers that are added, with what each is; negative ones are taken away.
        total: what they must come to, counted by itself.
    """

    rule: str
    terms: tuple[tuple[str, int], ...]
    total: int

    @property
    def agrees(self) -> bool:
        """Whether they do."""
        return sum(value for _, value in self.terms) == self.total


def sums(tally: YearCounts, year: int) -> tuple[Sum, ...]:
    """Return the comparisons of a year: by kind, by part, by file; and stocks with what came and went."""

    def value(figure: str, at: int, part: str = "") -> int:
        found = tally.counts.filter(
            (pl.col("year") == at)
            & (pl.col("figure") == figure)
            & (pl.col("part") == part)
            & (pl.col("file") == "")
        )
        return int(found["value"].sum())

    return (
        *_by_kind(tally, year),
        *_by_part(value, year),
        *_by_file(tally, value, year),
        *_flows(value, year),
    )


def check(tally: YearCounts, year: int) -> tuple[Sum, ...]:
    """Return the comparisons of a year, all of which agree.

    Raises:
        RequirementError: one does not: a ledger holds what its own events deny.
    """
    found = sums(tally, year)
    wrong = [one.rule for one in found if not one.agrees]
    if wrong:
        raise RequirementError(
            "figures.sums",
            where=f"fiscal year {year}",
            what=f"{len(wrong)} sums do not agree; first: {wrong[0]}",
            fix="run tokumei ledger check; nothing was written",
        )
    return found


def _by_kind(tally: YearCounts, year: int) -> Iterator[Sum]:
    """Compare counts by kind of body with those that bodies have."""
    for key in ("bodies_called", "files_offered", "proposals", "contracts"):
        of = tally.counts.filter(
            (pl.col("year") == year)
            & (pl.col("figure") == key)
            & (pl.col("file") == "")
            & (pl.col("part") == "")
        )
        kinds = of.group_by("body_kind").agg(pl.col("value").sum())
        bodies = of.group_by("body").agg(pl.col("value").sum())
        terms = tuple(
            (str(kind), int(n)) for kind, n in sorted(kinds.iter_rows(), key=lambda of: kind_place(of[0]))
        )
        yield Sum(
            f"{_TITLES[key]}：機関の種別の計は、{len(bodies):,}機関の計に等しい",
            terms,
            int(bodies["value"].sum()),
        )


def _by_part(value: Callable[..., int], year: int) -> Iterator[Sum]:
    for figure in FIGURES:
        if figure.parts and not figure.overlap:
            terms = tuple((title, value(figure.key, year, part)) for part, title in figure.parts)
            yield Sum(f"{figure.title}：内訳の計は、全体に等しい", terms, value(figure.key, year))


def _by_file(tally: YearCounts, value: Callable[..., int], year: int) -> Iterator[Sum]:
    by_file = tally.counts.filter((pl.col("year") == year) & (pl.col("file") != "") & (pl.col("part") == ""))
    for figure in FIGURES:
        if figure.key in _BY_FILE:
            of = by_file.filter(pl.col("figure") == figure.key)
            named = of.filter(pl.col("file") != NO_FILE)
            unnamed = int(of["value"].sum()) - int(named["value"].sum())
            terms = (
                (f"{named['file'].n_unique():,}ファイルの計", int(named["value"].sum())),
                *([("ファイルの定まらないもの", unnamed)] if unnamed else ()),
            )
            yield Sum(f"{figure.title}：ファイルごとの計は、全体に等しい", terms, value(figure.key, year))


def _flows(value: Callable[..., int], year: int) -> Iterator[Sum]:
    by_key: dict[str, YearFigure] = {figure.key: figure for figure in FIGURES}
    for flow in FLOWS:
        terms = (
            ("前年度末", value(flow.stock, year - 1)),
            (by_key[flow.comes].title, value(flow.comes, year)),
            *((by_key[key].title, -value(key, year)) for key in flow.goes),
        )
        yield Sum(
            f"{_TITLES[flow.stock]}：前年度末の数に、増えた数を加え減った数を引くと、年度末の数に等しい",
            terms,
            value(flow.stock, year),
        )
