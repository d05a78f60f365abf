"""Fees (手数料): what a body takes, as data by regime; an ordinance or a body's own rule is a table alike."""

from __future__ import annotations

import csv
from functools import cache
from importlib import resources
from io import StringIO
from typing import Annotated

from pydantic import Field, ValidationError

from tokumei.schemas.errors import PolicyError
from tokumei.schemas.strict import Strict, Text

Yen = Annotated[int, Field(ge=0, le=10**12)]


class FeeTable(Strict):
    """What is taken for making, and for giving once more, one product (法119条; 令31条), in yen."""

    base: Yen = Field(description="For every proposal that is contracted.")
    hour: Yen = Field(description="For every hour of creation that has begun.")
    third_party: Yen = Field(default=0, description="For every third party who was heard: 2017 alone.")
    repeat: Yen | None = Field(
        default=None,
        description="For who has a contract about the product already (法118条). None: not known, and no"
        " fee of an existing product is worked out by this table.",
    )
    basis: Text = Field(description="The order, ordinance (条例) or rule that sets it; papers cite it.")


@cache
def state_fees() -> dict[str, FeeTable]:
    """Return the fees of the State by regime; a local government's standard is today's (令31条4項・5項)."""
    text = resources.files("tokumei.schemas.tables").joinpath("fees.csv").read_text(encoding="utf-8")
    return _tables(text, "fees.csv")


def fees_of(text: str, name: str) -> dict[str, FeeTable]:
    """Read fees by regime from a table like `fees.csv`: those of an ordinance, or a corporation's own.

    Args:
        text: CSV with a header: regime, base, hour, third_party, repeat, basis.
        name: of the file, for messages.

    Raises:
        PolicyError: it is no such table.
    """
    try:
        return _tables(text, name)
    except (KeyError, ValueError, TypeError, ValidationError):
        raise PolicyError(
            "fee.table",
            where=name,
            what="no table of fees: regime, base, hour, third_party, repeat, basis; amounts in whole yen",
            fix="write it like schemas/tables/fees.csv",
        ) from None


def _tables(text: str, name: str) -> dict[str, FeeTable]:
    rows = list(csv.DictReader(StringIO(text)))
    if not rows:
        raise ValueError(name)
    return {
        row["regime"]: FeeTable(
            base=int(row["base"]),
            hour=int(row["hour"]),
            third_party=int(row["third_party"] or 0),
            repeat=int(row["repeat"]) if row["repeat"] else None,
            basis=row["basis"],
        )
        for row in rows
    }
