"""Which released columns can still carry text of the source, and whose source values they must not carry.

A release is searched for what criteria 1 to 3 removed (規則34条1号～3号, 62条1号～3号). Columns whose cells
cannot hold source text (ages, bands, municipalities, pseudonyms …) are not searched and cost nothing. Where
an officer has looked at what was found and knows that it is something else, the policy says so, with the
reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tokumei.schemas.strict import Strict, Text

if TYPE_CHECKING:
    from tokumei.schemas.table import Column, Table

# Methods after which a cell is still the text that it was, a part of it, or a fixed label.
_COPYING = frozenset({"rare_values"})
_SHARED = frozenset({"rare_categories"})  # the same, but every text is shared by many people
_PARTS = frozenset({"prefix", "mask"})  # hierarchies whose labels are parts of the value
_WHOLE = frozenset({"file", "suppress"})  # hierarchies whose level 0 may be any text
# Methods that leave nothing of a value, or only an area that many share.
_REMOVING = frozenset({"delete", "replace", "pseudonym", "address", "phone_area", "postal_prefix"})


class Allowed(Strict):
    """What a search of the release may find in this column, because somebody knows that it is harmless."""

    because: Text


def carries_values(column: Column) -> bool:
    """Return whether a released cell may be this very record's text of the source.

    Quasi-identifiers and rare_categories leave only texts that many people share, so they are not among
    these; kept integers are, because a number may contain a number.
    """
    if not column.released or column.type not in {"string", "integer"}:
        return False
    return all(
        step.method in _COPYING or (step.method == "recode" and step.hierarchy.kind in _PARTS)
        for step in column.treat
    )


def carries_numbers(column: Column) -> bool:
    """Return whether a released cell may hold a number of the source, however many people share it."""
    if carries_values(column):
        return True
    if not column.released or column.type != "string":
        return False
    return all(
        step.method in _COPYING | _SHARED
        or (step.method == "recode" and step.hierarchy.kind in _PARTS)
        or (step.method == "generalize" and step.hierarchy.kind in _PARTS | _WHOLE)
        for step in column.treat
    )


def sought_columns(table: Table) -> tuple[str, ...]:
    """Return the columns whose source values are searched for in the release; none if nothing carries any.

    These are identifiers, identification codes and linking codes as texts or integers. Dates and quantities
    are not among them: they do not single out by themselves, and equal others by chance.
    """
    if not any(carries_values(column) for column in table.columns.values()):
        return ()
    return tuple(
        name
        for name, column in table.columns.items()
        if any(
            step.criterion in {2, 3} or (step.criterion == 1 and step.method in _REMOVING)
            for step in column.treat
        )
        and column.type in {"string", "text", "integer"}
    )
