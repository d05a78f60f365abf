"""Privacy models: which equivalence classes may be released (五号, 施行規則34条5号・62条5号).

`k_anonymity` · `diversity` (ℓ) · `closeness` (t) · `likeness` (β, δ-disclosure) · `population` (k-map,
δ-presence) · `risk` (average, uniqueness). Every model looks at classes counted in people and names those
that fail. What fails is suppressed, within the suppression limit; the recount of the written data asks the
same models again.

A new model is a declaration in `tokumei.schemas.privacy_models`, one line in the union there, and a class
here that does and says all the rest and names the declaration in its head (``serves=…``). A new module is
imported below, which registers its classes.
"""

from __future__ import annotations

from tokumei.schemas.privacy_models import ModelDeclaration
from tokumei.transforms.recode.models import (  # noqa: F401
    closeness,
    diversity,
    k_anonymity,
    likeness,
    population,
    risk,
)
from tokumei.transforms.recode.models.base import MODEL_CLASSES, Monotone, PrivacyModel, WholeFile

__all__ = ["Monotone", "PrivacyModel", "WholeFile", "collective_models", "model_of"]


def model_of(declared: ModelDeclaration, whole: WholeFile) -> PrivacyModel:
    """Return the model that a policy declares.

    Args:
        declared: as the policy states it.
        whole: what the whole file tells of the column at which it stands.

    Raises:
        InputError: values of the column are not in its hierarchy; only their number is told.
    """
    return MODEL_CLASSES[type(declared), declared.variant].of(declared, whole)


def collective_models() -> tuple[str, ...]:
    """Return the names of the models that are asked of all classes together, in the order of registration."""
    return tuple(dict.fromkeys(kind.name() for (kind, _), model in MODEL_CLASSES.items() if model.collective))
