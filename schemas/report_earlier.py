"""What the report says of a release beside earlier ones of its file (これまでの公表との比較)."""

from __future__ import annotations

from pydantic import Field

from tokumei.schemas.strict import Strict


class JointRelease(Strict):
    """An earlier recoding of other levels, and who is in a class of both."""

    release: str = Field(description="The newest that had it.")
    people: int
    few: int = Field(description="Of them, in joint classes of fewer people than may be shown.")
    alone: int
    told: int = Field(description="Of them, of whose sensitive values one is left.")


class JointAll(Strict):
    """All earlier recodings of other levels at once, and who is in the same class of each that has them."""

    recodings: int
    people: int
    few: int = Field(description="Of them, in joint classes of fewer people than may be shown.")
    alone: int
    told: int = Field(description="Of them, of whose sensitive values one is left.")


class EarlierReport(Strict):
    """One table, compared with all earlier releases of it.

    ``stayed``, ``altered``, ``came`` and ``left`` are people in classes, since the newest release of the same
    levels: as they were, with another value, new, gone. None where people cannot be told to be the same, or
    there is none.
    """

    table: str
    title: str
    people: int | None = Field(
        description="So many, or nobody, may be shown; None: nothing was compared, levels are frozen alone."
    )
    asked: bool = Field(
        default=True,
        description="Whether the policy asks for it; else counts of the same levels alone are compared.",
    )
    classed: bool = Field(
        default=True, description="Whether the table has classes; else nothing of it was compared."
    )
    releases: int = Field(description="Earlier ones; all were compared, where the policy asks.")
    by_counts: int = Field(
        description="Of them, those of the same levels of which counts alone were compared: people were not"
        " told to be the same, or are not kept."
    )
    frozen: str | None = Field(description="The release whose levels are applied.")
    suppressed: int = Field(description="People in classes that do not hold what is required.")
    held_back: int = Field(description="People kept out of a class so that nobody is shown.")
    waiting: int = Field(description="Of them, who were in no earlier release in this class.")
    stayed: int | None = None
    altered: int | None = None
    came: int | None = None
    left: int | None = None
    classes: int = Field(default=0, description="That show fewer people; 0 where the policy asks.")
    joint: tuple[JointRelease, ...] = ()
    together: JointAll | None = Field(default=None, description="None: fewer than two of other levels.")
