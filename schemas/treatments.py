"""What the policy may ask to be done to a column: one model per method, with the criteria it may serve.

A column's treatments form a chain. Every method states which types it accepts and which type it gives, so
that a chain that cannot work is refused before anything is read.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from schemas.hierarchies import Hierarchy
from schemas.strict import Strict, broken

ColumnType = Literal["string", "text", "integer", "number", "date", "month", "datetime", "boolean"]
ALL: frozenset[str] = frozenset(
    {"string", "text", "integer", "number", "date", "month", "datetime", "boolean"}
)
NUMERIC: frozenset[str] = frozenset({"integer", "number"})
WORDS: frozenset[str] = frozenset({"string", "integer", "boolean"})


class Treatment(Strict):
    """Base of all methods.

    Attributes:
        accepts: column types the method works on.
        gives: type of its result; None means the type stays as it is.
        data_driven: the method decides from the whole file, in the global combine of pass 1.
    """

    accepts: ClassVar[frozenset[str]] = ALL
    gives: ClassVar[ColumnType | None] = "string"
    data_driven: ClassVar[bool] = False


class Delete(Treatment):
    """Delete the whole column (項目削除). The only method for individual identification codes (二号)."""

    method: Literal["delete"]
    criterion: Literal[1, 2, 3, 4, 5]


class Replace(Treatment):
    """Replace every value by one fixed text, which cannot be reversed (一号)."""

    method: Literal["replace"]
    criterion: Literal[1]
    by: str = Field(description="The text every value becomes.")


class YearMonth(Treatment):
    """Date to year and month (生年月日 → 生年月)."""

    method: Literal["year_month"]
    criterion: Literal[1, 5]
    accepts = frozenset({"date", "month", "datetime"})


class Year(Treatment):
    """Date to year (生年月日 → 生年)."""

    method: Literal["year"]
    criterion: Literal[1, 5]
    accepts = frozenset({"date", "month", "datetime"})


class Age(Treatment):
    """Birth date to age in full years on the policy's reference_date."""

    method: Literal["age"]
    criterion: Literal[1, 5]
    accepts = frozenset({"date"})
    gives = "integer"


class _Banded(Treatment):
    edges: tuple[float | int, ...] = ()
    labels: tuple[str, ...] = ()

    def _check(self) -> None:
        if list(self.edges) != sorted(set(self.edges)) or len(self.labels) != len(self.edges) + 1:
            raise broken(
                "bands.labels",
                "edges must ascend and there must be one label more than edges",
                "for edges [300, 600] give three labels: below 300, 300 to 600, 600 and over",
            )


class AgeBand(_Banded):
    """Birth date (or age in years) to age bands: a preset, or edges and labels (年代)."""

    method: Literal["age_band"]
    criterion: Literal[1, 5]
    preset: Literal["id_pos_7", "case_6"] | None = None
    accepts = frozenset({"date", "integer"})

    @model_validator(mode="after")
    def _either(self) -> Self:
        if (self.preset is None) == (not self.edges):
            raise broken(
                "bands.preset",
                "give either a preset or edges with labels",
                "preset: id_pos_7 (seven bands) or preset: case_6 (six bands), or edges and labels",
            )
        if self.edges:
            self._check()
        return self


class Bands(_Banded):
    """Numbers to labelled half-open bands: 年収 to 「300万円未満」 … 「1800万円以上」 (一般化)."""

    method: Literal["bands"]
    criterion: Literal[1, 4, 5]
    edges: tuple[float | int, ...] = Field(min_length=1)
    accepts = NUMERIC

    @model_validator(mode="after")
    def _complete(self) -> Self:
        self._check()
        return self


class TruncateTime(Treatment):
    """Floor a time to the minute, half hour, hour, day or month (丸め), as JST wall-clock time."""

    method: Literal["truncate_time"]
    criterion: Literal[1, 5]
    unit: Literal["minute", "30min", "hour", "day", "month"]
    accepts = frozenset({"datetime"})


class PostalPrefix(Treatment):
    """Postal code to its first digits (259-1113 → 259)."""

    method: Literal["postal_prefix"]
    criterion: Literal[1, 5]
    digits: int = Field(default=3, ge=1, le=5)
    accepts = frozenset({"string"})


class Address(Treatment):
    """Japanese address to municipality or prefecture; an address not understood is blanked."""

    method: Literal["address"]
    criterion: Literal[1, 5]
    level: Literal["city", "prefecture"]
    accepts = frozenset({"string", "text"})


class PhoneArea(Treatment):
    """Phone number to its area code (市外局番); anything not understood is blanked."""

    method: Literal["phone_area"]
    criterion: Literal[1]
    accepts = frozenset({"string"})


class Pseudonym(Treatment):
    """Linking code to a keyed pseudonym (仮ID): new key in every run, destroyed with it (三号).

    Columns with the same ``link`` get the same pseudonym for the same value, over all tables.
    """

    method: Literal["pseudonym"]
    criterion: Literal[3]
    link: str = Field(min_length=1, description="Name of the code; equal names stay joinable.")
    accepts = frozenset({"string", "integer"})


class TopCode(Treatment):
    """Values at or above a fixed bound become one label (116歳 → 「90歳以上」)."""

    method: Literal["top_code"]
    criterion: Literal[4, 5]
    at: float | int
    label: str = Field(min_length=1)
    accepts = NUMERIC


class BottomCode(Treatment):
    """Values at or below a fixed bound become one label."""

    method: Literal["bottom_code"]
    criterion: Literal[4, 5]
    at: float | int
    label: str = Field(min_length=1)
    accepts = NUMERIC


class RareValues(Treatment):
    """A list of values rare in society (四号): blank the cell, drop the record, or replace by a text."""

    method: Literal["rare_values"]
    criterion: Literal[4]
    values: tuple[str, ...] = Field(min_length=1)
    action: Literal["cell", "record", "replace"]
    by: str = "その他"
    accepts = frozenset({"string"})


class Tail(Treatment):
    """Code the tails beyond the largest (smallest) value that at least ``people`` people reach."""

    method: Literal["tail"]
    criterion: Literal[4, 5]
    side: Literal["top", "bottom", "both"] = "top"
    people: int | None = Field(default=None, ge=2, description="Default: requirements.k.")
    top_label: str = "{}以上"
    bottom_label: str = "{}以下"
    accepts = NUMERIC
    data_driven = True


class RareCategories(Treatment):
    """Categories with fewer than ``people`` people: group them, blank the cell, or drop the record."""

    method: Literal["rare_categories"]
    criterion: Literal[4, 5]
    people: int | None = Field(default=None, ge=2, description="Default: requirements.k.")
    action: Literal["group", "cell", "record"]
    label: str = "その他"
    accepts = WORDS
    data_driven = True


class Fence(Treatment):
    """Numeric extremes beyond robust fences (quartiles ± factor × IQR, or median ± factor × MAD)."""

    method: Literal["fence"]
    criterion: Literal[4, 5]
    rule: Literal["iqr", "mad"] = "iqr"
    factor: float | int = Field(default=3.0, gt=0)
    side: Literal["top", "bottom", "both"] = "top"
    action: Literal["code", "cell", "record"]
    people: int | None = Field(default=None, ge=2, description="Default: requirements.k.")
    top_label: str = "{}以上"
    bottom_label: str = "{}以下"
    accepts = NUMERIC
    data_driven = True


class Recode(Treatment):
    """Generalize to one fixed level of a hierarchy, not searched (品番 → 分類, きゅうり → 野菜)."""

    method: Literal["recode"]
    criterion: Literal[1, 4, 5]
    hierarchy: Hierarchy
    level: int = Field(ge=1)
    accepts = frozenset({"string", "integer", "date", "month", "boolean"})


class Generalize(Treatment):
    """Quasi-identifier (準識別子): its level is chosen by the search for k-anonymity (五号)."""

    method: Literal["generalize"]
    criterion: Literal[5]
    hierarchy: Hierarchy
    accepts = frozenset({"string", "integer", "number", "date", "month", "boolean"})


AnyTreatment = Annotated[
    Delete
    | Replace
    | YearMonth
    | Year
    | Age
    | AgeBand
    | Bands
    | TruncateTime
    | PostalPrefix
    | Address
    | PhoneArea
    | Pseudonym
    | TopCode
    | BottomCode
    | RareValues
    | Tail
    | RareCategories
    | Fence
    | Recode
    | Generalize,
    Field(discriminator="method"),
]
