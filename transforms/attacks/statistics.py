"""How sure a measured share is, and what of it remains after what would have been right anyway."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Estimate:
    """A share of successes, and how far from it the true one may be, on either side.

    Attributes:
        rate: centre of the interval; of a share that was counted, that share.
        error: half its length; 0 where everybody was counted.
        measured: the share as it was measured; None: the centre is it.
    """

    rate: float
    error: float = 0.0
    measured: float | None = None

    @property
    def share(self) -> float:
        """What is told beside the interval, whose centre is drawn towards one half."""
        return self.rate if self.measured is None else self.measured

    @property
    def low(self) -> float:
        """Lower end of the interval."""
        return max(0.0, self.rate - self.error)

    @property
    def high(self) -> float:
        """Upper end of the interval, on which requirements look."""
        return min(1.0, max(0.0, self.rate + self.error))


def wilson(successes: float, attempts: int) -> Estimate:
    """Return the Wilson score interval of a sample, at `CONFIDENCE` (Wilson 1927, JASA 22:209).

    Its centre is not the share itself: of no success in few attempts it still says that some may come.
    Where a guess falls among n that look the same, successes are its expected number; that varies less than
    drawing one would, so that the interval is rather too long than too short.

    Args:
        successes: from 0 to ``attempts``.
        attempts: how many targets were tried; 0 tells nothing, and gives the whole range.
    """
    z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
    n = attempts + z * z
    spread = successes * (attempts - successes) / attempts if attempts else 0.0
    error = z / n * math.sqrt(spread + z * z / 4)
    return Estimate((successes + z * z / 2) / n, error, successes / attempts if attempts else 0.0)


def residual(attack: Estimate, control: Estimate) -> Estimate:
    """Return what an attack reaches beyond its control: (attack − control) ÷ (1 − control).

    Giomi et al., PoPETs 2023, whose package anonymeter propagates both errors as is done here. Below 0 the
    control was better, and nothing is gained.

    Args:
        attack: against the people of the release.
        control: against people who were held out.
    """
    missed = 1 - control.rate
    if missed <= 0:
        return Estimate(0.0, 0.0)
    errors = attack.error / missed, (attack.rate - 1) / missed**2 * control.error
    told = None
    if (attack.measured, control.measured) != (None, None):
        told = (attack.share - control.share) / (1 - control.share) if control.share < 1 else 0.0
    return Estimate((attack.rate - control.rate) / missed, math.hypot(*errors), told)


def alone_by_chance(people: int, weight: float) -> float:
    """Return how likely a condition that holds for a share of all people holds for exactly one of so many.

    n·w·(1 − w)^(n − 1) (Cohen and Nissim, PNAS 117(15), 2020): with w = 1/n, 37 %, without any data.
    """
    return people * weight * (1 - weight) ** (people - 1)
