"""The metric that is minimized, and statistics that the release should keep close (利用者が行う集計)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from tokumei.schemas.strict import Strict, Text, broken

MetricName = Literal[
    "loss", "entropy", "normalized_entropy", "precision", "discernibility", "average_class_size"
]


class Query(Strict):
    """A statistic that whoever has the release will work out: one of mean, counts and regression."""

    mean: Text | None = Field(default=None, description="Mean of this column of numbers.")
    by: tuple[Text, ...] = Field(
        default=(), min_length=1, max_length=4, description="With mean: in each group of these columns."
    )
    counts: tuple[Text, ...] = Field(
        default=(),
        min_length=1,
        max_length=5,
        description="Cross table: how many have each combination of values of these columns.",
    )
    regression: Text | None = Field(
        default=None,
        description="Linear regression of this column of numbers: its standardized coefficients.",
    )
    explained_by: tuple[Text, ...] = Field(
        default=(), min_length=1, max_length=8, description="With regression: other columns of numbers."
    )

    @model_validator(mode="after")
    def _one_statistic(self) -> Self:
        if sum((self.mean is not None, bool(self.counts), self.regression is not None)) != 1:
            raise broken(
                "query.kind",
                "a query is one of mean, counts and regression",
                "leave exactly one of them; write one line - {…} for each query",
            )
        if self.by and self.mean is None:
            raise broken("query.by", "by belongs to mean", "remove by, or name its columns in counts", ["by"])
        if bool(self.explained_by) != (self.regression is not None):
            raise broken(
                "query.explained_by",
                "explained_by belongs to regression, which needs it",
                "add explained_by: […], or remove it",
                ["explained_by"],
            )
        if len(set(self.columns)) < len(self.columns):
            raise broken("query.twice", "a column stands twice in one query", "name it once")
        return self

    @property
    def numbers(self) -> tuple[str, ...]:
        """The columns that must hold numbers: the measured one, then those that explain it."""
        return tuple(name for name in (self.mean, self.regression) if name is not None) + self.explained_by

    @property
    def groups(self) -> tuple[str, ...]:
        """The columns whose combinations of values are told apart."""
        return self.by + self.counts

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns that it looks at."""
        return self.numbers + self.groups

    def fits(self, quasi_identifiers: Collection[str], protected: Collection[str]) -> bool:
        """Return whether a table counts its columns together: quasi-identifiers, and one protected column."""
        others = [name for name in self.columns if name not in quasi_identifiers]
        return len(others) <= 1 and all(name in protected for name in others)


class Metric(Strict):
    """What the search minimizes, and the statistics that the release should keep close."""

    minimize: MetricName = Field(default="loss", description="What the search minimizes.")
    queries: tuple[Query, ...] = Field(
        min_length=1,
        max_length=20,
        description="Statistics: the report tells how far each moves, and of recodings that cost the same"
        " the one that moves them least is taken.",
    )


def _form(metric: Any) -> str:
    return "<mapping>" if isinstance(metric, dict | Metric) else "<name>"  # no keys of a policy


AnyMetric = Annotated[
    Annotated[MetricName, Tag("<name>")] | Annotated[Metric, Tag("<mapping>")], Discriminator(_form)
]
