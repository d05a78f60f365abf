"""Put numbers into half-open bands, top and bottom coded (一般化, トップコーディング)."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from tokumei.transforms.values.text import nulls, spread

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

AGE_BANDS: Mapping[str, tuple[tuple[float, ...], tuple[str, ...]]] = MappingProxyType(
    {
        "id_pos_7": (
            (20, 30, 40, 50, 60, 70),
            ("20歳未満", "20歳代", "30歳代", "40歳代", "50歳代", "60歳代", "70歳以上"),
        ),
        "case_6": (
            (30, 40, 50, 60, 70),
            ("20歳代以下", "30歳代", "40歳代", "50歳代", "60歳代", "70歳以上"),
        ),
    }
)
"""Edges and labels of the age bands in the PPC secretariat's case report (事例編): the seven of the ID-POS
case and the six of the others."""


def bands(numbers: pa.Array, edges: Sequence[float], labels: Sequence[str]) -> pa.StringArray:
    """Replace numbers by the label of their band.

    Args:
        numbers: integers, floats or decimals.
        edges: lower bounds of every band but the first, strictly ascending and finite.
        labels: one more than edges; the first is for everything below ``edges[0]``.

    Returns:
        ``labels[i]`` where ``edges[i-1] <= number < edges[i]``. Infinities fall into the end bands; null and
        NaN are null. 別表2 of the guideline: 80歳以上 is ``bands(ages, [80], [..., "80歳以上"])``.

    Raises:
        ValueError: edges and labels do not fit together.
    """
    limits = np.asarray(edges, dtype=np.float64)
    if len(labels) != len(limits) + 1:
        raise ValueError(f"{len(limits)} edges need {len(limits) + 1} labels, not {len(labels)}")
    if not np.isfinite(limits).all() or (np.diff(limits) <= 0).any():
        raise ValueError("edges must be finite and strictly ascending")
    missing = nulls(numbers)
    exact = numbers.cast(pa.float64(), safe=False).fill_null(0.0).to_numpy(zero_copy_only=False)
    index = np.searchsorted(limits, exact, side="right")
    return spread(pa.array(labels, type=pa.string()), np.where(missing | np.isnan(exact), -1, index))
