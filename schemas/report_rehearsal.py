"""What report.json says of a rehearsal (予行): what there would be, what it would take, and the choices."""

from __future__ import annotations

from pydantic import Field

from tokumei.schemas.strict import Strict


class Expected(Strict):
    """What the rehearsal took; the release takes about as much."""

    seconds: float
    cpu_seconds: float
    peak_mib: int | None = Field(description="Of this process; None where others did the work.")
    compared: bool = Field(description="Whether ways of recoding were compared, which takes time.")


class RehearsedChoice(Strict):
    """One choice of the policy, rehearsed."""

    name: str = Field(description="What differs from the policy, or the file of another.")
    refused: str | None = Field(default=None, description="Code of the error by which it would end.")
    why: str | None = Field(default=None, description="What the error says, in English.")
    records: int = 0
    people: int = 0
    left_out: int = Field(default=0, description="Records dropped or suppressed.")
    loss: float | None = Field(default=None, description="Mean over tables that are recoded.")
    highest_risk: float | None = None
    average_risk: float | None = None
    exposed: int = Field(default=0, description="Findings of what nobody declared.")
    exposed_people: int = Field(default=0, description="People whom the worst of sets or links leave alone.")
    levels: tuple[str, ...] = Field(default=(), description="Quasi-identifiers and their levels.")
    seconds: float = 0.0


class Rehearsal(Strict):
    """A rehearsal; a report that has it is of no release."""

    sample: int | None = Field(description="Of each file one stretch in so many was read; None: all.")
    expected: Expected | None = None
    choices: tuple[RehearsedChoice, ...] = ()
