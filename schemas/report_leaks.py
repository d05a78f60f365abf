"""What report.json says of the names of people that a release was searched for."""

from __future__ import annotations

from pydantic import Field

from tokumei.schemas.strict import Strict


class NamesSought(Strict):
    """The names of people in all tables, which no sentence of a table's release may hold."""

    spellings: int | None = Field(
        description="Different names, in the orders that were looked for; None where they are too many to be"
        " kept one by one."
    )
    codes: int | None = Field(
        default=None,
        description="Different codes of the same people that were looked for; None where there are none,"
        " or too many to be kept one by one.",
    )
    addresses: int | None = Field(
        default=None,
        description="Different addresses of the same people, from the town on, that were looked for; None"
        " where there are none, or too many to be kept one by one.",
    )
    bytes: int = Field(description="Of the set of their keyed hashes.")
    error: float = Field(
        description="Share of other stretches of text that are taken for a name, a code or an address, by"
        " the set alone."
    )
