"""The yearly figures (実施状況): what each counts, over events of registers' ledgers, and what must agree.

A figure is defined by the events that it counts and by what of them (`tables/figures.csv`): that is all a
count needs to know, and all that a reader is told. The commission collects them (法165条); of fiscal 2017 it
published the bodies that called, the files offered by kind of body, and the inquiries by who asked.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Literal, get_args

FIRST_YEAR = 2017  # the system began on 30 May 2017
HowCounted = Literal["bodies", "files", "subjects", "total", "stock"]


@dataclass(frozen=True, kw_only=True)
class YearFigure:
    """A figure of a fiscal year: what happened in it, or what there is on its last day (a stock).

    Attributes:
        key: its name in CSV and JSON; it never changes.
        title: what people read.
        unit: what is counted: 件, ファイル, 円, …
        article: by today's number, as `tokumei.schemas.regimes.cited` takes it.
        definition: what is counted, in a sentence; a reader can count it again from it.
        kinds: kinds of the events that are counted, in the fiscal year of their day; of a stock, of those by
            which a subject begins to be counted.
        ends: of a stock, kinds of the events after which a subject is not counted any more.
        counted: the bodies, files or subjects (calls, cases, …) of these events, each once; the sum of what
            they say in numbers; or a stock.
        parts: the parts that it is told by, as events name them, with their titles; empty where it has none.
        overlap: whether one subject may be in several parts, so that these need not add up.
    """

    key: str
    title: str
    unit: str
    article: str
    definition: str
    kinds: tuple[str, ...]
    ends: tuple[str, ...]
    counted: HowCounted
    parts: tuple[tuple[str, str], ...]
    overlap: bool


@dataclass(frozen=True, kw_only=True)
class TimedStep:
    """Days between two steps of one subject, told for the fiscal year of the later one.

    Attributes:
        key: its name in CSV and JSON.
        title: what people read.
        begins: kinds of events, the first of which begins it.
        ends: kinds of events, the first of which ends it.
    """

    key: str
    title: str
    begins: tuple[str, ...]
    ends: tuple[str, ...]


@dataclass(frozen=True)
class Flow:
    """That a stock is what it was a year before, and what came in, less what went out."""

    stock: str
    comes: str
    goes: tuple[str, ...]


# A judgement of a file is counted by how it went.
ELIGIBLE, INELIGIBLE = "file_judged eligible", "file_judged ineligible"


def _rows(name: str) -> Iterator[Mapping[str, str]]:
    with resources.files("tokumei.schemas.tables").joinpath(name).open(encoding="utf-8") as file:
        yield from csv.DictReader(file)


def _several(cell: str) -> tuple[str, ...]:
    return tuple(cell.split("|")) if cell else ()


def _figure(row: Mapping[str, str]) -> YearFigure:
    parts = (part.split("=") for part in _several(row["parts"]))
    return YearFigure(
        key=row["key"],
        title=row["title"],
        unit=row["unit"],
        article=row["article"],
        definition=row["definition"],
        kinds=_several(row["kinds"]),
        ends=_several(row["ends"]),
        counted=next(how for how in get_args(HowCounted) if how == row["counted"]),
        parts=tuple((key, title) for key, title in parts),
        overlap=bool(row["overlap"]),
    )


FIGURES = tuple(_figure(row) for row in _rows("figures.csv") if row["counted"] != "stock")
STOCKS = tuple(_figure(row) for row in _rows("figures.csv") if row["counted"] == "stock")
STEPS = tuple(
    TimedStep(key=row["key"], title=row["title"], begins=_several(row["begins"]), ends=_several(row["ends"]))
    for row in _rows("figure_steps.csv")
)
FLOWS = (
    Flow(
        "cases_open",
        "proposals",
        (
            *("proposals_unfit", "proposals_withdrawn", "proposals_lapsed"),
            *("contracts_ended", "contracts_terminated"),
        ),
    ),
    Flow("contracts_in_force", "contracts", ("contracts_ended", "contracts_terminated")),
    Flow("complaints_open", "complaints", ("complaints_answered",)),
    Flow("inquiries_open", "inquiries", ("inquiries_answered",)),
)
