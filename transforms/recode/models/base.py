"""What every privacy model is made of: which classes fail it, what the weakest reaches, how it is told.

A class says in its head which declaration of a policy it serves, ``class KMap(PrivacyModel, serves=…)``, and
is thereby registered. The search, the ways of recoding, messages and the report ask a model all that they
must know about it; nobody else keeps a list of models.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from tokumei.schemas.privacy_models import ModelDeclaration
from tokumei.transforms.counting.histogram import Histogram, Ints, Mask
from tokumei.transforms.hierarchies.bound import BoundHierarchy

TOLERANCE = 1e-12  # of comparisons between numbers that rounding may have moved
Floats = npt.NDArray[np.float64]

_registry: dict[tuple[type[ModelDeclaration], str], type[PrivacyModel]] = {}
MODEL_CLASSES: Mapping[tuple[type[ModelDeclaration], str], type[PrivacyModel]] = MappingProxyType(_registry)
"""The class that serves a declaration and variant; in the order of registration."""


class Monotone(IntEnum):
    """What generalizing further can do to a model.

    RECORDS: whoever is in a failing class is in a failing class of every more specific node.
    CLASSES: a class made of passing classes passes; without suppression, failure goes down the lattice.
    NOTHING: neither holds.
    """

    NOTHING = 0
    CLASSES = 1
    RECORDS = 2


@dataclass(frozen=True)
class WholeFile:
    """What the whole file, as criteria 1 to 4 leave it, tells of the sensitive column that a model watches.

    Attributes:
        column: its name; empty for models of the classes themselves, which watch none.
        domain: its values, by value code; null is a value.
        shares: of people, by value code.
        hierarchy: that the policy states with the model, or None.
    """

    column: str = ""
    domain: Sequence[str | None] = ()
    shares: tuple[float, ...] = ()
    hierarchy: BoundHierarchy | None = None


class PrivacyModel(ABC):
    """One requirement on equivalence classes. Immutable and picklable.

    Attributes:
        monotone: what the search may conclude from one node for others.
        higher_is_safer: whether `reached` grows with protection.
        collective: whether it is asked of all released classes together, after the other models and of what
            they leave. It says nothing of one class alone, so it is not asked of classes spread over workers.
    """

    monotone: ClassVar[Monotone]
    higher_is_safer: ClassVar[bool] = True
    collective: ClassVar[bool] = False

    def __init_subclass__(
        cls, serves: type[ModelDeclaration] | None = None, variants: Collection[str] = ()
    ) -> None:
        """Register a class for a declaration of the policy.

        Args:
            serves: the declaration; None: the class is a base of others, or has no declaration of its own.
            variants: those that it serves, where other classes serve the others.

        Raises:
            TypeError: another class is registered for it.
        """
        super().__init_subclass__()
        if serves is None:
            return
        for variant in variants or serves.variants():
            if _registry.setdefault((serves, variant), cls) is not cls:
                raise TypeError(f"{serves.name()} {variant} has two classes")

    @classmethod
    @abstractmethod
    def of(cls, declared: Any, whole: WholeFile) -> Self:
        """Return the model that a policy declares; see `tokumei.transforms.recode.models.model_of`."""

    @abstractmethod
    def failing(self, classes: Histogram) -> Mask:
        """Return which classes fail; one without records only where the population's people are asked for."""

    @abstractmethod
    def reached(self, classes: Histogram) -> float:
        """Return what the weakest of these classes reaches, in the unit of the model's parameter."""

    @property
    @abstractmethod
    def wording(self) -> str:
        """What messages call it: its name in a policy, with its parameters."""

    @property
    @abstractmethod
    def title(self) -> str:
        """Its Japanese name."""

    @abstractmethod
    def meaning(self, column: str) -> str:
        """Return what it asks, in one Japanese sentence.

        Args:
            column: Japanese name of the column that it watches; empty if it watches none.
        """

    @property
    def watches(self) -> str | None:
        """The sensitive column whose values it looks at, or None."""
        return None

    def compares(self, classes: Histogram) -> bool:
        """Whether it can be asked of these classes; not if they hold a value that the file never had."""
        return True

    @property
    def full_domain_only(self) -> bool:
        """Whether it is defined for full-domain recoding alone, and for no other way."""
        return False

    @property
    def least_people(self) -> int:
        """How many people of the file a class must hold, where that is what it asks; else 0.

        `reached` is then a number of people too. Where a person may have several records, they are told apart
        up to this number.
        """
        return 0

    def of_each(self) -> PrivacyModel | None:
        """Return a model that each class can be asked by itself, such that this one holds if it holds in all.

        Nobody stands in several of the classes, and each has two people at least. None: then this one holds.
        """
        return self


def least(values: Ints | Floats) -> float:
    """Return the least of the values; infinity if there is none."""
    return float(values.min()) if len(values) else np.inf
