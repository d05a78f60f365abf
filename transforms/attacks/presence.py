"""Membership (ファイルにいることの推定): who of a population is in the file, told by the sizes of classes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Presence:
    """What guessing who is in the file came to.

    Attributes:
        people: of the release: so many guesses are made.
        found: of these, how many are expected to be right.
        chance: the share that is right of guesses at random.
    """

    people: int
    found: float
    chance: float


def attack_presence(people: Ints, population: Ints) -> Presence:
    """Guess those people of the population whose classes are fullest; exact, in expectation.

    The attacker has the population table and reads off the release how many of each class are in it. Nobody
    who knows no more can guess better: within a class all look the same.

    Args:
        people: of the release, by class.
        population: people of the population in the same classes, and in others of which nobody is released.
    """
    total = int(people.sum())
    there = np.maximum(population, people)
    share = people / np.maximum(there, 1)
    order = np.argsort(-share, kind="stable")
    before = np.cumsum(there[order]) - there[order]
    guesses = np.clip(total - before, 0, there[order])
    everybody = int(there.sum())
    return Presence(total, float(guesses @ share[order]), total / everybody if everybody else 0.0)
