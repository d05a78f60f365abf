"""Which released columns can still carry text of the source, and whose source values they must not carry.

A release is searched for what criteria 1 to 3 removed (規則34条1号～3号, 62条1号～3号), and for the values of
every column that is not released. Columns whose cells cannot hold source text (ages, bands, municipalities,
pseudonyms …) are not searched and cost nothing. Where an officer has looked at what was found and knows that
it is something else, the policy says so, with the reason.
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

    It may not where a method leaves only texts that many people share. It may where a number is kept: it may
    contain a number.

    Args:
        kind: type of a released column.
        treat: its methods.
    """
    return kind in {"string", "text", "integer", "number"} and all(
        step.text_left() is Left.OWN for step in treat
    )


def leaves_numbers(kind: ColumnType, treat: Sequence[AnyTreatment]) -> bool:
    """Return whether methods leave most numbers as they were, or little changed: capped, swapped, blurred.

    Args:
        kind: type of a released column.
        treat: its methods.
    """
    near = all(step.spares or step.gives is None for step in treat)
    return kind in {"integer", "number"} and bool(treat) and near


def carries_days(kind: ColumnType, treat: Sequence[AnyTreatment]) -> bool:
    """Return whether a released cell may be a day of the source, such as somebody's birth date, or nearly.

    Args:
        kind: type of a released column.
        treat: its methods.
    """
    return kind in {"date", "datetime"} and all(step.day_left() or step.gives is None for step in treat)


def carries_numbers(kind: ColumnType, treat: Sequence[AnyTreatment]) -> bool:
    """Return whether a released cell may hold a number of the source, however many people share it.

    Args:
        kind: type of a released column.
        treat: its methods.
    """
    shared = kind == "string" and all(step.text_left() >= Left.SHARED for step in treat)
    return shared or carries_values(kind, treat)


def may_be_codes(kind: ColumnType, treat: Sequence[AnyTreatment]) -> bool:
    """Return whether what is released of a column tells something of its numbers.

    Whatever is left of an identification code (個人識別符号) is too much: what is masked of one follows from
    its check digit. Of such columns the source is judged. Areas are no part of a code.

    Args:
        kind: type of a released column.
        treat: its methods.
    """
    told = all(step.text_left() > Left.AREA for step in treat)
    return bool(treat) and told and kind in {"string", "integer", "number"}


def identifies(kind: ColumnType, treat: Sequence[AnyTreatment]) -> bool:
    """Return whether the values of a column are identifiers, identification codes or linking codes.

    These must not stand in any released column however many people share them (a family name).

    Args:
        kind: the column's type.
        treat: its methods.
    """
    return kind == "text" or any(
        step.criterion in {2, 3} or (step.criterion == 1 and step.text_left() <= Left.AREA) for step in treat
    )
