"""Population uniques by Pitman's sampling formula (Hoshino 2001).

The classes of the sample are seen as a draw from a two-parameter Poisson-Dirichlet process. θ and α maximize
the likelihood; the expected population uniques are Γ(θ+1)/Γ(θ+α)·N^α.

Source: N. Hoshino, Applying Pitman's Sampling Formula to Microdata Disclosure Risk Assessment, Journal of
Official Statistics 17(4), 2001. Sums over people or classes are written with the digamma function ψ, so an
evaluation costs as many terms as there are distinct class sizes.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from tokumei.transforms.risk.sizes import ClassSizes, Floats, Ints

_STEPS = 100  # halvings of a bracket: more than double precision holds
_ALPHA = (1e-6, 1 - 1e-9)


def pitman_uniques(sizes: ClassSizes, population: int) -> float | None:
    """Return the expected number of people alone in their class in the population.

    None where the likelihood has no maximum with 0 < α < 1 and θ > 0, or where it gives more uniques than
    people: the model does not fit. Deterministic: nested bisection of both score equations, no start values.
    """
    fitted = _fit(sizes)
    if fitted is None:
        return None
    theta, alpha = fitted
    log_uniques = math.lgamma(theta + 1) - math.lgamma(theta + alpha) + alpha * math.log(population)
    return math.exp(log_uniques) if log_uniques <= math.log(population) else None


def _fit(sizes: ClassSizes) -> tuple[float, float] | None:
    people, classes = sizes.total_people, sizes.total_classes
    if classes in {1, people}:  # one class, or everybody alone: no maximum inside
        return None

    def log_theta(alpha: float) -> float | None:
        """Solve Σ_{i<u} 1/(θ+iα) = Σ_{i<n} 1/(θ+i) for ln θ."""

        def score(log: float) -> float:
            theta = math.exp(log)
            return _rise(1 + theta / alpha, classes - 1) / alpha - _rise(1 + theta, people - 1)

        return _falls_through_zero(score, -30.0, 2 * math.log(people) + 2)

    def score(alpha: float) -> float:
        """Return the derivative by α of the log-likelihood, where θ maximizes it."""
        log = log_theta(alpha)
        if log is None:
            return -math.inf  # θ → 0: α is too large
        theta = math.exp(log)
        over_classes = (classes - 1 - theta * _rise(1 + theta, people - 1)) / alpha
        within = _rises(1 - alpha, sizes.people - 1)
        return over_classes - float((sizes.classes * within).sum())

    alpha = _falls_through_zero(score, *_ALPHA)
    log = None if alpha is None else log_theta(alpha)
    return None if alpha is None or log is None else (math.exp(log), alpha)


def _falls_through_zero(f: Callable[[float], float], low: float, high: float) -> float | None:
    """Bisect for the point where f turns from positive to negative; None where the ends do not show one."""
    if not f(low) > 0 > f(high):
        return None
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if middle in {low, high}:
            break
        low, high = (middle, high) if f(middle) > 0 else (low, middle)
    return (low + high) / 2


def _rise(x: float, steps: int) -> float:
    """Return ψ(x + steps) − ψ(x) = Σ_{i<steps} 1/(x+i), without the difference of two large numbers."""
    total = 0.0
    while x < 10 and steps:
        total += 1 / x
        x, steps = x + 1, steps - 1
    end = x + steps
    return total + math.log1p(steps / x) + _correction(end) - _correction(x) if steps else total


def _correction(x: float) -> float:
    """Return ψ(x) − ln x by its asymptotic series: 14 digits from x = 10 on."""
    s = 1 / (x * x)
    return -0.5 / x - s * (1 / 12 - s * (1 / 120 - s * (1 / 252 - s / 240)))


def _rises(x: float, steps: Ints) -> Floats:
    """Return ``_rise`` of ascending numbers of steps."""
    first = np.concatenate([[0.0], np.cumsum(1 / (x + np.arange(10)))])
    end = x + steps
    s = 1 / (end * end)
    series = np.log(end) - 0.5 / end - s * (1 / 12 - s * (1 / 120 - s * (1 / 252 - s / 240)))
    far = first[10] + series - (math.log(x + 10) + _correction(x + 10))
    return np.where(steps <= 10, first[np.minimum(steps, 10)], far)
