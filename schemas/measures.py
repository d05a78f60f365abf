"""Measures as facts (計量): what a reader can add up of a person's lines in a window of time.

Who knows about how much somebody spends in a month, how often they come, or since when they are a customer,
knows something that no line tells alone. What can be known is a band (about 12 receipts), not the number.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from tokumei.schemas.column import Column
from tokumei.schemas.strict import EXACT, Strict, Text, broken
from tokumei.schemas.table import Table
from tokumei.schemas.totals import Window
from tokumei.schemas.treatment_base import NUMERIC
from tokumei.schemas.treatments import Coarsen, Pseudonym, TruncateTime, Year, YearMonth

FactMeasure = Literal["sum", "lines", "receipts", "distinct", "largest", "first", "last"]
Edge = Annotated[float, Field(ge=-EXACT, le=EXACT)]
ENDS: frozenset[str] = frozenset({"first", "last"})  # the window of the first or last line itself
_OF_COLUMN: frozenset[str] = frozenset({"sum", "distinct", "largest"})
_OF_NUMBERS: frozenset[str] = frozenset({"sum", "largest"})
_MOST_EDGES = 1_000


class MeasureKeys(Strict):
    """The keys of a fact that is a measure over all lines of a person in a window."""

    table: Text = Field(description="The table that it stands in.")
    measure: FactMeasure | None = Field(
        default=None,
        description="What a person's lines of a window come to: sum or largest of a number, lines, receipts,"
        " distinct values; or the window of the first or last line.",
    )
    column: Text | None = Field(default=None, description="Of sum, largest and distinct: what is measured.")
    receipt: Text | None = Field(default=None, description="Of receipts: the column of receipt codes.")
    per: Window | None = Field(default=None, description="Of measures: the window of time.")
    time: Text | None = Field(default=None, description="Of measures: the released column of dates or times.")
    edges: tuple[Edge, ...] = Field(
        default=(),
        max_length=_MOST_EDGES,
        description="Where the bands of what can be known begin, ascending: [1000, 5000] are three bands.",
    )

    @model_validator(mode="after")
    def _measured(self) -> Self:
        measured = self.measure is not None
        for key, needed in (
            ("column", self.measure in _OF_COLUMN),
            ("receipt", self.measure == "receipts"),
            ("per", measured),
            ("time", measured),
            ("edges", measured and self.measure not in ENDS),
        ):
            given = bool(getattr(self, key))
            if needed and not given:
                raise broken("fact.missing", f"measure: {self.measure} needs {key}", f"add {key}", [key])
            if given and not needed:
                why = f"measure: {self.measure}" if measured else "a fact without measure"
                raise broken("fact.ignored", f"{key} has no effect with {why}", f"remove {key}", [key])
        if any(low >= high for low, high in pairwise(self.edges)):
            raise broken("fact.edges", "bands begin at ascending edges", "sort them, each once", ["edges"])
        return self

    @property
    def reads(self) -> tuple[str, ...]:
        """The columns that the measure reads, beside the person; none without a measure."""
        return tuple(name for name in (self.column, self.receipt, self.time) if name is not None)

    def measure_told(self) -> str:
        """Return what is known by the measure, in English."""
        if self.measure in ENDS:
            return f"the {self.per} of a person's {self.measure} line of {self.table}"
        what = {
            "sum": f"the sum of {self.column}",
            "largest": f"the largest {self.column}",
            "distinct": f"how many different {self.column} stand",
            "receipts": "how many receipts stand",
            "lines": "how many lines stand",
        }[self.measure or "lines"]
        return (
            f"in which of {len(self.edges) + 1} bands {what} is, in a person's lines of {self.table} of"
            f" one {self.per}"
        )


def measured_columns(facts: Sequence[MeasureKeys], table: str) -> frozenset[str]:
    """Return the columns of a table that measures read: nothing is blanked there, or they would change."""
    return frozenset(name for fact in facts if fact.table == table for name in fact.reads)


def check_measures(facts: Sequence[MeasureKeys], name: str, table: Table, at: tuple[str | int, ...]) -> None:
    """Check that a reader of a table can work its measures out, and that they stay as they were counted.

    Args:
        facts: all facts of a declaration.
        name: of the table.
        table: as declared.
        at: where the facts stand.

    Raises:
        PydanticCustomError: they cannot.
    """
    measured = {i: f for i, f in enumerate(facts) if f.table == name and f.measure is not None}
    for i, fact in measured.items():
        _check_table(table, (*at, i, "measure"))
        if (fact.time, fact.per) != next((f.time, f.per) for f in measured.values()):
            raise broken(
                "fact.windows",
                "measures of one table have one window: where they are too rare, all its lines go",
                "give all measures of the table the same per and time",
                (*at, i, "per"),
            )
        _check_window(fact, table, (*at, i, "time"))
        for key in ("column", "receipt"):
            if (column := getattr(fact, key)) is not None:
                _check_measured(fact, table.columns.get(column), (*at, i, key))


def _check_table(table: Table, at: tuple[str | int, ...]) -> None:
    if table.rows_per_person == "one":
        raise broken(
            "fact.one_line",
            "with one row a person there is nothing to add up",
            "name the column itself under columns, with bands",
            at,
        )
    if table.quasi_identifiers or table.combinations:
        raise broken(
            "fact.measured_classes",
            "lines are left out where measures are too rare, and classes and combinations of this table would"
            " shrink below what was counted",
            "put the quasi-identifiers into a table of people, and columns of combinations into facts",
            at,
        )


def _check_window(fact: MeasureKeys, table: Table, at: tuple[str | int, ...]) -> None:
    column = table.columns.get(fact.time or "")
    fineness = None if column is None or not column.released else _fineness(column)
    if fineness is None or not _tells(fineness, fact.per or ""):
        raise broken(
            "fact.window",
            f"what is released of this column does not tell the {fact.per} of a line",
            "name a date or time that is kept, or treated with truncate_time, year_month or year alone, no"
            " coarser than per",
            at,
        )


def _fineness(column: Column) -> str | None:
    """Return the finest window that a released column tells; None if it is no time."""
    finest = {"date": "day", "datetime": "day", "month": "month"}.get(column.type)
    for step in column.treat:
        if isinstance(step, Year):
            finest = "year"
        elif isinstance(step, YearMonth) or (isinstance(step, TruncateTime) and step.unit == "month"):
            finest = "month"
        elif not isinstance(step, TruncateTime):
            return None
    return finest


def _tells(fineness: str, per: str) -> bool:
    coarser = {"day": {"day", "week", "month", "quarter", "year"}, "month": {"month", "quarter", "year"}}
    return per in coarser.get(fineness, {fineness})


def _check_measured(fact: MeasureKeys, column: Column | None, at: tuple[str | int, ...]) -> None:
    if column is None or not column.released:
        raise broken(
            "fact.column",
            "this column is not declared, or is deleted, so nobody can measure it",
            "name a released column",
            at,
        )
    if fact.measure in _OF_NUMBERS and column.released_type not in NUMERIC:
        raise broken(
            "fact.no_number",
            "what is released of this column is no number, so nobody can add it up",
            "name a column of type integer or number; one that is banded can stand under columns",
            at,
        )
    last = column.treat[-1] if column.treat else None
    if isinstance(last, Pseudonym):
        moving = last.per not in {None, "table"}
    else:
        moving = isinstance(last, Coarsen) or any(
            step.per_record or step.data_driven or step.sharing(2) for step in column.treat
        )
    if moving:
        raise broken(
            "fact.measured_moves",
            "a method of this column is decided, or works record by record, after measures are counted",
            "keep the column, or treat it with fixed methods (round)",
            at,
        )
