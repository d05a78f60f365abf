"""Methods of the policy for what stands out (四号, 五号): bounds, lists of values, tails, categories.

Bounds and lists are what the policy says is rare in society; tails, rare categories and fences are decided
from the whole file, counting people.
"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from tokumei.schemas.strict import Number, Text
from tokumei.schemas.treatment_base import NUMERIC, WORDS, Label, Left, People, Template, Treatment


class TopCode(Treatment):
    """Values at or above a fixed bound become one label (116歳 → 「90歳以上」)."""

    method: Literal["top_code"]
    criterion: Literal[4, 5]
    at: Number
    label: Label
    accepts = NUMERIC
    content = "coded numbers"


class BottomCode(Treatment):
    """Values at or below a fixed bound become one label."""

    method: Literal["bottom_code"]
    criterion: Literal[4, 5]
    at: Number
    label: Label
    accepts = NUMERIC
    content = "coded numbers"


class _Sparing(Treatment):
    """A method that leaves the values as they are, but for those that stand out."""

    def content_after(self, content: str) -> str:
        """Return what was there, as text."""
        return {"integer": "coded numbers", "boolean": "string"}.get(content, content)


class RareValues(_Sparing):
    """A list of values rare in society (四号): blank the cell, drop the record, or replace by a text."""

    method: Literal["rare_values"]
    criterion: Literal[4]
    values: tuple[Text, ...] = Field(min_length=1)
    action: Literal["cell", "record", "replace"]
    by: Label = "その他"
    accepts = frozenset({"string"})
    gives = None
    left = Left.OWN

    @model_validator(mode="after")
    def _used(self) -> Self:
        if self.action != "replace":
            self._only_with("action: replace", "by")
        return self

    @property
    def drops(self) -> bool:
        """Whether records go."""
        return self.action == "record"

    @property
    def listed(self) -> tuple[str, ...]:
        """The list."""
        return self.values


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
    content = "coded numbers"
    data_driven = True

    @model_validator(mode="after")
    def _used(self) -> Self:
        self._labels_used()
        return self


class RareCategories(_Sparing):
    """Categories with fewer than ``people`` people: group them, blank the cell, or drop the record."""

    method: Literal["rare_categories"]
    criterion: Literal[4, 5]
    people: People | None = None
    action: Literal["group", "cell", "record"]
    label: Label = "その他"
    accepts = WORDS
    data_driven = True
    left = Left.SHARED

    @model_validator(mode="after")
    def _used(self) -> Self:
        if self.action != "group":
            self._only_with("action: group", "label")
        return self

    @property
    def drops(self) -> bool:
        """Whether records go."""
        return self.action == "record"


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
    content = "coded numbers"
    data_driven = True

    @model_validator(mode="after")
    def _used(self) -> Self:
        if self.action != "code":
            self._only_with("action: code", "top_label", "bottom_label")
        self._labels_used()
        return self

    @property
    def drops(self) -> bool:
        """Whether records go."""
        return self.action == "record"
