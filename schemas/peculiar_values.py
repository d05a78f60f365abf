"""Methods of the policy for what stands out (四号, 五号): bounds, lists of values, tails, categories.

Bounds and lists are what the policy says is rare in society; tails, rare categories and fences are decided
from the whole file, counting people.
"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from tokumei.schemas.label_claims import refuse_false_label
from tokumei.schemas.strict import Number, Text
from tokumei.schemas.treatment_base import NUMERIC, WORDS, Label, Left, People, Template, Treatment

_ANY = 90  # a bound that stands for all


class TopCode(Treatment):
    """Values at or above a fixed bound become one label (116歳 → 「90歳以上」)."""

    method: Literal["top_code"]
    criterion: Literal[4, 5]
    at: Number = Field(description="The bound, in the column's units; it belongs to the label.")
    label: Label = Field(description="What the values become.")
    people: People | None = Field(
        default=None, description="People who bear the label, in the release. Default: requirements.k."
    )
    accepts = NUMERIC
    content = "coded numbers"
    spares = True
    example = "{type: integer, treat: [{criterion: 4, method: top_code, at: 90, label: 90歳以上}]}"

    @model_validator(mode="after")
    def _label_true(self) -> Self:
        refuse_false_label(self.label, self.at, None)
        return self

    def sharing(self, k: int) -> int:
        """Return how many people must bear the label."""
        return self.people or k


class BottomCode(Treatment):
    """Values at or below a fixed bound become one label (3歳 → 「5歳以下」)."""

    method: Literal["bottom_code"]
    criterion: Literal[4, 5]
    at: Number = Field(description="The bound, in the column's units; it belongs to the label.")
    label: Label = Field(description="What the values become.")
    people: People | None = Field(
        default=None, description="People who bear the label, in the release. Default: requirements.k."
    )
    accepts = NUMERIC
    content = "coded numbers"
    spares = True
    example = "{type: integer, treat: [{criterion: 4, method: bottom_code, at: 5, label: 5歳以下}]}"

    @model_validator(mode="after")
    def _label_true(self) -> Self:
        refuse_false_label(self.label, None, self.at, upper_included=True)
        return self

    def sharing(self, k: int) -> int:
        """Return how many people must bear the label."""
        return self.people or k


class _Sparing(Treatment):
    """A method that leaves the values as they are, but for those that stand out."""

    spares = True

    def content_after(self, content: str) -> str:
        """Return what was there, as text."""
        return {"integer": "coded numbers", "boolean": "string"}.get(content, content)


class RareValues(_Sparing):
    """A list of values rare in society (四号): blank the cell, drop the record, or replace by a text."""

    method: Literal["rare_values"]
    criterion: Literal[4]
    values: tuple[Text, ...] = Field(
        min_length=1,
        description="The values, in any spelling that NFKC, hyphens, wave dashes and outer spaces tell.",
    )
    action: Literal["cell", "record", "replace"] = Field(
        description="cell: blank the cell; record: drop the record; replace: by a text."
    )
    by: Label = Field(default="その他", description="The text, for action: replace.")
    accepts = frozenset({"string"})
    gives = None
    left = Left.OWN
    example = "{treat: [{criterion: 4, method: rare_values, values: [力士, 国会議員], action: replace}]}"

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
    side: Literal["top", "bottom", "both"] = Field(default="top", description="Which of the two tails.")

    def _labels_used(self) -> None:
        if self.side == "bottom":
            self._only_with("side: top or both", "top_label")
        if self.side == "top":
            self._only_with("side: bottom or both", "bottom_label")

    def _labels_true(self, top: str, bottom: str) -> None:
        """Refuse templates that are untrue of any bound: 「{}以下」 of what is above it."""
        refuse_false_label(top.format(_ANY), _ANY, None, at="top_label")
        refuse_false_label(bottom.format(_ANY), None, _ANY, upper_included=True, at="bottom_label")


class Tail(_Sided):
    """Code the tails beyond the largest (smallest) value that at least ``people`` people reach."""

    method: Literal["tail"]
    criterion: Literal[4, 5]
    people: People | None = Field(
        default=None, description="People who reach the bound, at least. Default: requirements.k."
    )
    top_label: Template = Field(default="{}以上", description="Label of the upper tail; {} is its bound.")
    bottom_label: Template = Field(default="{}以下", description="Label of the lower tail; {} is its bound.")
    accepts = NUMERIC
    content = "coded numbers"
    spares = True
    data_driven = True
    example = "{type: integer, treat: [{criterion: 4, method: tail, side: top, people: 20}]}"

    @model_validator(mode="after")
    def _used(self) -> Self:
        self._labels_used()
        self._labels_true(self.top_label, self.bottom_label)
        return self

    def sharing(self, k: int) -> int:
        """Return how many people must bear a coded tail."""
        return self.people or k


class RareCategories(_Sparing):
    """Categories with fewer than ``people`` people: group them, blank the cell, or drop the record."""

    method: Literal["rare_categories"]
    criterion: Literal[4, 5]
    people: People | None = Field(
        default=None, description="A category of fewer people is rare. Default: requirements.k."
    )
    action: Literal["group", "cell", "record"] = Field(
        description="group: all rare ones become one label; cell: blank the cell; record: drop the record."
    )
    label: Label = Field(default="その他", description="The label, for action: group.")
    accepts = WORDS
    data_driven = True
    left = Left.SHARED
    example = "{treat: [{criterion: 4, method: rare_categories, people: 20, action: group}]}"

    @model_validator(mode="after")
    def _used(self) -> Self:
        if self.action != "group":
            self._only_with("action: group", "label")
        return self

    def kept_below(self, k: int) -> bool:
        """Return whether it takes fewer than k people for enough."""
        return self.people is not None and self.people < k

    def sharing(self, k: int) -> int:
        """Return how many people must bear each category."""
        return self.people or k

    @property
    def drops(self) -> bool:
        """Whether records go."""
        return self.action == "record"


class Fence(_Sided):
    """Numeric extremes beyond robust fences (quartiles ± factor × IQR, or median ± factor × MAD)."""

    method: Literal["fence"]
    criterion: Literal[4, 5]
    rule: Literal["iqr", "mad"] = Field(
        default="iqr",
        description="Where the fence stands: factor × IQR from the quartiles (iqr), or factor × 1.4826 × MAD"
        " from the median (mad).",
    )
    factor: Number = Field(default=3.0, gt=0, description="How far away the fence stands.")
    action: Literal["code", "cell", "record"] = Field(
        description="code: the tail becomes a label; cell: blank the cell; record: drop the record."
    )
    people: People | None = Field(
        default=None,
        description="People beyond the fence, at least, for a label or for blanks. Default: requirements.k.",
    )
    top_label: Template = Field(default="{}以上", description="Label of the upper tail; {} is its bound.")
    bottom_label: Template = Field(default="{}以下", description="Label of the lower tail; {} is its bound.")
    accepts = NUMERIC
    content = "coded numbers"
    spares = True
    data_driven = True
    example = "{type: number, treat: [{criterion: 4, method: fence, rule: iqr, factor: 3, action: code}]}"

    @model_validator(mode="after")
    def _used(self) -> Self:
        if self.action != "code":
            self._only_with("action: code", "top_label", "bottom_label")
        self._labels_used()
        self._labels_true(self.top_label, self.bottom_label)
        return self

    def sharing(self, k: int) -> int:
        """Return how many people must bear a coded tail."""
        return self.people or k if self.action == "code" else 0

    @property
    def drops(self) -> bool:
        """Whether records go."""
        return self.action == "record"
