"""Rare combinations (特異な記述の組合せ): columns whose values together must not point at few people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, Self

from pydantic import Field, model_validator

from tokumei.schemas.column import Column
from tokumei.schemas.promises import MayFallBelow
from tokumei.schemas.strict import Strict, Text, broken
from tokumei.schemas.treatment_base import People
from tokumei.schemas.treatments import Pseudonym

MAX_COLUMNS = 12  # 298 sets of up to three columns, each of which is counted


class Combination(Strict):
    """Remove what fewer than ``people`` people share of up to ``size`` values of one record."""

    criterion: Literal[4, 5] = Field(description="The criterion (四号 or 五号) that it serves.")
    columns: tuple[Text, ...] = Field(description="Names of released columns.")
    size: Literal[2, 3] = Field(default=3, description="Largest number of values in a combination.")
    people: People | None = Field(
        default=None, description="A combination of fewer people is rare. Default: requirements.k."
    )
    action: Literal["cell", "record"] = Field(
        description="cell: blank the fewest cells (greedily); record: drop the records."
    )
    because: Text = Field(description="Why these columns, and why so many people.")
    may_fall_below: MayFallBelow | None = Field(
        default=None,
        description="They may be rare again in the release, as people are left out; their number is told.",
    )

    @model_validator(mode="after")
    def _columns_differ(self) -> Self:
        if len(self.columns) != len(set(self.columns)):
            raise broken(
                "combination.column_twice", "a column stands twice", "name every column once", ["columns"]
            )
        if not self.size <= len(self.columns) <= MAX_COLUMNS:
            raise broken(
                "combination.columns",
                f"combinations of up to {self.size} values need {self.size} to {MAX_COLUMNS} columns",
                "for two columns write size: 2 (default 3), else name more or fewer columns",
                ["columns"],
            )
        return self


def check_combinations(
    combinations: Sequence[Combination], columns: Mapping[str, Column], *, compared: bool
) -> None:
    """Check that the columns combined are there and hold released values that people can share.

    Args:
        combinations: those of a table.
        columns: its columns by name.
        compared: whether the table is compared with a population.

    Raises:
        PydanticCustomError: placed below the table.
    """
    for i, combination in enumerate(combinations):
        for j, name in enumerate(combination.columns):
            at: list[str | int] = ["combinations", i, "columns", j]
            column = columns.get(name)
            if column is None:
                raise broken(
                    "combination.unknown_column",
                    "this column is not declared",
                    "correct its name, or declare it under columns",
                    at,
                )
            if not column.released:
                raise broken(
                    "combination.not_released",
                    "this column is deleted, so its values are in no combination",
                    "remove it here, or release it in a coarser form",
                    at,
                )
            if column.treat and isinstance(column.treat[-1], Pseudonym):
                raise broken(
                    "combination.pseudonym",
                    "a pseudonym points at one person by design, whatever it is combined with",
                    "remove it here",
                    at,
                )
            if column.treat and column.treat[-1].per_record:
                raise broken(
                    "combination.perturbed",
                    "this column is perturbed by record, so what is released is not what would be counted",
                    "remove it here, or use microaggregate instead",
                    at,
                )
            if compared and combination.action == "cell" and column.quasi_identifier:
                raise broken(
                    "combination.population",
                    "a blanked quasi-identifier could no longer be compared with the population",
                    "use action: record, or remove population",
                    at,
                )


def people_sharing(combinations: Sequence[Combination], name: str, k: int) -> int:
    """Return how many people must share every combination with a column's values; 0 if it is in none.

    Args:
        combinations: those of a table.
        name: a column of it.
        k: requirements.k, for combinations that state no number.
    """
    return max((c.people or k for c in combinations if name in c.columns), default=0)
