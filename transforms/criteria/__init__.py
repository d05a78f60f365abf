"""The five processing criteria (加工基準, 施行規則 34条 / 62条), one module each.

一号 `identifiers` · 二号 `identification_codes` · 三号 `linking_codes` · 四号 `peculiar_values` ·
五号 `distinctiveness`, with `microaggregation` and `perturbation` (noise, rank swapping). Adding a technique
means adding its class there and one line in `_METHODS`.
"""

from __future__ import annotations

from tokumei.schemas.treatment_base import Treatment
from tokumei.transforms.criteria import (
    distinctiveness,
    identification_codes,
    identifiers,
    linking_codes,
    microaggregation,
    peculiar_values,
    perturbation,
)
from tokumei.transforms.criteria.base import Context, Criterion, Delete

_METHODS: dict[str, type[Criterion]] = {
    "replace": identifiers.Replace,
    "year_month": identifiers.YearMonth,
    "year": identifiers.Year,
    "age": identifiers.Age,
    "age_band": identifiers.AgeBand,
    "truncate_time": identifiers.TruncateTime,
    "postal_prefix": identifiers.PostalPrefix,
    "address": identifiers.Address,
    "phone_area": identifiers.PhoneArea,
    "pseudonym": linking_codes.Pseudonym,
    "top_code": peculiar_values.TopCode,
    "bottom_code": peculiar_values.BottomCode,
    "rare_values": peculiar_values.RareValues,
    "rare_categories": peculiar_values.RareCategories,
    "tail": peculiar_values.Tail,
    "fence": peculiar_values.Fence,
    "bands": distinctiveness.Bands,
    "microaggregate": microaggregation.Microaggregate,
    "noise": perturbation.Noise,
    "rank_swap": perturbation.RankSwap,
}
_HIERARCHICAL = {"recode": distinctiveness.Recode, "generalize": distinctiveness.Generalize}
_DELETE: dict[int, type[Criterion]] = {2: identification_codes.DeleteCode, 3: linking_codes.DeleteLink}

__all__ = ["Context", "Criterion", "build_criterion"]


def build_criterion(spec: Treatment, context: Context, base: str, where: str) -> Criterion:
    """Return the criterion object for one treatment of the policy.

    Args:
        spec: the treatment.
        context: what it may need from the rest of the policy.
        base: folder of the policy; hierarchy files are relative to it.
        where: path of the treatment in the policy, for messages.

    Raises:
        PolicyError: a hierarchy file cannot be used.
    """
    method = str(getattr(spec, "method", ""))
    if method in _HIERARCHICAL:
        return _HIERARCHICAL[method](spec, context, base, where)  # type: ignore[arg-type]
    if method == "delete":
        return _DELETE.get(int(getattr(spec, "criterion", 0)), Delete)(spec, context)
    return _METHODS[method](spec, context, where)
