"""ℓ-diversity: the values of a sensitive column are diverse in every class (Machanavajjhala et al. 2007)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from tokumei.schemas import privacy_models as spec
from tokumei.transforms.counting.contingency import Contingency
from tokumei.transforms.counting.histogram import Mask
from tokumei.transforms.recode.figures import plain_digits
from tokumei.transforms.recode.models.base import TOLERANCE, Floats, Monotone, WholeFile
from tokumei.transforms.recode.models.sensitive import Sensitive, totals_of
from tokumei.transforms.values.steady import exp2, log2_of_counts


@dataclass(frozen=True)
class DistinctDiversity(Sensitive, serves=spec.LDiversity, variants=["distinct"]):
    """At least ℓ different values a class."""

    column: str
    l: float  # noqa: E741  # the literature's letter
    monotone = Monotone.RECORDS
    title = "ℓ-多様性"

    @classmethod
    def of(cls, declared: spec.LDiversity, whole: WholeFile) -> Self:
        """Return the model that a policy declares."""
        return cls(whole.column, declared.l)

    def _measure(self, table: Contingency, classes: int) -> Floats:
        return np.bincount(table.tuples, minlength=classes).astype(float)

    def _beyond(self, measured: Floats) -> Mask:
        return measured < self.l - TOLERANCE

    @property
    def wording(self) -> str:
        """As in ``l_diversity (distinct) l=3 of illness``."""
        return f"l_diversity (distinct) l={plain_digits(self.l)} of {self.column}"

    def meaning(self, column: str) -> str:
        """Return what it asks, in Japanese."""
        return f"どのグループにも、{column}の異なる値が{plain_digits(self.l)}種類以上ある。"


@dataclass(frozen=True)
class EntropyDiversity(Sensitive, serves=spec.LDiversity, variants=["entropy"]):
    """The entropy of a class's values is at least log ℓ (Shannon); the measure is exp(entropy)."""

    column: str
    l: float  # noqa: E741
    monotone = Monotone.CLASSES
    title = "エントロピーℓ-多様性"

    @classmethod
    def of(cls, declared: spec.LDiversity, whole: WholeFile) -> Self:
        """Return the model that a policy declares."""
        return cls(whole.column, declared.l)

    def _measure(self, table: Contingency, classes: int) -> Floats:
        totals = totals_of(table, classes)
        bits = table.counts * log2_of_counts(table.counts)
        # −Σ share log2 share = log2 N − Σ n log2 n ÷ N: logarithms of whole numbers alone.
        within = np.bincount(table.tuples, weights=bits, minlength=classes) / np.maximum(totals, 1)
        return exp2(log2_of_counts(totals.astype(np.int64)) - within)

    def _beyond(self, measured: Floats) -> Mask:
        return measured < self.l * (1 - TOLERANCE)

    @property
    def wording(self) -> str:
        """As in ``l_diversity (entropy) l=2.5 of illness``."""
        return f"l_diversity (entropy) l={plain_digits(self.l)} of {self.column}"

    def meaning(self, column: str) -> str:
        """Return what it asks, in Japanese."""
        least = plain_digits(self.l)
        return f"どのグループでも、{column}の値の散らばりが{least}種類が等しく現れるとき以上である。"


@dataclass(frozen=True)
class RecursiveDiversity(Sensitive, serves=spec.LDiversity, variants=["recursive"]):
    """Recursive (c,ℓ)-diversity: the most frequent value is rarer than c times all from the ℓ-th on.

    The measure is the largest ratio f1 / (f_ℓ + … + f_m); it must stay below c.
    """

    column: str
    l: int  # noqa: E741
    c: float
    monotone = Monotone.CLASSES
    higher_is_safer = False
    title = "再帰的(c,ℓ)-多様性"

    @classmethod
    def of(cls, declared: spec.LDiversity, whole: WholeFile) -> Self:
        """Return the model that a policy declares."""
        return cls(whole.column, int(declared.l), float(declared.c or 0))

    def _measure(self, table: Contingency, classes: int) -> Floats:
        order = np.lexsort((-table.counts, table.tuples))
        tuples, counts = table.tuples[order], table.counts[order]
        starts = np.searchsorted(tuples, np.arange(classes))
        rank = np.arange(len(tuples)) - starts[tuples]
        rest = np.bincount(tuples, weights=np.where(rank >= self.l - 1, counts, 0), minlength=classes)
        most = np.bincount(tuples, weights=np.where(rank == 0, counts, 0), minlength=classes)
        return np.divide(most, rest, out=np.where(most > 0, np.inf, 0.0), where=rest > 0)

    def _beyond(self, measured: Floats) -> Mask:
        return ~(measured < self.c * (1 - TOLERANCE))

    @property
    def wording(self) -> str:
        """As in ``l_diversity (recursive) l=3 c=2 of illness``."""
        return f"l_diversity (recursive) l={self.l} c={plain_digits(self.c)} of {self.column}"

    def meaning(self, column: str) -> str:
        """Return what it asks, in Japanese."""
        return (
            f"どのグループでも、最も多い{column}の値が、"
            f"{self.l}番目以降に多い値の合計の{plain_digits(self.c)}倍より少ない。"
        )
