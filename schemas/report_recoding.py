"""What report.json says of the recoding of a table: levels, ways, models, and what it cost (五号)."""

from __future__ import annotations

from pydantic import Field

from tokumei.schemas.report_queries import QueryReport
from tokumei.schemas.strict import Strict


class LevelReport(Strict):
    """The level at which a quasi-identifier is released."""

    column: str
    title: str
    level: int | None = Field(description="None where records are at different levels.")
    finest: int = Field(description="Of all released records; equal to level where they are at one.")
    coarsest: int
    levels: int = Field(description="Number of levels including the original and *.")
    label: str = Field(description="What the level means, or which levels there are, in Japanese.")
    loss: float


class Narrowing(Strict):
    """Whom a reader who knows the way of recoding can narrow: values of a label that are excluded."""

    people: int
    to_one: int = Field(description="Of these, people of whom a single value of the file is left.")
    by_values: int | None = Field(
        default=None,
        description="People in finer classes that were not released because of their sensitive values alone;"
        " None where that is not counted.",
    )


class Alternative(Strict):
    """One way of recoding, as a policy names it, and what it would lose."""

    name: str
    title: str = Field(description="What it does, in Japanese.")
    loss: float
    cost: float = Field(description="By the metric of the policy.")
    suppressed_records: int
    suppressed_people: int
    query_error: float | None = Field(default=None, description="Mean error of the policy's queries.")
    narrowed: Narrowing | None = Field(default=None, description="None if that is not known.")
    chosen: bool


class Rescue(Strict):
    """One round in which records that would have been suppressed were released at levels of their own."""

    levels: dict[str, int] = Field(description="By quasi-identifier.")
    sentence: str = Field(description="The levels in Japanese.")
    records: int
    people: int


class ModelReport(Strict):
    """One privacy model that every released class satisfies, and what the weakest class reaches."""

    model: str = Field(description="Name and parameter, as in the policy.")
    title: str = Field(description="Name in Japanese.")
    column: str | None
    meaning: str = Field(description="What it asks, in one Japanese sentence.")
    before: str
    after: str


class Recoding(Strict):
    """The generalization chosen for one table (五号), and what it cost.

    ``costs``: by metric, whichever of them the search minimized. ``gap``: no feasible node costs less than
    the full-domain optimum's cost minus this; 0 where the optimum is proven. ``rounds`` is for recoding
    cells and local, ``regions`` for multidimensional.
    """

    k: int
    recoding: str = Field(default="full_domain", description="The way, as the policy names it.")
    alternatives: tuple[Alternative, ...] = Field(
        default=(),
        description="What every way would lose; only the ways that were worked out, none if not asked for.",
    )
    not_compared: str | None = Field(
        default=None, description="Why not all ways were worked out, or where the comparison is to be had."
    )
    rounds: tuple[Rescue, ...] = ()
    regions: int = 0
    narrowed: Narrowing | None = Field(
        default=None, description="By the way that was chosen; None if that is not known."
    )
    usual_loss: float | None = Field(
        default=None,
        description="Where deterministic_cut is false, what the same way loses with the usual cut.",
    )
    least_loss: float | None = Field(
        default=None, description="No release loses less, however it is recoded; None if not known."
    )
    cells: int | None = Field(default=None, description="Cells blanked, those of suppressed records as well.")
    cells_least: int | None = Field(
        default=None, description="No release blanks fewer beside the same levels of all other records."
    )
    metric: str
    queries: tuple[QueryReport, ...] = ()
    query_error: float | None = Field(default=None, description="Mean of the errors; None without queries.")
    levels: tuple[LevelReport, ...]
    loss: float
    costs: dict[str, float]
    optimum: str = Field(description="The combination of levels that the search chose, by name, in Japanese.")
    proven: bool
    gap: float
    lattice_nodes: int
    nodes_checked: int
    suppressed_records: int
    suppressed_people: int
    suppression_limit: float
    models: tuple[ModelReport, ...]
