"""What report.json says of whom a release exposes beside what the policy declares (宣言されていない危険)."""

from __future__ import annotations

from pydantic import Field

from tokumei.schemas.exposure import CountedHow, ExposureKind
from tokumei.schemas.strict import Strict


class ExposureReport(Strict):
    """One way in which the released data single people out, or tell of them, whatever was declared."""

    table: str
    kind: ExposureKind
    columns: tuple[str, ...] = Field(description="Names of the released columns that it is about.")
    titles: tuple[str, ...] = Field(description="Their Japanese names.")
    people: int = Field(description="Whom it concerns.")
    of_people: int = Field(description="People in the released table.")
    alone: int = Field(default=0, description="Of them, those whom nobody shares it with.")
    counted: CountedHow = Field(
        default="exactly",
        description="about: computed from exact counts of values drawn at random; at_least: of these alone.",
    )
    refused: bool = Field(default=False, description="Whether requirements.exposure refuses it.")
    because: str | None = Field(default=None, description="Why the policy accepts it.")
    sentence: str = Field(description="The finding, in Japanese.")
    advice: str = Field(description="What can be done about it, in Japanese.")


class ScopeReport(Strict):
    """How far one table was looked at."""

    table: str
    title: str
    columns: tuple[str, ...] = Field(description="Japanese names of the columns that were counted.")
    sets: int = Field(description="Columns and sets of columns that were counted.")
    of_sets: int = Field(description="All sets of up to three of these columns, and all of them together.")


class Exposures(Strict):
    """All findings, and what was looked at."""

    findings: tuple[ExposureReport, ...] = ()
    scope: tuple[ScopeReport, ...] = ()
