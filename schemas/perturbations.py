"""Perturbative methods of the policy: they leave values that are plausible but not true.

The guideline's 別表2 names three: ミクロアグリゲーション, データ交換（スワップ）, ノイズ（誤差）付加.
Moving all dates of a person by one number of days is noise of the last kind, which keeps the gaps.
"""

from __future__ import annotations

import datetime as dt
import math
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from tokumei.schemas.strict import EXACT, Number, as_day, broken
from tokumei.schemas.treatment_base import NUMERIC, ColumnType, People, Treatment

MEASURED: frozenset[str] = NUMERIC | {"date"}


class Microaggregate(Treatment):
    """Groups of close values, ``people`` people or more, become one value each (ミクロアグリゲーション).

    The groups lose least: their squared error within is the smallest possible. Equal values stay together.
    """

    method: Literal["microaggregate"]
    criterion: Literal[4, 5]
    people: People | None = Field(
        default=None, description="People in a group, at least. Default: requirements.k."
    )
    representative: Literal["mean", "median"] = Field(
        default="mean", description="Over the records of a group; rounded like the column's values."
    )
    accepts = MEASURED
    gives = None
    data_driven = True
    leaves_exact = True
    example = (
        "{type: integer, treat: [{criterion: 5, method: microaggregate, people: 10, representative: median}]}"
    )

    def sharing(self, k: int) -> int:
        """Return how many people must bear the value of a group."""
        return self.people or k


def _bound(given: Any) -> Any:
    """Take a number or a day; a union would say of each alternative why it is not."""
    if isinstance(given, str):
        given = as_day(given)
    if isinstance(given, dt.date) or (
        isinstance(given, int | float) and not isinstance(given, bool) and abs(given) <= EXACT
    ):
        return given
    raise _wrong_bound()


def _wrong_bound(at: tuple[str | int, ...] = ()) -> Exception:
    return broken(
        "noise.bound",
        "a bound is a number, or in a date column a day",
        "write for example 0, or 1950-01-01 where the values are dates",
        at,
    )


_Bound = Annotated[float | dt.date, BeforeValidator(_bound)]


class Noise(Treatment):
    """Add a random number of mean 0 to every value (ノイズ付加); whole numbers and days stay whole.

    One draw a person keeps means over a person's records from removing the noise.
    """

    method: Literal["noise"]
    criterion: Literal[5]
    distribution: Literal["laplace", "normal"] = Field(
        default="laplace", description="Distribution of the random numbers."
    )
    scale: Annotated[Number, Field(gt=0)] = Field(
        description="Width of the distribution, in the column's units or in days: the mean distance (laplace)"
        " or the standard deviation (normal).",
    )
    min: _Bound | None = Field(default=None, description="Lower results become this; a day for dates.")
    max: _Bound | None = Field(default=None, description="Higher results become this; a day for dates.")
    per: Literal["record", "person"] | None = Field(
        default=None,
        description="Who gets a draw each, where a person may have several records. Default: person.",
    )
    accepts = MEASURED
    gives = None
    last = True
    per_record = True
    leaves_exact = True
    example = (
        "{type: integer, treat: [{criterion: 5, method: noise, distribution: laplace, scale: 5, min: 0}]}"
    )

    @model_validator(mode="after")
    def _bounds_ordered(self) -> Self:
        low, high = self.min, self.max
        if low is None or high is None:
            return self
        days = isinstance(low, dt.date)
        if days != isinstance(high, dt.date):
            raise _wrong_bound(("max",))
        if low >= high:  # type: ignore[operator]
            raise broken("noise.bounds", "min must be less than max", "correct one of them", ["min"])
        return self

    def refuse_type(self, kind: str, at: tuple[str | int, ...]) -> None:
        """Refuse bounds of another type, and settings that do not go with whole numbers or days."""
        if self.scale < 1 and kind != "number":
            raise broken(
                "noise.scale",
                "less than one whole number (or day) would leave most values as they are",
                "use at least 1",
                (*at, "scale"),
            )
        for key, bound in (("min", self.min), ("max", self.max)):
            if bound is None:
                continue
            if isinstance(bound, dt.date) != (kind == "date"):
                raise _wrong_bound((*at, key))
            if not isinstance(bound, dt.date) and kind == "integer" and not math.floor(bound) == bound:
                raise broken(
                    "noise.whole", f"{key} must be a whole number here", "use a whole number", (*at, key)
                )

    def refuse_rows(self, rows_per_person: Literal["one", "several"], at: tuple[str | int, ...]) -> None:
        """Refuse a choice between records and persons where they are the same."""
        if rows_per_person == "one" and self.per is not None:
            raise broken(
                "treat.ignored",
                "per has no effect here: it belongs to rows_per_person: several",
                "remove per",
                (*at, "per"),
            )


class RankSwap(Treatment):
    """Exchange values between records of different people whose ranks are close (データ交換, スワップ).

    All values stay in the release, at other records. Source: R. A. Moore, Controlled data-swapping
    techniques for masking public use microdata sets, US Census Bureau 1996.
    """

    method: Literal["rank_swap"]
    criterion: Literal[5]
    within: Annotated[Number, Field(gt=0, le=1)] = Field(
        description="Largest distance of ranks, as a share of the records; at least the next rank."
    )
    accepts = MEASURED
    gives = None
    last = True
    per_record = True
    leaves_exact = True
    example = "{type: number, treat: [{criterion: 5, method: rank_swap, within: 0.05}]}"

    def kept_below(self, k: int) -> bool:
        """Return True: every value stands there still, with another record."""
        return True


class ShiftDates(Treatment):
    """Move all dates of a person by one random number of days (日付の平行移動); the days between them stay.

    Columns of all tables of the person's link move together, within the period of the person's pseudonym. No
    date stays where it was; the time of day stays. Days are those of the calendar, 29 February one of them.
    """

    method: Literal["shift_dates"]
    criterion: Literal[5]
    days: Annotated[int, Field(ge=1, le=3660)] = Field(
        description="Most days, either way; each but 0 is as likely. The same in all columns of the link.",
    )
    unit: Literal["minute", "30min", "hour", "day", "month"] | None = Field(
        default=None,
        description="What is left of the moved time, as truncate_time leaves it; of a date, month."
        " Default: all of it.",
    )
    accepts = frozenset({"date", "datetime"})
    gives = None
    last = True
    per_record = True
    leaves_exact = True
    example = "{type: date, treat: [{criterion: 5, method: shift_dates, days: 30}]}"

    def given(self, kind: ColumnType) -> ColumnType:
        """Return text where the moved time is cut."""
        return kind if self.unit is None else "string"

    def refuse_type(self, kind: str, at: tuple[str | int, ...]) -> None:
        """Refuse units that a date does not have."""
        if kind == "date" and self.unit not in (None, "month"):
            raise broken(
                "shift_dates.unit",
                "a date has no time of day",
                "use unit: month, or remove unit",
                (*at, "unit"),
            )
