"""Municipalities to prefectures and regions (地方), by the table of the house."""

from __future__ import annotations

from collections.abc import Sequence

from tokumei.schemas.hierarchies import AddressHierarchy
from tokumei.schemas.tables import address_hierarchy
from tokumei.transforms.hierarchies.steps import Between, Coarser, NotInHierarchyError


def place_steps(spec: AddressHierarchy, values: Sequence[str | None], between: Between) -> list[Coarser]:
    """Return the steps to the prefecture, which stays where it is the value already, and to the region.

    Raises:
        NotInHierarchyError: some values are neither municipalities nor prefectures.
    """
    parents = {city: (prefecture, region) for city, prefecture, region in address_hierarchy()}
    regions = {prefecture: region for _, prefecture, region in address_hierarchy()}
    unknown = [v for v in values if v is not None and v not in parents and v not in regions]
    if unknown:
        raise NotInHierarchyError(unknown, len(unknown))
    return [
        ("都道府県", lambda v: parents[v][0] if v in parents else v),
        ("地方", lambda v: parents[v][1] if v in parents else regions[v]),
    ]
