"""What the policy may ask to be done to a column: one model per method, with the criteria it may serve.

The methods that single out what is rare are in `tokumei.schemas.peculiar_values`, bands in
`tokumei.schemas.bands`. Those that leave values
plausible but not true (ミクロアグリゲーション, データ交換, ノイズ付加) are in
`tokumei.schemas.perturbations`.

A new method is one class here or there, which states all facts about it (see `Treatment`), one line in
`AnyTreatment`, and one class in `tokumei.transforms.criteria` that does it.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self, get_args

from pydantic import Field, create_model, model_validator

from tokumei.schemas.bands import AgeBand, Bands, RoundTo
from tokumei.schemas.hierarchies import Hierarchy
from tokumei.schemas.peculiar_values import BottomCode, Fence, RareCategories, RareValues, Tail, TopCode
from tokumei.schemas.perturbations import Microaggregate, Noise, RankSwap, ShiftDates
from tokumei.schemas.redaction import RedactText
from tokumei.schemas.strict import Number, Text, broken
from tokumei.schemas.treatment_base import ColumnType, Label, Left, People, Treatment

PseudonymPeriod = Literal["month", "quarter", "year", "table"]
_NESTED: tuple[PseudonymPeriod, ...] = ("month", "quarter", "year")


def within(period: PseudonymPeriod | None, other: PseudonymPeriod) -> bool:
    """Return whether each period lies in one of the others; None is that of the whole run."""
    nested = period in _NESTED and other in _NESTED
    return period == other or (nested and _NESTED.index(period) < _NESTED.index(other))


class Delete(Treatment):
    """Delete the whole column (項目削除). The only method for individual identification codes (二号)."""

    method: Literal["delete"]
    criterion: Literal[1, 2, 3, 4, 5]
    left = Left.NOTHING
    example = "{treat: [{criterion: 1, method: delete}]}"


class Replace(Treatment):
    """Replace every value by one fixed text, which cannot be reversed (一号)."""

    method: Literal["replace"]
    criterion: Literal[1]
    by: Label = Field(description="The text every value becomes.")
    last = True
    left = Left.NOTHING
    example = "{treat: [{criterion: 1, method: replace, by: 会員}]}"


class YearMonth(Treatment):
    """Date to year and month (生年月日 → 生年月): 1985-04-02 → 1985-04."""

    method: Literal["year_month"]
    criterion: Literal[1, 5]
    accepts = frozenset({"date", "month", "datetime"})
    content = "months"
    leaves_exact = True
    example = "{type: date, treat: [{criterion: 1, method: year_month}]}"


class Year(Treatment):
    """Date to year (生年月日 → 生年): 1985-04-02 → 1985."""

    method: Literal["year"]
    criterion: Literal[1, 5]
    accepts = frozenset({"date", "month", "datetime"})
    content = "years"
    leaves_exact = True
    example = "{type: date, treat: [{criterion: 1, method: year}]}"


class Age(Treatment):
    """Birth date to age in full years on the policy's reference_date."""

    method: Literal["age"]
    criterion: Literal[1, 5]
    accepts = frozenset({"date", "datetime"})
    gives = "integer"
    reads = True
    leaves_exact = True
    example = "{type: date, treat: [{criterion: 1, method: age}]}"

    def counts_age(self, kind: ColumnType) -> bool:
        """Return True."""
        return True


class TruncateTime(Treatment):
    """Floor a time to the minute, half hour, hour, day or month (丸め), as JST wall-clock time."""

    method: Literal["truncate_time"]
    criterion: Literal[1, 5]
    unit: Literal["minute", "30min", "hour", "day", "month"] = Field(description="What is left of the time.")
    accepts = frozenset({"datetime"})
    content = "times"
    leaves_exact = True
    example = "{type: datetime, treat: [{criterion: 1, method: truncate_time, unit: hour}]}"

    def day_left(self) -> bool:
        """Return whether the unit is no longer than a day."""
        return self.unit != "month"


class _Area(Treatment):
    people: People | None = Field(
        default=None,
        description="People who share each area, in the release; smaller ones are blanked. Default: none.",
    )
    accepts = frozenset({"string"})
    reads = True
    left = Left.AREA

    def sharing(self, k: int) -> int:
        """Return how many people must bear each area."""
        return self.people or 0


class PostalPrefix(_Area):
    """Postal code to its first digits (259-1113 → 259); a code not understood is blanked."""

    method: Literal["postal_prefix"]
    criterion: Literal[1, 5]
    digits: int = Field(default=3, ge=1, le=5, description="Digits that are left, of seven.")
    example = "{treat: [{criterion: 1, method: postal_prefix, digits: 3}]}"


# By this call, because the key is a word of Python.
_Joining = create_model(  # type: ignore[call-overload]
    "_Joining",
    __base__=_Area,
    **{
        "with": (
            tuple[Text, ...],
            Field(
                default=(), description="Columns whose text stands before it, as [pref]; read, not released."
            ),
        )
    },
)


class Address(_Joining):  # type: ignore[misc, valid-type]
    """Japanese address to municipality or prefecture; an address not understood is blanked."""

    method: Literal["address"]
    criterion: Literal[1, 5]
    level: Literal["city", "prefecture"] = Field(description="What is left: 市区町村, or 都道府県.")
    accepts = frozenset({"string", "text"})
    content = "places"
    keeps_coarse = True
    example = "{treat: [{criterion: 1, method: address, level: city}]}"

    @property
    def joined(self) -> tuple[str, ...]:
        """The columns of ``with``."""
        return tuple(getattr(self, "with"))


class PhoneArea(_Area):
    """Phone number to its area code (市外局番); anything not understood is blanked."""

    method: Literal["phone_area"]
    criterion: Literal[1]
    example = "{treat: [{criterion: 1, method: phone_area}]}"


class Pseudonym(Treatment):
    """Linking code to a keyed pseudonym (仮ID): new key in every run, destroyed with it (三号).

    Columns with the same ``link`` get the same pseudonym for the same value, over all tables; with ``per``
    only within a period, or only within a table.
    """

    method: Literal["pseudonym"]
    criterion: Literal[3]
    link: Text = Field(description="Name of the code; equal names stay joinable.")
    per: PseudonymPeriod | None = Field(
        default=None,
        description="For how long each stands, in all columns of the link alike. Default: for the whole run.",
    )
    time: Text | None = Field(
        default=None,
        description="With a month, quarter or year: the column of the table that it is taken from.",
    )
    accepts = frozenset({"string", "integer"})
    last = True
    left = Left.NOTHING
    example = "{treat: [{criterion: 3, method: pseudonym, link: card}]}"

    @model_validator(mode="after")
    def _period_known(self) -> Self:
        if self.per in (None, "table"):
            self._only_with("per: month, quarter or year", "time")
        elif self.time is None:
            raise broken(
                "pseudonym.time",
                f"a pseudonym per {self.per} needs to know the {self.per} of a record",
                "add time: <the column of dates or times that it is taken from>; a table without one, as of"
                " members, cannot be joined to such pseudonyms: give its code another link, or delete it",
                ["per"],
            )
        return self


class Recode(Treatment):
    """Generalize to one fixed level of a hierarchy, not searched (品番 → 分類, きゅうり → 野菜)."""

    method: Literal["recode"]
    criterion: Literal[1, 4, 5]
    hierarchy: Hierarchy = Field(description="Where the levels come from.")
    level: int = Field(ge=1, description="Which of its levels; 0 is the value, and the last, *, is refused.")
    accepts = frozenset({"string", "integer", "date", "month", "boolean"})
    example = "{treat: [{criterion: 4, method: recode, hierarchy: {kind: prefix, keep: [3, 1]}, level: 1}]}"

    @model_validator(mode="after")
    def _exists(self) -> Self:
        self.hierarchy.refuse_beyond(self.level)
        return self

    def refuse_content(self, content: str, at: tuple[str | int, ...]) -> None:
        """Refuse what the hierarchy cannot work on."""
        self.hierarchy.refuse_content(content, (*at, "hierarchy"))

    def kept_below(self, k: int) -> bool:
        """Return whether its level leaves nearly all characters of a value."""
        return self.hierarchy.nearly_whole(self.level)

    def text_left(self) -> Left:
        """Return what the labels of the level tell: a part of the text where the hierarchy cuts it."""
        return Left.OWN if self.hierarchy.cuts else Left.CLASS


class Generalize(Treatment):
    """Quasi-identifier (準識別子): its level is chosen by the search for the requirements (五号)."""

    method: Literal["generalize"]
    criterion: Literal[5]
    hierarchy: Hierarchy = Field(description="The levels that the search chooses from.")
    weight: Number = Field(default=1.0, gt=0, description="How much its loss counts beside the others'.")
    accepts = frozenset({"string", "integer", "number", "date", "month", "boolean"})
    last = True
    example = (
        "{type: integer, treat: [{criterion: 5, method: generalize, "
        "hierarchy: {kind: intervals, widths: [5, 10, 20]}}]}"
    )

    def refuse_content(self, content: str, at: tuple[str | int, ...]) -> None:
        """Refuse what the hierarchy cannot work on."""
        self.hierarchy.refuse_content(content, (*at, "hierarchy"))

    def text_left(self) -> Left:
        """Return what the finest level tells, the value itself: no less than k people share it."""
        return Left.SHARED if self.hierarchy.any_text else Left.CLASS


class Coarsen(Treatment):
    """Its level, value by value, is chosen for the facts under `histories` (商品 → 分類)."""

    method: Literal["coarsen"]
    criterion: Literal[4, 5]
    hierarchy: Hierarchy = Field(
        description="The levels that it chooses from; beyond the last, cells are blank."
    )
    accepts = frozenset({"string", "integer", "number", "date", "month", "boolean"})
    last = True
    example = "{treat: [{criterion: 4, method: coarsen, hierarchy: {kind: prefix, keep: [3, 1]}}]}"

    def refuse_content(self, content: str, at: tuple[str | int, ...]) -> None:
        """Refuse what the hierarchy cannot work on."""
        self.hierarchy.refuse_content(content, (*at, "hierarchy"))

    def text_left(self) -> Left:
        """Return what the finest level tells, the value itself: no less than k people share it."""
        return Left.SHARED if self.hierarchy.any_text else Left.CLASS


AnyTreatment = Annotated[
    Delete
    | Replace
    | YearMonth
    | Year
    | Age
    | AgeBand
    | Bands
    | RoundTo
    | TruncateTime
    | PostalPrefix
    | Address
    | PhoneArea
    | RedactText
    | Pseudonym
    | TopCode
    | BottomCode
    | RareValues
    | Tail
    | RareCategories
    | Fence
    | Recode
    | Microaggregate
    | Noise
    | RankSwap
    | ShiftDates
    | Generalize
    | Coarsen,
    Field(discriminator="method"),
]
METHODS: tuple[type[Treatment], ...] = get_args(get_args(AnyTreatment)[0])
