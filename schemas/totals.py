"""Bounds on what the lines of one person come to (本人ごとの合計): amounts, lines, receipts, baskets.

A very large total of a person in a short time is a peculiar description (特異な記述等, 四号), though each of
its lines is ordinary: the PPC's report deletes the records of a card holder whose total is very large
(事務局レポート 事例編, カードの利用履歴).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from tokumei.schemas.column import Column
from tokumei.schemas.strict import EXACT, Strict, Text, broken
from tokumei.schemas.treatment_base import NUMERIC, People

Measure = Literal["sum", "lines", "receipts", "distinct", "largest", "largest_basket"]
Window = Literal["day", "week", "month", "quarter", "year"]
_OF_COLUMN: frozenset[str] = frozenset({"sum", "distinct", "largest"})
_OF_NUMBERS: frozenset[str] = frozenset({"sum", "largest"})
_OF_RECEIPTS: frozenset[str] = frozenset({"receipts", "largest_basket"})
_CODES = frozenset({"string", "integer"})
_TIMES = frozenset({"date", "datetime"})


class Total(Strict):
    """Leave nobody with more than a bound, in any window of time.

    The sign of an amount does not count: a return adds to a sum as its purchase does, so that no line that is
    left out can make a sum larger. Blanks add nothing. Lines without a time are a window of their own. Those
    without a receipt code are no receipt; where whole receipts are left out, they go together as one.
    """

    criterion: Literal[4, 5] = Field(description="The criterion (四号 or 五号) that it serves.")
    measure: Measure = Field(
        description="sum or largest of a number, lines, receipts, distinct values, or lines of a receipt."
    )
    column: Text | None = Field(default=None, description="Of sum, largest and distinct: what is measured.")
    receipt: Text | None = Field(
        default=None, description="The column of receipt codes; each person has receipts of their own."
    )
    per: Window | None = Field(default=None, description="Window of time. Default: all lines of the file.")
    time: Text | None = Field(default=None, description="With per: the column of dates or times.")
    people: People | None = Field(
        default=None, description="The bound is the largest value that so many people reach, in any window."
    )
    at: Annotated[float, Field(gt=0, le=EXACT)] | None = Field(
        default=None, description="The bound itself, instead of people."
    )
    above: Literal["drop_window", "drop_person", "thin"] = Field(
        description="What is left out of who is above: all lines of the window; all lines of the person; or"
        " whole receipts drawn at random, until it is not above (of largest, largest_basket: those above)."
    )
    because: Text = Field(description="Why this measure, and why so many people, or this bound.")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        receipts = self.measure in _OF_RECEIPTS or self.above == "thin"
        for key, needed, why in (
            ("column", self.measure in _OF_COLUMN, f"measure: {self.measure}"),
            ("receipt", receipts, "above: thin" if self.above == "thin" else f"measure: {self.measure}"),
            ("time", self.per is not None, "per"),
        ):
            if needed and getattr(self, key) is None:
                raise broken("total.missing", f"{why} needs {key}", f"add {key}: <column>", [key])
            if not needed and getattr(self, key) is not None:
                raise broken("total.ignored", f"{key} has no effect here", f"remove {key}", [key])
        if (self.people is None) == (self.at is None):
            raise broken(
                "total.bound",
                "the bound is either a value that so many people reach, or a number of yours",
                "give people or at, and not both",
                ["people"],
            )
        if self.above == "drop_window" and self.per is None:
            raise broken(
                "total.window",
                "without per the window is the whole file",
                "add per and time, or write above: drop_person",
                ["above"],
            )
        return self

    def sentence(self) -> str:
        """Return what nobody is left with, in one English sentence."""
        of = f" of {self.column}" if self.column is not None else ""
        measured = {
            "sum": f"sum{of}",
            "largest": f"largest value{of}",
            "distinct": f"number of different values{of}",
            "lines": "number of lines",
            "receipts": f"number of receipts ({self.receipt})",
            "largest_basket": f"largest number of lines of one receipt ({self.receipt})",
        }[self.measure]
        window = "in the whole file" if self.per is None else f"in any {self.per} of {self.time}"
        bound = f"{self.at:,g}" if self.at is not None else f"what {self.people:,} people reach"
        left = {
            "drop_window": f"all lines of the {self.per} are left out",
            "drop_person": "all lines of the person are left out",
            "thin": "whole receipts are left out, drawn at random",
        }[self.above]
        return f"nobody has a {measured} above {bound} {window}; else {left}"

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it reads, beside the person."""
        return tuple(name for name in (self.column, self.receipt, self.time) if name is not None)


def check_totals(
    totals: Sequence[Total], columns: Mapping[str, Column], rows_per_person: Literal["one", "several"]
) -> None:
    """Check that the columns are there and hold what is measured.

    Args:
        totals: those of a table.
        columns: its columns by name.
        rows_per_person: as the table declares.

    Raises:
        PydanticCustomError: placed below the table.
    """
    if totals and rows_per_person == "one":
        raise broken(
            "table.totals",
            "with one row a person there is nothing to add up",
            "bound the column itself, with tail or top_code; or declare rows_per_person: several",
            ["totals"],
        )
    for i, total in enumerate(totals):
        fitting = (
            ("column", NUMERIC if total.measure in _OF_NUMBERS else None),
            ("receipt", _CODES),
            ("time", _TIMES),
        )
        for key, types in fitting:
            name = getattr(total, key)
            if name is None:
                continue
            column = columns.get(name)
            if column is None or column.type == "text":
                raise broken(
                    "total.unknown_column",
                    "this column is not declared, or is free text",
                    "correct its name, or declare it under columns, with drop: true if nobody needs it",
                    ["totals", i, key],
                )
            if types is not None and column.type not in types:
                raise broken(
                    "total.type",
                    f"{key} is a column of type {' or '.join(sorted(types))}; this one has another",
                    "name another column, or correct its type",
                    ["totals", i, key],
                )
