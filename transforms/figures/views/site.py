"""The pages of a site: the figures of a year, and the lists; each with its data beside it as CSV and JSON.

A site needs no network and no script. The same tally, lists and day give the same bytes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import polars as pl

from tokumei.schemas.figures import FIGURES, STEPS
from tokumei.schemas.regimes import regime_of
from tokumei.schemas.tables import eras
from tokumei.transforms.figures.published import PublicLists
from tokumei.transforms.figures.sums import Sum
from tokumei.transforms.figures.tally import MONTHLY, YearCounts
from tokumei.transforms.figures.views import numbers, plots
from tokumei.transforms.figures.views.dataset import Dataset
from tokumei.transforms.figures.views.lists import Listing, listings
from tokumei.transforms.pages.environment import day, html

_HEADLINES = ("bodies_called", "files_offered", "inquiries", "proposals", "contracts", "products")


class Link(NamedTuple):
    """A page, as the others name it."""

    file: str
    title: str
    lead: str


class Site(NamedTuple):
    """What all pages say of themselves."""

    title: str
    pages: tuple[Link, ...]


class Tile(NamedTuple):
    """A figure in large letters, with what it is made of."""

    title: str
    value: int
    unit: str
    made_of: str


def site(
    bodies: Sequence[PublicLists], tally: YearCounts, agreed: Sequence[Sum], year: int, until: dt.date
) -> Iterator[tuple[str, bytes]]:
    """Yield the name and the content of every file of a site, one by one; its first page is the last.

    Args:
        bodies: what is public of each body.
        tally: counts of all of them.
        agreed: comparisons of the year's sums.
        year: the fiscal year of the figures.
        until: the last day that everything is counted and listed to.
    """
    whose = str(bodies[0].body["body"]) if len(bodies) == 1 else f"{len(bodies):,}機関"
    product = "非識別加工情報" if regime_of(until) == "public_2017" else "行政機関等匿名加工情報"
    shown = listings(bodies, regime_of(until))
    lead = f"{day(until)}現在。"
    links = (
        Link("index.html", f"{era_year(year)}の実施状況", f"{span(year)}に行われたこと。{lead}"),
        *(Link(f"{one.dataset.name}.html", one.dataset.title, lead) for one in shown),
    )
    about = Site(f"{product}の提案の募集　{whose}", links)
    for link, one in zip(links[1:], shown, strict=True):
        yield from _pages(about, link, one)
        yield from _files(one.dataset, until)
    told = []
    for dataset in numbers.datasets(tally, year, agreed):
        told.append(replace(dataset, rows=()))  # a list of all files is large
        yield from _files(dataset, until)
    yield "index.html", _figures(about, told, tally, year, agreed)


def _files(dataset: Dataset, until: dt.date) -> Iterator[tuple[str, bytes]]:
    yield f"{dataset.name}.csv", dataset.as_csv()
    yield f"{dataset.name}.json", dataset.as_json(f"{until}")


def _figures(
    about: Site, data: Sequence[Dataset], tally: YearCounts, year: int, agreed: Sequence[Sum]
) -> bytes:
    counted = numbers.figure_values(tally, year)
    by_key = {one.figure.key: one for one in counted}
    kinds = numbers.kinds(tally, year)
    days = numbers.days_of_steps(tally, year)
    titles = {step.key: step.title for step in STEPS}
    whole = {titles[key]: of[numbers.ALL_KINDS] for key, of in days.items()}
    spreads = plots.spreads({title: (d.low, d.median, d.high) for title, d in whole.items()})
    unfit = {part.title: part.values[numbers.ALL_KINDS] for part in by_key["proposals_unfit"].parts}
    return (
        html()
        .get_template("figures/index.html.j2")
        .render(
            site=about,
            page=about.pages[0],
            data=data,
            tiles=[_tile(by_key[key], kinds[:-1]) for key in _HEADLINES],
            files_by_kind=plots.bars({kind: by_key["files_offered"].values[kind] for kind in kinds[:-1]}),
            asked_by=plots.bars(
                {part.title: part.values[numbers.ALL_KINDS] for part in by_key["inquiries"].parts}
            ),
            unfit_for=plots.bars({title: n for title, n in unfit.items() if n}),
            by_month=[(_title(key), plots.months(_months(tally, year, key))) for key in MONTHLY],
            spreads=spreads,
            days=[(titles[key], of[numbers.ALL_KINDS]) for key, of in days.items()],
            kinds=kinds,
            groups=[
                (title, [one for one in counted if (one.figure.counted == "stock") == stock])
                for title, stock in (("その年度にあったこと", False), ("年度末の状況", True))
            ],
            sums=agreed,
        )
        .encode()
    )


def _pages(about: Site, link: Link, listing: Listing) -> Iterator[tuple[str, bytes]]:
    """Yield the page of a list, and those of its headings where they have pages of their own."""
    groups = listing.groups
    shown = {"site": about, "dataset": listing.dataset, "captions": listing.captions}
    page = html().get_template("figures/list.html.j2").render(page=link, groups=groups, **shown)
    yield link.file, page.encode()
    alone = html().get_template("figures/group.html.j2")
    for group in groups:
        if group.page:
            own = Link(group.page, group.title, link.lead)
            yield group.page, alone.render(page=own, group=group, back=link, **shown).encode()


def _tile(one: numbers.FigureValues, kinds: Sequence[str]) -> Tile:
    if one.parts:
        made_of = [f"{part.title} {part.values[numbers.ALL_KINDS]:,}" for part in one.parts]
    else:
        made_of = [f"{kind} {one.values[kind]:,}" for kind in kinds if one.values[kind]]
    return Tile(one.figure.title, one.values[numbers.ALL_KINDS], one.figure.unit, "、".join(made_of))


def _title(key: str) -> str:
    return next(figure.title for figure in FIGURES if figure.key == key)


def _months(tally: YearCounts, year: int, figure: str) -> tuple[int, ...]:
    of = tally.months.filter((pl.col("year") == year) & (pl.col("figure") == figure))
    found = dict(of.group_by("month").agg(pl.col("value").sum()).iter_rows())
    return tuple(found.get(month, 0) for month in range(12))


def era_year(year: int) -> str:
    """Write a fiscal year as official papers do: 平成29年度; by the era of its last day."""
    last = dt.date(year + 1, 3, 31)
    era = next(era for era in reversed(list(eras())) if era.first_day <= last)
    number = year - era.first_year + 1
    return f"{era.name}{'元' if number == 1 else number}年度"


def span(year: int) -> str:
    """Write the days of a fiscal year."""
    return f"{year}年4月1日から{year + 1}年3月31日まで"
