"""Generalization hierarchies as the policy declares them (一般化階層).

Level 0 is the value itself; each further level is coarser; the last level is always ``*``.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from tokumei.schemas.hierarchy_base import AnyHierarchy, OtherLabel, TableHierarchy
from tokumei.schemas.strict import Text, Whole, broken

_LONG, _FEW = 10, 2  # characters: kept of a name, it is there; hidden of a number, it is found again
_TEXTS = frozenset({"string", "integer", "months", "years", "times", "places", "coded numbers"})


def _ascending(numbers: tuple[int, ...] | tuple[float, ...]) -> bool:
    return all(a < b for a, b in pairwise(numbers))


class FileHierarchy(AnyHierarchy):
    """A file with one line a value: ``value;level1;level2;…;*`` (the form ARX and Amnesia use).

    A value that is not in the file as it is written is compared by NFKC, without outer spaces, with one kind
    of hyphen and wave dash; in columns of numbers 05, 5.0 and 5 are one, in truth values TRUE and true. The
    line of the empty value holds the labels of missing values. Empty lines, and empty fields at the end of a
    line, are left out.
    """

    kind: Literal["file"]
    path: Text = Field(description="Path, relative to the policy file.")
    delimiter: str = Field(
        default=";", min_length=1, max_length=1, description="The character between the levels of a line."
    )
    encoding: Literal["utf-8", "cp932", "euc_jp"] = Field(
        default="utf-8", description="Encoding of the file."
    )
    other: OtherLabel = None
    any_text = True
    example = "{kind: file, path: job.csv}"

    @model_validator(mode="after")
    def _separates(self) -> Self:
        if self.delimiter in '"\r\n':
            raise broken(
                "hierarchy.delimiter",
                "the delimiter must not be a quote or a line break",
                'for example delimiter: ";"',
                ["delimiter"],
            )
        return self

    def steps(self) -> int | None:
        """Return None: the file tells."""
        return None


class IntervalHierarchy(AnyHierarchy):
    """Numbers to half-open intervals; each width must divide the next, so that levels nest.

    Values that are not numbers (for example a top code 「90歳以上」) keep to themselves below ``*``; a text
    written like an interval (「20以上25未満」) goes with its numbers. An interval that a code's bound falls
    into is labelled up to it: of width 20, 「80以上90未満」.
    """

    kind: Literal["intervals"]
    widths: tuple[Whole, ...] = Field(
        min_length=1, description="Widths of the intervals, level by level: [5, 10, 20]."
    )
    origin: Whole = Field(default=0, description="A number at which an interval of every width begins.")
    fits = frozenset({"integer", "number", "coded numbers", "years", "string"})
    advice = "use kind: dates for days, kind: suppress for short code lists, or correct the column's type"
    example = "{kind: intervals, widths: [5, 10, 20]}"

    def steps(self) -> int:
        """Return one a width."""
        return len(self.widths)

    @model_validator(mode="after")
    def _nested(self) -> Self:
        if min(self.widths) < 1 or any(b % a or a == b for a, b in pairwise(self.widths)):
            raise broken(
                "hierarchy.widths",
                "interval widths must be positive and each must divide the next",
                "use for example widths: [5, 10, 20]",
                ["widths"],
            )
        return self


class DateHierarchy(AnyHierarchy):
    """Times, dates, months or years to coarser periods, in the order given.

    Of times that `truncate_time` leaves come hours (「2011-03-08 18時台」) and days. A week is a part of its
    month, so that it lies in one month: the days 1 to 7, 8 to 14, 15 to 21, and 22 to the end
    (「2011-02-22～28」); one of ISO 8601 may lie in two. What is coarser than a level already stays as it is.
    """

    kind: Literal["dates"]
    levels: tuple[Literal["hour", "day", "week", "year_month", "quarter", "year", "decade"], ...] = Field(
        min_length=1, description="The periods, level by level; hour and day are for times."
    )
    fits = frozenset({"date", "month", "months", "years", "times"})
    advice = "give the column type: date or month, or correct the order of its methods"
    _order: ClassVar = ("hour", "day", "week", "year_month", "quarter", "year", "decade")
    _finest: ClassVar = {"times": "hour", "date": "week", "month": "quarter", "months": "quarter"}
    example = "{kind: dates, levels: [week, year_month, year]}"

    def steps(self) -> int:
        """Return one a level."""
        return len(self.levels)

    def refuse_content(self, content: str, at: tuple[str | int, ...]) -> None:
        """Check also that the first level is coarser than the values are."""
        super().refuse_content(content, at)
        finest = self._finest.get(content, "decade")
        if self._order.index(self.levels[0]) < self._order.index(finest):
            raise broken(
                "hierarchy.levels",
                f"the values are already {content.removesuffix('s')}s, so this level would change nothing",
                f"begin with {finest}",
                (*at, "levels", 0),
            )

    @model_validator(mode="after")
    def _coarser(self) -> Self:
        if not _ascending(tuple(self._order.index(level) for level in self.levels)):
            raise broken(
                "hierarchy.levels",
                "date levels must become coarser",
                f"list them in the order {', '.join(self._order)}",
                ["levels"],
            )
        return self


class PrefixHierarchy(AnyHierarchy):
    """Codes to their first characters (postal codes, ICD-10, item codes): ``keep: [3, 1]``."""

    kind: Literal["prefix"]
    keep: tuple[Whole, ...] = Field(min_length=1, description="Characters kept, descending.")
    fits = _TEXTS
    any_text = True
    cuts = True
    advice = "use kind: intervals for numbers, kind: dates for days, or correct the column's type"
    example = "{kind: prefix, keep: [3, 1]}"

    def steps(self) -> int:
        """Return one a length."""
        return len(self.keep)

    def nearly_whole(self, level: int) -> bool:
        """Return whether so many characters are kept as hardly a name has."""
        return self.keep[level - 1] >= _LONG

    @model_validator(mode="after")
    def _shorter(self) -> Self:
        if min(self.keep) < 1 or not _ascending(tuple(reversed(self.keep))):
            raise broken(
                "hierarchy.keep",
                "kept lengths must be positive and shrink",
                "use for example keep: [3, 1]",
                ["keep"],
            )
        return self


class MaskHierarchy(AnyHierarchy):
    """Codes with their last characters masked by ``*``: ``hide: [1, 2, 4]``."""

    kind: Literal["mask"]
    hide: tuple[Whole, ...] = Field(min_length=1, description="Characters hidden from the right, ascending.")
    fits = _TEXTS
    any_text = True
    cuts = True
    advice = "use kind: intervals for numbers, kind: dates for days, or correct the column's type"
    example = "{kind: mask, hide: [1, 2, 4]}"

    def steps(self) -> int:
        """Return one a length."""
        return len(self.hide)

    def nearly_whole(self, level: int) -> bool:
        """Return whether hardly any character is hidden."""
        return self.hide[level - 1] <= _FEW

    @model_validator(mode="after")
    def _longer(self) -> Self:
        if min(self.hide) < 1 or not _ascending(self.hide):
            raise broken(
                "hierarchy.hide",
                "hidden lengths must be positive and grow",
                "use for example hide: [1, 2, 4]",
                ["hide"],
            )
        return self


class AddressHierarchy(AnyHierarchy):
    """Municipality (as the `address` method leaves it) to prefecture to region (地方)."""

    kind: Literal["address"]
    fits = frozenset({"string", "places"})
    advice = "put method: address before it"
    example = "{kind: address}"

    def steps(self) -> int:
        """Return two: prefecture and region."""
        return 2


class SuppressHierarchy(AnyHierarchy):
    """The value itself, or ``*``: for short code lists such as gender."""

    kind: Literal["suppress"]
    any_text = True
    example = "{kind: suppress}"


Hierarchy = Annotated[
    FileHierarchy
    | TableHierarchy
    | IntervalHierarchy
    | DateHierarchy
    | PrefixHierarchy
    | MaskHierarchy
    | AddressHierarchy
    | SuppressHierarchy,
    Field(discriminator="kind"),
]
