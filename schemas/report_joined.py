"""What the report says of tables that a reader can join by the pseudonyms of their people (表の結合)."""

from __future__ import annotations

from pydantic import Field

from tokumei.schemas.strict import Strict


class JoinedModel(Strict):
    """One privacy model that every joined class satisfies, and what the weakest class reaches."""

    model: str = Field(description="Name and parameter, as in the policy.")
    title: str = Field(description="Name in Japanese.")
    column: str | None = Field(description="The sensitive column that it watches, with its table.")
    before: str
    after: str


class JoinedTables(Strict):
    """Some tables of one link, joined by person: a class is what stands in all of them, absence included."""

    link: str
    tables: tuple[str, ...]
    titles: tuple[str, ...] = Field(description="Their Japanese names.")
    people_before: int = Field(
        description="People whom criteria 1 to 4 leave in all tables that they are in."
    )
    people_short: int = Field(description="Of these, left out because too few share their joined class.")
    people_dropped: int = Field(description="Others, of whom criterion 4 left nothing in some table.")
    people_after: int = Field(description="People in the release, counted again in what was written.")
    smallest_before: int | None = Field(description="None where no table has quasi-identifiers.")
    smallest_after: int | None = Field(description="Counted again in what was written.")
    models: tuple[JoinedModel, ...]


class ApartTable(Strict):
    """A table that the policy takes out of the join (``joined: false``)."""

    table: str
    title: str
    link: str
    because: str
