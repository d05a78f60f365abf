"""What every hierarchy of a policy states of itself, and the one that the rows of a table make."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from tokumei.schemas.source import Source
from tokumei.schemas.strict import Strict, Text, broken

OtherLabel = Annotated[
    Text | None,
    Field(description="Label of values that are not listed there. Default: they stop the run."),
]


class AnyHierarchy(Strict):
    """Base of all hierarchies.

    Attributes:
        fits: what the values must be: a column type, or what the method before leaves; None means anything.
        advice: what to do where they are not.
        any_text: the values themselves, its level 0, may be any text.
        cuts: the labels of its other levels are parts of the values.
        example: it as YAML; the policy reference shows it.
    """

    fits: ClassVar[frozenset[str] | None] = None
    advice: ClassVar[str] = ""
    any_text: ClassVar[bool] = False
    cuts: ClassVar[bool] = False
    example: ClassVar[str]

    def steps(self) -> int | None:
        """Return the number of levels between the value itself and ``*``; None where a file tells it."""
        return 0

    def nearly_whole(self, level: int) -> bool:
        """Return whether labels of a level are nearly all of a name, a number or a code; few lengths tell."""
        return False

    def refuse_beyond(self, level: int) -> None:
        """Check that the hierarchy has this level; ``*``, the last one, would delete the column.

        Raises:
            PydanticCustomError: it has not.
        """
        steps = self.steps()
        if steps is not None and level > steps:
            raise broken(
                "hierarchy.level",
                f"the hierarchy has {steps} level(s) between the value and *",
                f"use a level from 1 to {steps}" if steps else "to remove every value, use method: delete",
                ["level"],
            )

    def refuse_content(self, content: str, at: tuple[str | int, ...]) -> None:
        """Check that the hierarchy can do something with the values that reach it.

        Args:
            content: a column type, or what the method before leaves.
            at: where the hierarchy stands.

        Raises:
            PydanticCustomError: it cannot.
        """
        if self.fits is not None and content not in self.fits:
            raise broken(
                "hierarchy.type",
                f"it works on {', '.join(sorted(self.fits))}; here it would get {content}",
                self.advice,
                at,
            )


class TableHierarchy(AnyHierarchy):
    """Columns of another table, as category files come: the first holds the values, the next their levels.

    A row a value (商品 → 小分類 → 中分類 → 大分類); further columns of the table are not read. Rows that say
    the same count once. A value with several labels, a label with several parents and a blank cell stop the
    run; only how many there are is told. Values are compared as in a hierarchy file. Files that do not name
    their columns (`header: false`, JSON lines) have exactly these columns, in this order.
    """

    kind: Literal["table"]
    source: Source = Field(description="Where the table is, and how it is written.")
    columns: tuple[Text, ...] = Field(
        min_length=2, description="Names of its columns: the values', then one a level, coarser and coarser."
    )
    other: OtherLabel = None
    any_text = True
    example = (
        "{kind: table, source: {path: product.csv, format: csv},"
        " columns: [product_cd, category_small_cd, category_major_cd]}"
    )

    def steps(self) -> int:
        """Return one a column after the first."""
        return len(self.columns) - 1

    @model_validator(mode="after")
    def _columns_known(self) -> Self:
        if max(Counter(self.columns).values()) > 1:
            raise broken("hierarchy.columns", "a column stands twice", "name each level once", ["columns"])
        if unknown := [name for name in self.source.leading_zeros if name not in self.columns]:
            raise broken(
                "source.leading_zeros",
                "leading zeros are restored in columns that the hierarchy reads",
                "correct the name, or remove it",
                ["source", "leading_zeros", unknown[0]],
            )
        return self
