"""What report.json says of the sizes of classes, and of the risks that follow from them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tokumei.schemas.strict import Strict


class SizeBar(Strict):
    """Equivalence classes of one size range: ``label`` is for example 「5–9人」."""

    label: str
    classes: int
    people: int
    below_k: bool


class PopulationUniqueness(Strict):
    """Estimated share of the population who are alone in their class, the file seen as a random sample of it.

    None where an estimator's model does not fit. Without people alone in the file every estimate is 0: that
    is how they are defined, not a proof. A file as large as its population is counted, not estimated.
    """

    population: int = Field(description="People of the population, as the policy declares it.")
    uniqueness: float = Field(ge=0, le=1, description="By Dankar's rule.")
    estimator: Literal["pitman", "zayatz", "snb"] | None = Field(
        description="The one that the rule chose; None where there was nothing to estimate."
    )
    pitman: float | None = Field(ge=0, le=1)
    zayatz: float | None = Field(ge=0, le=1)
    snb: float | None = Field(ge=0, le=1)


class JournalistRisk(Strict):
    """Risk from an attacker who does not know whether the target is in the file, only in the population.

    Each value is a share from 0 to 1, of 1 ÷ people of the class in the population table.
    """

    highest: float
    average: float
    at_risk: float = Field(description="Share of the file's people with a risk above 1/k.")


class WildcardRisk(Strict):
    """Risk from who takes a missing value for any value: what `nulls: wildcard` is a promise against.

    The other figures of a table are against who sees that a value is missing: then that is a value.
    """

    smallest: int = Field(description="People of the smallest set of classes that match one another.")
    highest: float
    average: float
    at_risk: float = Field(description="Share of people with a risk above 1/k.")


class Risk(Strict):
    """Equivalence classes over the quasi-identifiers, counted in people.

    Suppressed records are never counted as a class. ``smallest_class`` is exact below k; where
    ``capped`` is true (several records a person), larger classes were counted as "k or more".
    """

    records: int
    people: int
    classes: int
    unique_people: int = Field(description="People alone in their class.")
    people_below_k: int
    smallest_class: int
    highest_risk: float = Field(description="1 / smallest class (prosecutor).")
    lowest_risk: float | None = Field(
        default=None, description="1 / largest class; None where larger classes were counted up to k only."
    )
    average_risk: float | None = Field(
        description="Mean over people of 1 / the smallest class they stand in (marketer); None where larger"
        " classes were counted up to k only."
    )
    at_risk: float | None = Field(description="Share of people with a risk above 1/k; None where capped.")
    sample_uniqueness: float | None = Field(description="unique_people / people; None where capped.")
    population_uniqueness: PopulationUniqueness | None = Field(
        default=None, description="None where capped, or where the policy declares no population."
    )
    journalist: JournalistRisk | None = Field(
        default=None,
        description="None without a population table, or where the file has people whom it does not know.",
    )
    wildcard: WildcardRisk | None = Field(
        default=None, description="Where a missing value matches every value (nulls: wildcard)."
    )
    capped: bool
    sizes: tuple[SizeBar, ...]
