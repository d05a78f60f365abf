"""Codes whose characters stand for levels: kept from the left, or masked from the right."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tokumei.schemas.hierarchies import MaskHierarchy, PrefixHierarchy
from tokumei.transforms.hierarchies.steps import ANY, Between, Coarser


def prefix_steps(spec: PrefixHierarchy, values: Sequence[str | None], between: Between) -> list[Coarser]:
    """Return one step a length that is kept."""
    return [(f"先頭{n}文字", _kept(n)) for n in spec.keep]


def mask_steps(spec: MaskHierarchy, values: Sequence[str | None], between: Between) -> list[Coarser]:
    """Return one step a length that is hidden."""
    return [(f"末尾{n}文字を伏せる", _hidden(n)) for n in spec.hide]


def _kept(n: int) -> Callable[[str], str]:
    return lambda value: value[:n]


def _hidden(n: int) -> Callable[[str], str]:
    return lambda value: value[:-n] + ANY * min(n, len(value))
