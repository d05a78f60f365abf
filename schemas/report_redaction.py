"""What the report says of free text that is released with labels (自由記述の置換え): counts, never a text."""

from __future__ import annotations

from pydantic import Field

from tokumei.schemas.strict import Strict


class LabelCount(Strict):
    """How many labels of a kind stand in the released texts."""

    label: str = Field(description="As it stands in the texts, without its brackets.")
    labels: int


class PlantedCount(Strict):
    """Made-up cases of one kind that were planted among the texts, and those of which something was left."""

    kind: str = Field(description="In Japanese.")
    planted: int
    missed: int


class RedactionReport(Strict):
    """One column of redacted text."""

    table: str
    column: str
    title: str
    because: str = Field(description="The policy's reason for keeping the text.")
    texts: int = Field(description="Released cells with a text.")
    changed: int = Field(description="Of these, with a label.")
    whole: int = Field(description="Of these, replaced as a whole.")
    characters: int = Field(description="Of the texts, before.")
    unknown: float = Field(
        description="Proper nouns, and words that no dictionary has, left in 1,000 characters."
    )
    dictionary: str = Field(description="What the sentences were read by.")
    floor: float = Field(description="Share of planted people, places, dates and ages that had to be found.")
    left: tuple[str, ...] = Field(description="What the policy leaves standing, in Japanese.")
    labels: tuple[LabelCount, ...]
    planted: tuple[PlantedCount, ...]
