"""Models of how much more a class tells of a value than the whole file does (β-likeness, δ-disclosure)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from tokumei.schemas import privacy_models as spec
from tokumei.transforms.counting.contingency import Contingency
from tokumei.transforms.counting.histogram import Histogram, Mask
from tokumei.transforms.recode.figures import plain_digits
from tokumei.transforms.recode.models.base import TOLERANCE, Floats, Monotone, WholeFile
from tokumei.transforms.recode.models.sensitive import AgainstFile, largest_of, shares_of
from tokumei.transforms.values.steady import log


@dataclass(frozen=True)
class BetaLikeness(AgainstFile, serves=spec.BetaLikeness):
    """No value's share grows by more than β of its share in the whole file (Cao & Karras 2012).

    Enhanced: the growth of value s stays below min(β, −ln q_s). The measure is the largest growth.
    """

    column: str
    beta: float
    overall: tuple[float, ...]
    enhanced: bool
    monotone = Monotone.CLASSES
    higher_is_safer = False

    @classmethod
    def of(cls, declared: spec.BetaLikeness, whole: WholeFile) -> Self:
        """Return the model that a policy declares."""
        return cls(whole.column, declared.beta, whole.shares, declared.kind == "enhanced")

    def _measure(self, table: Contingency, classes: int) -> Floats:
        return largest_of(table.tuples, self._growth(table, classes), classes)

    def failing(self, classes: Histogram) -> Mask:
        """Return the classes in which a value's share grows too much."""
        table = classes.sensitive[self.column].cells()
        most = np.full(table.size, self.beta)
        if self.enhanced:
            shares = np.array(self.overall)
            most = np.minimum(most, -log(np.where(shares > 0, shares, 1.0)))
        beyond = self._growth(table, len(classes)) > most[table.values] + TOLERANCE
        return (np.bincount(table.tuples[beyond], minlength=len(classes)) > 0) & (classes.records > 0)

    def _growth(self, table: Contingency, classes: int) -> Floats:
        overall = np.array(self.overall)[table.values]
        growth: Floats = shares_of(table, classes) / overall - 1
        return growth

    def _beyond(self, measured: Floats) -> Mask:
        return measured > self.beta + TOLERANCE

    @property
    def wording(self) -> str:
        """As in ``beta_likeness (basic) beta=2 of illness``."""
        kind = "enhanced" if self.enhanced else "basic"
        return f"beta_likeness ({kind}) beta={plain_digits(self.beta)} of {self.column}"

    @property
    def title(self) -> str:
        """The Japanese name of the kind."""
        return f"β-類似性（{'強化' if self.enhanced else '基本'}）"

    def meaning(self, column: str) -> str:
        """Return what it asks, in Japanese."""
        limit = (
            "増えず、かつ、ファイル全体での割合の自然対数の符号を変えた値（−ln）倍も超えて増えない"
            if self.enhanced
            else "増えない"
        )
        return (
            f"どのグループでも、{column}の各値の割合が、ファイル全体での割合に比べて"
            f"{plain_digits(self.beta)}倍を超えて{limit}。"
        )


@dataclass(frozen=True)
class DeltaDisclosure(AgainstFile, serves=spec.DeltaDisclosure):
    """|ln(share in the class / share in the file)| < δ for every value present (Brickell 2008)."""

    column: str
    delta: float
    overall: tuple[float, ...]
    monotone = Monotone.NOTHING
    higher_is_safer = False
    title = "δ-開示"

    @classmethod
    def of(cls, declared: spec.DeltaDisclosure, whole: WholeFile) -> Self:
        """Return the model that a policy declares."""
        return cls(whole.column, declared.delta, whole.shares)

    def _measure(self, table: Contingency, classes: int) -> Floats:
        gain = shares_of(table, classes) / np.array(self.overall)[table.values]
        return log(np.maximum(largest_of(table.tuples, np.maximum(gain, 1 / gain), classes), 1.0))

    def _beyond(self, measured: Floats) -> Mask:
        return ~(measured < self.delta - TOLERANCE)

    @property
    def wording(self) -> str:
        """As in ``delta_disclosure delta=1.5 of illness``."""
        return f"delta_disclosure delta={plain_digits(self.delta)} of {self.column}"

    def meaning(self, column: str) -> str:
        """Return what it asks, in Japanese."""
        return (
            f"どのグループでも、{column}の各値の割合とファイル全体での割合との比の対数が"
            f"±{plain_digits(self.delta)}の内にある。"
        )
