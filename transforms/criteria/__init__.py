"""The five processing criteria (加工基準, 施行規則 34条 / 62条), one module each.

一号 `identifiers`, with `redacting` · 二号 `identification_codes` · 三号 `linking_codes`
· 四号 `peculiar_values`, with `tails`
· 五号 `distinctiveness`, with `microaggregation` and `perturbation` (noise, rank swapping) and `shifting`.
`deletion` serves any of them.

A new method is a class in `tokumei.schemas` that states all facts about it, one line in
`tokumei.schemas.treatments.AnyTreatment`, and a class here that does it and names the first in its head
(``treats=…``). A new module is imported below, which registers its classes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tokumei.schemas.treatments import AnyTreatment
from tokumei.transforms.criteria import (  # noqa: F401
    deletion,
    distinctiveness,
    identification_codes,
    identifiers,
    linking_codes,
    microaggregation,
    peculiar_values,
    perturbation,
    redacting,
    shifting,
    tails,
)
from tokumei.transforms.criteria.base import CRITERIA, Context, Criterion

__all__ = ["Context", "Criterion", "build_criterion", "limits_of"]


def build_criterion(spec: AnyTreatment, context: Context, base: str, where: str) -> Criterion[Any, Any]:
    """Return the criterion object for one treatment of the policy.

    Args:
        spec: the treatment.
        context: what it may need from the rest of the policy.
        base: folder of the policy; hierarchy files are relative to it.
        where: path of the treatment in the policy, for messages.

    Raises:
        PolicyError: a hierarchy file cannot be used.
    """
    return CRITERIA[type(spec), spec.criterion](spec, context, base, where)


def limits_of(steps: Iterable[Criterion[Any, Any]]) -> tuple[str, ...]:
    """Return what the report says of the limits of methods in use: each Japanese sentence once.

    They stand in the order of registration, whatever the order of the policy.
    """
    order = [*dict.fromkeys(CRITERIA.values())]
    used = sorted(steps, key=lambda step: order.index(type(step)))
    return tuple(dict.fromkeys(step.limit for step in used if step.limit))
