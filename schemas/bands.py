"""Methods of the policy that put numbers into labelled bands, or round them (一般化, 丸め)."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from tokumei.schemas.label_claims import refuse_false_label
from tokumei.schemas.strict import Number, broken
from tokumei.schemas.treatment_base import NUMERIC, ColumnType, Label, People, Treatment


class _Banded(Treatment):
    edges: tuple[Number, ...] = Field(
        default=(), description="Bounds between bands, ascending; a band begins at its bound."
    )
    labels: tuple[Label, ...] = Field(
        default=(), description="One label more than edges: below the first, …, from the last on."
    )
    people: People | None = Field(
        default=None, description="People who bear each label, in the release. Default: requirements.k."
    )

    def sharing(self, k: int) -> int:
        """Return how many people must bear each label."""
        return self.people or k

    def _check(self) -> None:
        example = "for edges [300, 600] give three labels: below 300, 300 to 600, 600 and over"
        if list(self.edges) != sorted(set(self.edges)):
            raise broken(
                "bands.edges", "edges must ascend", "write the lowest first, and each once", ["edges"]
            )
        if len(self.labels) != len(self.edges) + 1:
            raise broken("bands.labels", "there must be one label more than edges", example, ["labels"])
        if len(set(self.labels)) != len(self.labels):
            raise broken("bands.labels", "two bands have the same label", example, ["labels"])
        for label, lower, upper in zip(self.labels, (None, *self.edges), (*self.edges, None), strict=True):
            refuse_false_label(label, lower, upper, at="labels")


class AgeBand(_Banded):
    """Birth date (or age in years) to age bands: a preset, or edges and labels (年代)."""

    method: Literal["age_band"]
    criterion: Literal[1, 5]
    preset: Literal["id_pos_7", "case_6"] | None = Field(
        default=None, description="Bands in common use, instead of edges and labels: seven, or six."
    )
    accepts = frozenset({"date", "datetime", "integer"})
    reads = True
    example = "{type: date, treat: [{criterion: 1, method: age_band, preset: id_pos_7}]}"

    def counts_age(self, kind: ColumnType) -> bool:
        """Return whether birth dates are banded, and not ages."""
        return kind != "integer"

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
    edges: tuple[Number, ...] = Field(
        min_length=1, description="Bounds between bands, ascending; a band begins at its bound."
    )
    accepts = NUMERIC
    reads = True
    example = (
        "{type: integer, treat: [{criterion: 4, method: bands, "
        "edges: [300, 600], labels: [300未満, 300以上600未満, 600以上]}]}"
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        self._check()
        return self


class RoundTo(Treatment):
    """Numbers to the nearest multiple, halves up (丸め): 1,234 to 100 → 1,200. Sums are as coarse."""

    method: Literal["round"]
    criterion: Literal[4, 5]
    to: Annotated[Number, Field(gt=0)] = Field(description="Of what results are multiples.")
    accepts = NUMERIC
    gives = None
    leaves_exact = True
    example = "{type: integer, treat: [{criterion: 5, method: round, to: 100}]}"

    def refuse_type(self, kind: str, at: tuple[str | int, ...]) -> None:
        """Refuse what would leave whole numbers as they are, or make them no whole numbers."""
        if kind == "integer" and (self.to < 2 or self.to != int(self.to)):
            raise broken(
                "round.whole",
                "whole numbers are rounded to a whole number, from 2",
                "use a whole number, for example 100",
                (*at, "to"),
            )
