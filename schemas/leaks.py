"""Which released columns can still carry text of the source, and whose source values they must not carry.

A release is searched for what criteria 1 to 3 removed (規則34条1号～3号, 62条1号～3号). Columns whose cells
cannot hold source text (ages, bands, municipalities, pseudonyms …) are not searched and cost nothing. Where
an officer has looked at what was found and knows that it is something else, the policy says so, with the
reason.
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from tokumei.schemas.strict import Strict, Text
from tokumei.schemas.treatment_base import ColumnType, Left
from tokumei.schemas.treatments import AnyTreatment


class Allowed(Strict):
    """What a search of the release may find in this column, because somebody knows that it is harmless."""

    because: Text = Field(description="What was looked at, and why it is harmless; stands in the report.")


def carries_values(kind: ColumnType, treat: Sequence[AnyTreatment]) -> bool:
    """Return whether a released cell may be this very record's text of the source.

    It may not where a method leaves only texts that many people share. It may where an integer is kept: a
    number may contain a number.

    Args:
        kind: type of a released column.
        treat: its methods.
    """
    return kind in {"string", "integer"} and all(step.text_left() is Left.OWN for step in treat)


def carries_numbers(kind: ColumnType, treat: Sequence[AnyTreatment]) -> bool:
    """Return whether a released cell may hold a number of the source, however many people share it.

    Args:
        kind: type of a released column.
        treat: its methods.
    """
    shared = kind == "string" and all(step.text_left() >= Left.SHARED for step in treat)
    return shared or carries_values(kind, treat)


def is_sought(kind: ColumnType, treat: Sequence[AnyTreatment]) -> bool:
    """Return whether the values of a column must not stand in any released one.

    These are identifiers, identification codes and linking codes as texts or integers. Dates and quantities
    are not among them: they do not single out by themselves, and equal others by chance.

    Args:
        kind: the column's type.
        treat: its methods.
    """
    return kind in {"string", "text", "integer"} and any(
        step.criterion in {2, 3} or (step.criterion == 1 and step.text_left() <= Left.AREA) for step in treat
    )
