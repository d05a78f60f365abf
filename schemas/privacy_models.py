"""What a policy may require of equivalence classes, beyond k-anonymity (五号).

Models of a sensitive column (機微な項目) stand at the column, under ``protect``; models of the classes
themselves stand under ``requirements.models``. Here a model says what a policy states of it; what it asks and
how it is told is said by the class that serves it, in `tokumei.transforms.recode.models`.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self, get_args

from pydantic import Field, model_validator

from tokumei.schemas.attacks import AnyAttack
from tokumei.schemas.earlier import EarlierReleases, Frozen
from tokumei.schemas.exposure import Exposure
from tokumei.schemas.hierarchies import Hierarchy
from tokumei.schemas.queries import AnyMetric, Metric, MetricName, Query
from tokumei.schemas.strict import Number, Strict, Text, broken

Share = Annotated[float, Field(ge=0, le=1)]
WayAsked = Literal["full_domain", "cells", "local", "multidimensional", "best"]


class ModelDeclaration(Strict):
    """Base of what a policy states of one model.

    Attributes:
        needs_population: it compares with a population table, which knows full-domain recoding and one row a
            person alone.
        varies_by: the field that names its variants; empty where it has none.
    """

    needs_population: ClassVar[bool] = False
    varies_by: ClassVar[str] = ""

    @classmethod
    def name(cls) -> str:
        """Return the model's name in a policy."""
        return str(get_args(cls.model_fields["model"].annotation)[0])

    @classmethod
    def variants(cls) -> tuple[str, ...]:
        """Return the names of all its variants; one empty name where it has none."""
        return get_args(cls.model_fields[cls.varies_by].annotation) if cls.varies_by else ("",)

    @property
    def variant(self) -> str:
        """Which of the variants is asked for."""
        return str(getattr(self, self.varies_by)) if self.varies_by else ""

    @property
    def goes_by(self) -> Hierarchy | None:
        """The hierarchy that it compares values by, or None."""
        return None


class LDiversity(ModelDeclaration):
    """ℓ-diversity: the values of the column are diverse in every class (Machanavajjhala et al. 2007).

    distinct: at least ℓ values. entropy: exp(entropy) is at least ℓ. recursive: the most frequent value is
    rarer than c times all values from the ℓ-th most frequent on.
    """

    example: ClassVar[str] = "{model: l_diversity, kind: distinct, l: 3}"
    model: Literal["l_diversity"]
    kind: Literal["distinct", "entropy", "recursive"] = Field(description="How diversity is measured.")
    l: Number = Field(gt=1, description="ℓ; a whole number for distinct and recursive.")  # noqa: E741
    c: Number | None = Field(default=None, gt=0, description="For recursive only.")
    varies_by: ClassVar[str] = "kind"

    @model_validator(mode="after")
    def _parameters(self) -> Self:
        if (self.kind == "recursive") != (self.c is not None):
            raise broken(
                "protect.c", "c belongs to kind: recursive, which needs it", "add c, or remove it", ["c"]
            )
        if self.kind != "entropy" and not float(self.l).is_integer():
            raise broken("protect.l", f"kind: {self.kind} counts values", "give a whole number", ["l"])
        return self


class TCloseness(ModelDeclaration):
    """t-closeness: the values in every class are spread as in the whole file, to distance t (Li et al. 2007).

    equal: all values are equally far apart. ordered: by rank: by size what is written as a number, also in a
    column of texts (9 before 10); then other texts by code point, and no value last. hierarchical: by the
    height at which they meet in a hierarchy.
    """

    example: ClassVar[str] = "{model: t_closeness, distance: equal, t: 0.2}"
    model: Literal["t_closeness"]
    distance: Literal["equal", "ordered", "hierarchical"] = Field(description="How far two values are apart.")
    t: Share = Field(description="Largest distance of a class from the file.")
    hierarchy: Hierarchy | None = Field(default=None, description="For distance: hierarchical only.")
    varies_by: ClassVar[str] = "distance"

    @property
    def goes_by(self) -> Hierarchy | None:
        """The hierarchy in which values meet."""
        return self.hierarchy

    @model_validator(mode="after")
    def _parameters(self) -> Self:
        if (self.distance == "hierarchical") != (self.hierarchy is not None):
            raise broken(
                "protect.hierarchy",
                "hierarchy belongs to distance: hierarchical, which needs it",
                "add hierarchy, or remove it",
                ["hierarchy"],
            )
        return self


class BetaLikeness(ModelDeclaration):
    """β-likeness: no value's share grows by more than β times its share in the file (Cao & Karras 2012)."""

    example: ClassVar[str] = "{model: beta_likeness, kind: basic, beta: 2}"
    model: Literal["beta_likeness"]
    kind: Literal["basic", "enhanced"] = Field(
        description="enhanced: nor may a share grow by more than −ln of what it is in the file."
    )
    beta: Number = Field(gt=0, description="Largest relative growth: 2 allows three times the share.")
    varies_by: ClassVar[str] = "kind"


class DeltaDisclosure(ModelDeclaration):
    """δ-disclosure: |ln(share in the class ÷ share in the file)| < δ (Brickell & Shmatikov 2008)."""

    example: ClassVar[str] = "{model: delta_disclosure, delta: 1}"
    model: Literal["delta_disclosure"]
    delta: Number = Field(gt=0, description="Bound of the logarithm of the two shares' ratio.")


AnyProtection = Annotated[
    LDiversity | TCloseness | BetaLikeness | DeltaDisclosure, Field(discriminator="model")
]


class KMap(ModelDeclaration):
    """k-map: at least k people of the population share every class (Sweeney 2001)."""

    example: ClassVar[str] = "{model: k_map, k: 20}"
    model: Literal["k_map"]
    k: int = Field(ge=2, le=1_000_000_000, description="People of the population, at least.")
    needs_population: ClassVar[bool] = True


class DeltaPresence(ModelDeclaration):
    """δ-presence: the share of a class's population that is in the file stays in a range (Nergiz 2007)."""

    example: ClassVar[str] = "{model: delta_presence, at_most: 0.5}"
    model: Literal["delta_presence"]
    at_least: Share = Field(default=0.0, description="Smallest share of a class's population in the file.")
    at_most: Share = Field(description="Largest share of a class's population in the file.")
    needs_population: ClassVar[bool] = True

    @model_validator(mode="after")
    def _a_range(self) -> Self:
        if self.at_least > self.at_most:
            raise broken(
                "models.range", "at_least must not exceed at_most", "exchange or correct them", ["at_least"]
            )
        return self


class AverageRisk(ModelDeclaration):
    """Classes ÷ people, the average risk of the released people, is at most this."""

    example: ClassVar[str] = "{model: average_risk, at_most: 0.05}"
    model: Literal["average_risk"]
    at_most: float = Field(gt=0, le=1, description="Largest average risk.")


class SampleUniqueness(ModelDeclaration):
    """The share of released people who are alone in their class is at most this.

    It is refused: k, which is at least 2, leaves nobody alone.
    """

    example: ClassVar[str] = "{model: sample_uniqueness, at_most: 0.01}"
    model: Literal["sample_uniqueness"]
    at_most: float = Field(ge=0, le=1, description="Largest share of people alone in their class.")


AnyModel = Annotated[KMap | DeltaPresence | AverageRisk | SampleUniqueness, Field(discriminator="model")]
OF_POPULATION = " and ".join(
    model.name() for model in get_args(get_args(AnyModel)[0]) if model.needs_population
)


class Requirements(Strict):
    """What the release must satisfy; the law sets no number, so the choice needs a reason."""

    k: int = Field(
        ge=2, le=1_000_000, description="Smallest number of people in an equivalence class (k-匿名性)."
    )
    because: Text = Field(description="Why this k, and these models.")
    suppression_limit: float = Field(
        default=0.0, ge=0, le=1, description="Largest share of people who may lose a record; 1 is no limit."
    )
    metric: AnyMetric = Field(
        default="loss",
        description="What the search minimizes; the report gives all of them. Or also"
        " [statistics](#queries) to keep close.",
    )
    models: tuple[AnyModel, ...] = Field(default=(), description="Further models of the classes.")
    population_size: int | None = Field(
        default=None,
        ge=1,
        le=10**11,
        description="People of the population the file is drawn from (母集団), for the report's estimates.",
    )
    nulls: Literal["value", "wildcard"] = Field(
        default="value", description="Whether a missing quasi-identifier is a value, or matches every value."
    )
    recoding: WayAsked | Frozen = Field(
        default="full_domain",
        description="One level a column for everybody; or then rescue whom that would suppress by blanking"
        " cells; or regions that each have levels of their own; or such regions, weighed twice (local); or of"
        " these the one that keeps the queries closest. Or the levels of an earlier release,"
        " [frozen](#earlier-releases).",
    )
    earlier_releases: EarlierReleases | None = Field(
        default=None,
        description="What is asked of the release beside [earlier ones](#earlier-releases) of the same file.",
    )
    deterministic_cut: bool = Field(
        default=True,
        description="Whether the data alone decide the levels, as fine as can be had. `false`: the run's key"
        " decides some of it, at a loss that the report tells, so that a reader who knows the method cannot"
        " conclude which values are [not behind a label](#recoding).",
    )
    exposure: Exposure | None = Field(
        default=None,
        description="Which of the [exposures](#what-nobody-declared) that every run tells stop it; none by"
        " default.",
    )
    attacks: tuple[AnyAttack, ...] = Field(
        default=(), description="[Attacks](#attacks) that are made on the release, and may not succeed."
    )

    @model_validator(mode="after")
    def _whole(self) -> Self:
        kinds = [m.model for m in self.models]
        if len(set(kinds)) != len(kinds):
            raise broken("models.twice", "a model stands twice", "keep the stricter one", ["models"])
        if "sample_uniqueness" in kinds:
            raise broken(
                "models.never_binds",
                f"k: {self.k} leaves nobody alone in a class, so sample_uniqueness would ask nothing",
                "remove it; the report tells how many were alone before and are after",
                ["models", kinds.index("sample_uniqueness")],
            )
        if self.way != "full_domain" and any(m.needs_population for m in self.models):
            raise broken(
                "requirements.population",
                f"{OF_POPULATION} are defined for recoding: full_domain",
                "remove one of the two",
                ["recoding"],
            )
        if self.way == "best" and not self.queries:
            raise broken(
                "requirements.best",
                "recoding: best is the way that keeps declared queries closest, and there are none",
                "declare metric: {queries: […]}, or name a way",
                ["recoding"],
            )
        return self

    @property
    def way(self) -> WayAsked:
        """The way of recoding; frozen levels are those of everybody."""
        return "full_domain" if isinstance(self.recoding, Frozen) else self.recoding

    @property
    def hold_back(self) -> bool:
        """Whether people are kept out until so many come at once."""
        return self.earlier_releases is not None and self.earlier_releases.action == "hold_back"

    @property
    def asks_of_earlier(self) -> bool:
        """Whether a run must know what is kept of earlier releases: it is compared, or takes their levels."""
        return self.earlier_releases is not None or isinstance(self.recoding, Frozen)

    @property
    def compared_people(self) -> int:
        """So many people, or nobody, by whom a release may differ from an earlier one."""
        declared = self.earlier_releases
        return self.k if declared is None or declared.people is None else declared.people

    @property
    def minimize(self) -> MetricName:
        """The metric that the search minimizes."""
        return self.metric.minimize if isinstance(self.metric, Metric) else self.metric

    @property
    def queries(self) -> tuple[Query, ...]:
        """The statistics to keep close."""
        return self.metric.queries if isinstance(self.metric, Metric) else ()
