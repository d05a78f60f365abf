"""What the policy may ask to be done to a column: one model per method, with the criteria it may serve.

The methods that leave values plausible but not true (ミクロアグリゲーション, データ交換, ノイズ付加) are in
`tokumei.schemas.perturbations`; `AnyTreatment` is all of them.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from tokumei.schemas.hierarchies import Hierarchy
from tokumei.schemas.perturbations import Microaggregate, Noise, RankSwap
from tokumei.schemas.strict import Number, Text, broken
from tokumei.schemas.treatment_base import NUMERIC, WORDS, Label, People, Template, Treatment


class Delete(Treatment):
    """Delete the whole column (項目削除). The only method for individual identification codes (二号)."""

    method: Literal["delete"]
    criterion: Literal[1, 2, 3, 4, 5]


class Replace(Treatment):
    """Replace every value by one fixed text, which cannot be reversed (一号)."""

    method: Literal["replace"]
    criterion: Literal[1]
    by: Label = Field(description="The text every value becomes.")
    last = True


class YearMonth(Treatment):
    """Date to year and month (生年月日 → 生年月)."""

    method: Literal["year_month"]
    criterion: Literal[1, 5]
    accepts = frozenset({"date", "month", "datetime"})
    leaves = "months"


class Year(Treatment):
    """Date to year (生年月日 → 生年)."""

    method: Literal["year"]
    criterion: Literal[1, 5]
    accepts = frozenset({"date", "month", "datetime"})
    leaves = "years"


class Age(Treatment):
    """Birth date to age in full years on the policy's reference_date."""

    method: Literal["age"]
    criterion: Literal[1, 5]
    accepts = frozenset({"date"})
    gives = "integer"


class _Banded(Treatment):
    edges: tuple[Number, ...] = ()
    labels: tuple[Label, ...] = ()

    def _check(self) -> None:
        example = "for edges [300, 600] give three labels: below 300, 300 to 600, 600 and over"
        if list(self.edges) != sorted(set(self.edges)):
            raise broken("bands.edges", "edges must ascend", example, ["edges"])
        if len(self.labels) != len(self.edges) + 1:
            raise broken("bands.labels", "there must be one label more than edges", example, ["labels"])
        if len(set(self.labels)) != len(self.labels):
            raise broken("bands.labels", "two bands have the same label", example, ["labels"])


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
        else:
            self._only_with("edges", "labels")
        return self


class Bands(_Banded):
    """Numbers to labelled half-open bands: 年収 to 「300万円未満」 … 「1800万円以上」 (一般化)."""

    method: Literal["bands"]
    criterion: Literal[1, 4, 5]
    edges: tuple[Number, ...] = Field(min_length=1)
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
    leaves = "times"


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
    leaves = "places"


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
    link: Text = Field(description="Name of the code; equal names stay joinable.")
    accepts = frozenset({"string", "integer"})
    last = True


class TopCode(Treatment):
    """Values at or above a fixed bound become one label (116歳 → 「90歳以上」)."""

    method: Literal["top_code"]
    criterion: Literal[4, 5]
    at: Number
    label: Label
    accepts = NUMERIC
    leaves = "coded numbers"


class BottomCode(Treatment):
    """Values at or below a fixed bound become one label."""

    method: Literal["bottom_code"]
    criterion: Literal[4, 5]
    at: Number
    label: Label
    accepts = NUMERIC
    leaves = "coded numbers"


class RareValues(Treatment):
    """A list of values rare in society (四号): blank the cell, drop the record, or replace by a text."""

    method: Literal["rare_values"]
    criterion: Literal[4]
    values: tuple[Text, ...] = Field(min_length=1)
    action: Literal["cell", "record", "replace"]
    by: Label = "その他"
    accepts = frozenset({"string"})
    gives = None

    @model_validator(mode="after")
    def _used(self) -> Self:
        if self.action != "replace":
            self._only_with("action: replace", "by")
        return self


class _Sided(Treatment):
    side: Literal["top", "bottom", "both"] = "top"

    def _labels_used(self) -> None:
        if self.side == "bottom":
            self._only_with("side: top or both", "top_label")
        if self.side == "top":
            self._only_with("side: bottom or both", "bottom_label")


class Tail(_Sided):
    """Code the tails beyond the largest (smallest) value that at least ``people`` people reach."""

    method: Literal["tail"]
    criterion: Literal[4, 5]
    people: People | None = None
    top_label: Template = "{}以上"
    bottom_label: Template = "{}以下"
    accepts = NUMERIC
    leaves = "coded numbers"
    data_driven = True

    @model_validator(mode="after")
    def _used(self) -> Self:
        self._labels_used()
        return self


class RareCategories(Treatment):
    """Categories with fewer than ``people`` people: group them, blank the cell, or drop the record."""

    method: Literal["rare_categories"]
    criterion: Literal[4, 5]
    people: People | None = None
    action: Literal["group", "cell", "record"]
    label: Label = "その他"
    accepts = WORDS
    data_driven = True

    @model_validator(mode="after")
    def _used(self) -> Self:
        if self.action != "group":
            self._only_with("action: group", "label")
        return self


class Fence(_Sided):
    """Numeric extremes beyond robust fences (quartiles ± factor × IQR, or median ± factor × MAD)."""

    method: Literal["fence"]
    criterion: Literal[4, 5]
    rule: Literal["iqr", "mad"] = "iqr"
    factor: Number = Field(default=3.0, gt=0)
    action: Literal["code", "cell", "record"]
    people: People | None = None
    top_label: Template = "{}以上"
    bottom_label: Template = "{}以下"
    accepts = NUMERIC
    leaves = "coded numbers"
    data_driven = True

    @model_validator(mode="after")
    def _used(self) -> Self:
        if self.action != "code":
            self._only_with("action: code", "top_label", "bottom_label")
        self._labels_used()
        return self


class Recode(Treatment):
    """Generalize to one fixed level of a hierarchy, not searched (品番 → 分類, きゅうり → 野菜)."""

    method: Literal["recode"]
    criterion: Literal[1, 4, 5]
    hierarchy: Hierarchy
    level: int = Field(ge=1)
    accepts = frozenset({"string", "integer", "date", "month", "boolean"})

    @model_validator(mode="after")
    def _exists(self) -> Self:
        self.hierarchy.refuse_beyond(self.level)
        return self


class Generalize(Treatment):
    """Quasi-identifier (準識別子): its level is chosen by the search for the requirements (五号)."""

    method: Literal["generalize"]
    criterion: Literal[5]
    hierarchy: Hierarchy
    weight: Number = Field(default=1.0, gt=0, description="How much its loss counts beside the others'.")
    accepts = frozenset({"string", "integer", "number", "date", "month", "boolean"})
    last = True


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
    | Microaggregate
    | Noise
    | RankSwap
    | Generalize,
    Field(discriminator="method"),
]
