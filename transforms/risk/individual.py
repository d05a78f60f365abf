"""Individual risk of weighted records (Benedetti and Franconi): a survey's file and the population behind it.

A class has f people in the file and F in the population; F is not known, only estimated by the sum of the
sampling weights. With p = f/F and F given f negative binomial, the risk of each of its people is E[1/F | f].

Source: R. Benedetti and L. Franconi, Statistical and technological solutions for controlled data
dissemination, NTTS 1998; L. Franconi and S. Polettini, Individual Risk Estimation in μ-Argus, PSD 2004.
"""

from __future__ import annotations

import numpy as np

from tokumei.transforms.risk.sizes import Floats

_SERIES = 60  # terms; the rest is below 1e-16 where the series is used


def individual_risk(people: Floats, weights: Floats) -> Floats:
    """Return the risk of the people of each class, shape (classes,), from 0 to 1.

    Args:
        people: f, people of the class in the file, whole numbers of at least 1.
        weights: F, the sum of their sampling weights, at least f.

    The expectation is exact for every f: r(1) = p/q·ln(1/p) and r(f+1) = p/q·(1/f − r(f)) with q = 1 − p
    while that is stable (p below one half, f up to 20), else p/f·Σ_m m!·q^m/((f+1)…(f+m)), of positive terms.
    (sdcMicro's default replaces it for f > 2 by p/(f − q); at f = 3 that is one per cent more.)

    Raises:
        ValueError: a class has nobody, or a weight below its number of people.
    """
    if (people < 1).any() or (weights < people).any():
        raise ValueError("every class needs people, and a weight of at least their number")
    p = people / weights
    q = 1 - p
    risk: Floats = np.empty(len(p))
    rare = (p < 0.5) & (people <= 20)
    risk[rare] = _by_recurrence(people[rare], p[rare], q[rare])
    risk[~rare] = _by_series(people[~rare], p[~rare], q[~rare])
    return risk


def _by_recurrence(people: Floats, p: Floats, q: Floats) -> Floats:
    risk: Floats = -np.log(p) * p / q
    for f in range(1, int(people.max(initial=1))):
        risk = np.where(people > f, p / q * (1 / f - risk), risk)
    return risk


def _by_series(people: Floats, p: Floats, q: Floats) -> Floats:
    term = np.ones(len(p))
    total = term.copy()
    for m in range(1, _SERIES):
        term = term * q * m / (people + m)
        total += term
    return p / people * total
