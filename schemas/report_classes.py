"""What report.json shows of the classes of a release: examples, labels and counts alone."""

from __future__ import annotations

from pydantic import Field

from tokumei.schemas.strict import Strict


class ExampleLabel(Strict):
    """One label of a class."""

    title: str = Field(description="Japanese name of the quasi-identifier.")
    label: str | None


class ExampleClass(Strict):
    """A class as it is released; never one of fewer than k people."""

    table: str
    title: str
    labels: tuple[ExampleLabel, ...]
    people: int
    capped: bool = Field(description="So many people or more.")
