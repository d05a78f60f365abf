"""Where totals are bounded: a number of the policy, or the largest value that so many people reach."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

import numpy as np
import numpy.typing as npt
import polars as pl

from tokumei.schemas.errors import RequirementError
from tokumei.transforms.counting.people import PERSON
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.totals.lines import LINES, TotalLines, gathered, placed_totals

COMES_TO = "#comes to"
MAX_LINES = 20_000_000  # lines of a bucket that one worker holds; those alike in a chunk are one
Ints = npt.NDArray[np.int64]
EDGES = np.array([n * 10**e for e in range(16) for n in (1, 2, 5)], np.int64)  # of bars, in whole units


@dataclass(frozen=True)
class TotalsReached:
    """What people's lines come to, by declaration; adds up over buckets, which share nobody.

    Attributes:
        highest: the values of those people who reach most, descending: as many as the bound asks for.
        people: people by bar; a bar begins at the next of `EDGES`, the first at 0. Their highest window.
    """

    highest: tuple[Ints, ...]
    people: tuple[Ints, ...]


AllReached = dict[str, TotalsReached]


class Reduced(Protocol):
    """A measure, and its columns in a frame of lines; see `Placed`."""

    @property
    def measure(self) -> str:
        """What is measured."""

    @property
    def group(self) -> list[str]:
        """The columns that tell a person's window."""

    @property
    def receipt(self) -> str | None:
        """The column of receipts."""

    @property
    def value(self) -> str | None:
        """The column of amounts or values."""


def values_of_people(lines: pl.DataFrame, placed: Reduced) -> pl.DataFrame:
    """Return the measure of each person and window: the columns of `Placed.group`, and COMES_TO (int64)."""
    measure, group = placed.measure, placed.group
    if measure == "largest_basket":
        baskets = lines.filter(pl.col(placed.receipt or "") != 0).group_by(*group, placed.receipt or "")
        return baskets.agg(pl.col(LINES).sum()).group_by(group).agg(pl.col(LINES).max().alias(COMES_TO))
    if measure in {"receipts", "distinct"}:
        item = (placed.receipt if measure == "receipts" else placed.value) or ""
        counted = pl.col(item).filter(pl.col(item) != 0).n_unique()
    elif measure == "largest":
        counted = pl.col(placed.value or "").max()
    else:
        counted = pl.col(LINES if placed.value is None else placed.value).sum()
    return lines.group_by(group).agg(counted.cast(pl.Int64).alias(COMES_TO))


def reach_of_bucket(tables: Mapping[str, TablePlan], batches: Sequence[TotalLines]) -> AllReached:
    """Measure all people of one bucket.

    Raises:
        RequirementError: more lines, or larger amounts, than one worker adds up exactly.
    """
    return {name: _reach(tables[name], lines) for name, lines in lines_by_table(batches).items()}


def lines_by_table(batches: Sequence[TotalLines]) -> dict[str, pl.DataFrame]:
    """Return the lines of one bucket by table; raises RequirementError as `reach_of_bucket` does."""
    names = sorted({batch.table for batch in batches})
    found = {name: gathered([b for b in batches if b.table == name]) for name in names}
    for name, lines in found.items():
        refuse_large(lines, f"tables.{name}.totals")
    return found


def refuse_large(lines: pl.DataFrame, where: str) -> None:
    """Refuse lines of a bucket that cannot be added up exactly; raises RequirementError."""
    sums = [lines[c].cast(pl.Float64).abs().sum() for c in lines.columns if c[0] == "s"]
    if lines.height > MAX_LINES or max(sums, default=0.0) >= 2.0**62:
        raise RequirementError(
            "requirement.totals",
            where=where,
            what=f"more than {MAX_LINES:,} different lines, or too large amounts, to be added up at once",
            fix="measure over fewer columns; or cut the file by people, and release it in parts",
        )


def _reach(plan: TablePlan, lines: pl.DataFrame) -> TotalsReached:
    highest, people = [], []
    for placed in placed_totals(plan):
        values = (
            values_of_people(lines, placed).group_by(PERSON).agg(pl.col(COMES_TO).max())[COMES_TO].to_numpy()
        )
        highest.append(_top(values, placed.total.people or 0))
        people.append(people_by_bar(values, placed.scale))
    return TotalsReached(tuple(highest), tuple(people))


def people_by_bar(values: Ints, scale: int) -> Ints:
    """Return how many of the values belong to each bar."""
    bars = np.searchsorted(EDGES, values // scale, side="right")
    return np.bincount(bars, minlength=len(EDGES) + 1).astype(np.int64)


def merge_reached(tables: Mapping[str, TablePlan], parts: Sequence[AllReached]) -> AllReached:
    """Merge what was measured of different people, in any order."""
    return {
        name: _merged(tables[name], [part[name] for part in parts if name in part])
        for name in sorted({name for part in parts for name in part})
    }


def _merged(plan: TablePlan, parts: Sequence[TotalsReached]) -> TotalsReached:
    highest = zip(*(p.highest for p in parts), strict=True)
    return TotalsReached(
        tuple(
            _top(np.concatenate(of_total), total.people or 0)
            for total, of_total in zip(plan.table.totals, highest, strict=True)
        ),
        tuple(np.sum(of_total, axis=0) for of_total in zip(*(p.people for p in parts), strict=True)),
    )


def _top(values: Ints, most: int) -> Ints:
    return np.sort(values)[::-1][:most]


def bounds_of(plan: TablePlan, reached: TotalsReached) -> tuple[int, ...]:
    """Return the bound of each declaration, in units of its measure.

    Raises:
        RequirementError: fewer people have any than the bound asks for.
    """
    bounds = []
    for i, placed in enumerate(placed_totals(plan)):
        total, highest = placed.total, reached.highest[i]
        if total.people is None:
            bounds.append(math.floor(Decimal(str(total.at)) * placed.scale))  # 1.15 is 115 hundredths
            continue
        if len(highest) < total.people or highest[total.people - 1] == 0:
            raise RequirementError(
                "requirement.totals",
                where=f"tables.{plan.name}.totals[{i}]",
                what=f"fewer than {total.people:,} people have any {total.measure}, so no bound is reached by"
                " so many",
                fix="ask for fewer people, or name the bound (at)",
            )
        bounds.append(int(highest[total.people - 1]))
    return tuple(bounds)
