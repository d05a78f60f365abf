"""Population uniques by the slide negative binomial model (SNB).

A population class has 1 + X people, X negative binomial with parameters α and β. The number K of classes in
the population comes from Shlosser's estimator; α and β are such that the expected numbers of sample classes
of one and of two people are those found. Uniques: K·β^α.

Source: G. Chen and S. Keller-McNulty, Estimation of Identification Disclosure Risk in Microdata, Journal of
Official Statistics 14(1), 1998; K: Haas and Stokes, JASA 93, 1998 (modified Shlosser estimator).

ARX's ModelSNB has (1−(1−f)(1−β)) to the power α+2 in the expected classes of two where the model gives
−(α+2), and 1 in place of (1−f)^i in a sum of Shlosser's, so it finds no α and β on most data. Ours does; it
was checked against samples drawn from known populations.
"""

from __future__ import annotations

import math

import numpy as np

from tokumei.transforms.risk.sizes import ClassSizes

_STEPS = 100  # halvings of a bracket: more than double precision holds
_NARROWEST = 1e-12  # β and 1 − β are at least this


def snb_uniques(sizes: ClassSizes, population: int) -> float | None:
    """Return the estimated number of people alone in their class in the population.

    None where no α and β explain the sample's classes of one and two, or where there would be more uniques
    than people. Deterministic: α follows from β in closed form, β is bisected.
    """
    ones, twos = sizes.uniques, sizes.of_size(2)
    if twos == 0:
        return None  # the ratio of twos to ones fixes the shape; without twos there is none
    f = sizes.total_people / population
    known = _classes_in_population(sizes, f)

    def shape(q: float) -> float:
        """Solve E[twos]/E[ones] = twos/ones for α, given q = 1 − β: a quadratic with one positive root."""
        x = (1 - f) * q
        ratio = 2 * twos * (1 - x) / (ones * f * q)
        half = (2 - x - ratio * x) / 2
        root = math.sqrt(half * half + x * ratio * (1 - x))
        # Two forms of the same root; each avoids subtracting what is almost equal.
        return ratio * (1 - x) / (root + half) if half > 0 else (root - half) / x

    def surplus(q: float) -> float:
        """Return ln(E[ones]/ones)."""
        x, a = (1 - f) * q, shape(q)
        expected = a * (math.log1p(-q) - math.log1p(-x)) + math.log1p(a * x / (1 - x))
        return math.log(known * f / ones) + expected

    low, high = _NARROWEST, 1 - _NARROWEST
    if not surplus(low) > 0 > surplus(high):
        return None
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if surplus(middle) > 0 else (low, middle)
    uniques = known * math.exp(shape(low) * math.log1p(-low))
    return uniques if uniques <= population else None


def _classes_in_population(sizes: ClassSizes, f: float) -> float:
    """Estimate the number of classes in the population (Haas and Stokes, modified Shlosser)."""
    i, n = sizes.people.astype(np.float64), sizes.classes
    left = n * (1 - f) ** i
    first = (i * f * f * (1 - f * f) ** (i - 1) * n).sum() / (n * ((1 - f * f) ** i - (1 - f) ** i)).sum()
    second = left.sum() / (i * f * (1 - f) ** (i - 1) * n).sum()
    return float(sizes.total_classes + sizes.uniques * first * second * second)
