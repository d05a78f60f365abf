"""Generalization hierarchies as the policy declares them (一般化階層).

Level 0 is the value itself; each further level is coarser; the last level is always ``*``.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from schemas.strict import Strict, broken


def _ascending(numbers: tuple[int, ...] | tuple[float, ...]) -> bool:
    return all(a < b for a, b in pairwise(numbers))


class FileHierarchy(Strict):
    """A file with one line a value: ``value;level1;level2;…;*`` (the form ARX and Amnesia use)."""

    kind: Literal["file"]
    path: str = Field(min_length=1, description="Path, relative to the policy file.")
    delimiter: str = Field(default=";", min_length=1, max_length=1)
    encoding: Literal["utf-8", "cp932", "euc_jp"] = "utf-8"


class IntervalHierarchy(Strict):
    """Numbers to half-open intervals; each width must divide the next, so that levels nest.

    Values that are not numbers (for example a top code 「90歳以上」) keep to themselves below ``*``.
    """

    kind: Literal["intervals"]
    widths: tuple[int, ...] = Field(min_length=1, description="For example [5, 10, 20].")
    origin: int = 0

    @model_validator(mode="after")
    def _nested(self) -> Self:
        if min(self.widths) < 1 or any(b % a or a == b for a, b in pairwise(self.widths)):
            raise broken(
                "hierarchy.widths",
                "interval widths must be positive and each must divide the next",
                "use for example widths: [5, 10, 20]",
            )
        return self


class DateHierarchy(Strict):
    """Dates (or months) to coarser periods, in the order given."""

    kind: Literal["dates"]
    levels: tuple[Literal["year_month", "quarter", "year", "decade"], ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _coarser(self) -> Self:
        order = ["year_month", "quarter", "year", "decade"]
        if not _ascending(tuple(order.index(level) for level in self.levels)):
            raise broken(
                "hierarchy.levels",
                "date levels must become coarser",
                "list them in the order year_month, quarter, year, decade",
            )
        return self


class PrefixHierarchy(Strict):
    """Codes to their first characters (postal codes, ICD-10, item codes): ``keep: [3, 1]``."""

    kind: Literal["prefix"]
    keep: tuple[int, ...] = Field(min_length=1, description="Characters kept, descending.")

    @model_validator(mode="after")
    def _shorter(self) -> Self:
        if min(self.keep) < 1 or not _ascending(tuple(reversed(self.keep))):
            raise broken(
                "hierarchy.keep", "kept lengths must be positive and shrink", "use for example keep: [3, 1]"
            )
        return self


class MaskHierarchy(Strict):
    """Codes with their last characters masked by ``*``: ``hide: [1, 2, 4]``."""

    kind: Literal["mask"]
    hide: tuple[int, ...] = Field(min_length=1, description="Characters hidden from the right, ascending.")

    @model_validator(mode="after")
    def _longer(self) -> Self:
        if min(self.hide) < 1 or not _ascending(self.hide):
            raise broken(
                "hierarchy.hide",
                "hidden lengths must be positive and grow",
                "use for example hide: [1, 2, 4]",
            )
        return self


class AddressHierarchy(Strict):
    """Municipality (as the `address` method leaves it) to prefecture to region (地方)."""

    kind: Literal["address"]


class SuppressHierarchy(Strict):
    """The value itself, or ``*``: for short code lists such as gender."""

    kind: Literal["suppress"]


Hierarchy = Annotated[
    FileHierarchy
    | IntervalHierarchy
    | DateHierarchy
    | PrefixHierarchy
    | MaskHierarchy
    | AddressHierarchy
    | SuppressHierarchy,
    Field(discriminator="kind"),
]
