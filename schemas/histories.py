"""Histories (履歴): what an outsider may know of a person, over all lines and all tables of the release.

A *fact* is what stands in some released columns of one line, the class of a person's quasi-identifiers in a
table, or a measure over their lines. A policy declares which facts are feared and how many at once; of every
set of so many facts, the people in the release who have all of them are then none, or at least k.
(k^m-anonymity of Terrovitis, Mamoulis and Kalnis, VLDB 2008, over people, not receipts; with `at_most` it
contains (h,k,p)-coherence.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, Self

from pydantic import Field, model_validator

from tokumei.schemas.column import Column
from tokumei.schemas.formats import listed
from tokumei.schemas.measures import MeasureKeys
from tokumei.schemas.people import Numbering, people_named
from tokumei.schemas.privacy_models import Share
from tokumei.schemas.strict import Strict, Text, broken
from tokumei.schemas.table import Table
from tokumei.schemas.treatment_base import People
from tokumei.schemas.treatments import Coarsen


class Fact(MeasureKeys):
    """One kind of fact: the values of some columns of one line, a person's class in a table, or a measure."""

    columns: tuple[Text, ...] = Field(
        default=(),
        description="Released columns that are known together, of one line; of those that are coarsened, the"
        " last becomes coarser first.",
    )
    quasi_identifiers: bool = Field(
        default=False,
        description="The class (the table's quasi-identifiers) is known, alone or beside columns.",
    )
    action: Literal["cell", "record"] = Field(
        default="cell",
        description="What goes where the fact would point at too few: cell: a cell of it is blanked; record:"
        " its whole line is not released.",
    )

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if len(self.columns) != len(set(self.columns)):
            raise broken("fact.column_twice", "a column stands twice", "name every column once", ["columns"])
        if self.measure is not None and (self.columns or self.quasi_identifiers):
            raise broken(
                "fact.measure_alone",
                "a measure is a fact of its own; columns and quasi_identifiers are others, known beside it",
                "make two facts of it",
                ["measure"],
            )
        if not (self.columns or self.quasi_identifiers or self.measure):
            raise broken(
                "fact.nothing",
                "this says nothing that could be known",
                "name columns: [item], say quasi_identifiers: true, or name a measure",
            )
        if self.action == "record" and not self.columns:
            raise broken(
                "fact.ignored",
                "action: record has no effect on a measure, for which whole windows go, nor on a class",
                "remove action",
                ["action"],
            )
        return self

    def sentence(self) -> str:
        """Return what is known, in one English sentence."""
        if self.measure is not None:
            return self.measure_told()
        whose = f"the class of a person in {self.table} (all quasi-identifiers)"
        if not self.columns:
            return whose
        names = listed(self.columns, "and")
        lines = f"that a person has a line of {self.table} with this {names}"
        if len(self.columns) > 1:
            lines += ", all of the same line"
        if self.quasi_identifiers:
            return f"{lines}, and {whose}"
        return (
            f"{lines}; one that would point at too few is not released" if self.action == "record" else lines
        )


class AtMost(Strict):
    """No value of a sensitive column may be held by more than this share of those who have some facts."""

    share: Share = Field(description="The largest share h; 1 asks nothing.")
    table: Text = Field(description="The table of the sensitive column.")
    column: Text = Field(description="The column; it is released, and declared sensitive.")


class LostAtMost(Strict):
    """How much the guarantee may cost before the run stops."""

    occurrences: Share = Field(
        default=1.0, description="Share of the cells that tell a fact, each once a person, that are blanked."
    )
    lines: Share = Field(
        default=1.0,
        description="Share of the lines that are left without any fact, deleted ones among them, and of those"
        " left out for measures.",
    )
    people: Share = Field(
        default=0.05,
        description="Share of the people who are left without any fact, or of whom every line of a table goes"
        " (but the one kept where tables are joined).",
    )


class History(Strict):
    """Which facts about a person an outsider may know, and how many people must have them all."""

    people: Text | None = Field(
        default=None, description="Whose history: a link, or a table without one. Default: file.people."
    )
    facts: tuple[Fact, ...] = Field(min_length=1, description="The kinds of facts that may be known.")
    known: Literal[1, 2, 3] = Field(description="How many facts are known at once (m).")
    k: People | None = Field(
        default=None, description="So many people have them all. Default: requirements.k."
    )
    because: Text = Field(description="Why these facts, and so many.")
    at_most: AtMost | None = Field(default=None, description="A share for the values of a sensitive column.")
    granularity: Literal["cut", "level"] = Field(
        default="cut",
        description="cut: each part of the tree as fine as its people allow; level: one level for all.",
    )
    lost_at_most: LostAtMost = Field(default=LostAtMost(), description="What may be lost.")


def coarsened(column: Column) -> Coarsen | None:
    """Return the column's coarsening, whose level the facts decide; None if it has none."""
    last = column.treat[-1] if column.treat else None
    return last if isinstance(last, Coarsen) else None


def history_people(
    history: History,
    tables: Mapping[str, Table],
    default: Numbering,
    at: tuple[str | int, ...] = ("histories",),
) -> Numbering:
    """Return whose history it is.

    Args:
        history: as declared.
        tables: of the policy.
        default: the people of the release.
        at: where it is declared, for the error.

    Raises:
        PydanticCustomError: it names nobody.
    """
    return default if history.people is None else people_named(tables, history.people, (*at, "people"))


def groups_of(sequences: Sequence[tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
    """Return the groups of columns that are coarsened together: the sequences that begin no other."""
    longest = sorted(dict.fromkeys(sequences), key=len, reverse=True)
    groups: list[tuple[str, ...]] = []
    for sequence in longest:
        if not any(group[: len(sequence)] == sequence for group in groups):
            groups.append(sequence)
    return tuple(groups)
