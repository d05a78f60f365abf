"""What report.json says of the statistics that the policy asks to keep close (利用者が行う集計)."""

from __future__ import annotations

from pydantic import Field

from tokumei.schemas.strict import Strict


class Figure(Strict):
    """A figure that a query gives, before and after."""

    title: str = Field(description="What it is, in Japanese.")
    before: str
    after: str


class QueryReport(Strict):
    """A statistic that the policy asks to keep close, and how far the release moves it."""

    title: str = Field(description="What is asked, in Japanese.")
    figures: tuple[Figure, ...] = Field(
        description="The mean, or the coefficients; none of groups, nor where fewer than k people have any."
    )
    error: float = Field(description="From 0 to 1.")
