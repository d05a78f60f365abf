"""k-anonymity (Samarati & Sweeney 1998), also with nulls that match every value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from tokumei.schemas.privacy_models import Requirements
from tokumei.transforms.counting.histogram import Codes, Histogram, Ints, Mask
from tokumei.transforms.recode.models.base import Monotone, PrivacyModel, WholeFile, least
from tokumei.transforms.risk.wildcard import wildcard_counts


@dataclass(frozen=True)
class KAnonymity(PrivacyModel):
    """At least k people a class; every policy asks for it.

    ``wildcard``: per column, whether a null matches every value (sdcMicro's reading). A record is then
    protected by all records that its class matches, as long as those are released themselves.
    """

    k: int
    wildcard: bool = False
    monotone = Monotone.RECORDS
    title = "k-匿名性"

    @classmethod
    def of(cls, declared: Requirements, whole: WholeFile) -> Self:
        """Return the model of a policy's requirements."""
        return cls(declared.k, wildcard=declared.nulls == "wildcard")

    def failing(self, classes: Histogram) -> Mask:
        """Return the classes below k; with wildcards, until those left protect one another."""
        if not self.wildcard:
            return (classes.people < self.k) & (classes.records > 0)
        left = classes.records > 0
        while True:
            people = np.where(left, classes.people, 0)
            short = left & (matching_people(classes.codes, classes.nulls, people) < self.k)
            if not short.any():
                return ~left & (classes.records > 0)
            left &= ~short

    def reached(self, classes: Histogram) -> float:
        """Return the people of the smallest class."""
        held = classes.records > 0
        if self.wildcard:
            return least(matching_people(classes.codes, classes.nulls, classes.people)[held])
        return least(classes.people[held])

    @property
    def wording(self) -> str:
        """As in ``k=5``."""
        return f"k={self.k}"

    def meaning(self, column: str) -> str:
        """Return what it asks, in Japanese."""
        nulls = "（空欄はどの値にも当てはまると数える）" if self.wildcard else ""
        return f"同じ組合せの人が{self.k}人以上いる{nulls}。"

    @property
    def full_domain_only(self) -> bool:
        """Wildcards know no classes, and so no classes that go their own way."""
        return self.wildcard

    @property
    def least_people(self) -> int:
        """Its k."""
        return self.k


def matching_people(codes: Codes, nulls: Sequence[int], people: Ints) -> Ints:
    """Return, for each class, the people of all classes that it matches, itself included.

    Two classes match when they agree in every column in which neither is null. Exact; its cost is that of
    ``wildcard_counts``.

    Args:
        codes: shape (columns, u), distinct classes.
        nulls: per column, the code of null, or -1 if it has none.
        people: shape (u,).
    """
    unknown = codes == np.array(nulls)[:, None]
    return wildcard_counts(np.where(unknown, -1, codes).T, people.astype(np.float64)).astype(np.int64)
