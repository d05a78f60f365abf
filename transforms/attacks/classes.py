"""Attacks on classes: what the others of a person's class give away of that person, counted for everybody.

Homogeneity (同質性攻撃): all of a class have one value, so that whoever finds the class knows it. Inference
(属性推定): the attacker guesses the most frequent value of the class. Either needs no more than to know the
quasi-identifiers of a person who is in the file.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from tokumei.transforms.attacks.statistics import CONFIDENCE, Estimate

_DEALS, _MOST_DRAWS = 1 << 12, 1 << 20  # of each size of classes; and numbers drawn in all

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class ClassAttack:
    """What classes tell of one column; shares are of the people of all classes, each from 0 to 1.

    Attributes:
        people: of all classes; whoever stands in a class with two values counts for each.
        homogeneous: whose class has one value.
        by_chance: whose class would, if values fell on people at random.
        majority: of whom the most frequent value of their class is theirs; among equal ones, one at random.
        dealt: the same, where values fall on people at random: a class of ten has some value three times
            though it tells nothing. With the error that one such deal has.
        held_out: guessed from the class without that person; from all others, where nobody is left.
        frequent: of whom the most frequent value of all is theirs: guessing without the release's classes.
    """

    people: int
    homogeneous: float
    by_chance: float
    majority: float
    dealt: Estimate
    held_out: float
    frequent: float


def attack_classes(classes: Ints, values: Ints, people: Ints) -> ClassAttack:
    """Count homogeneous classes and right guesses.

    Args:
        classes: shape (n,), the class of each entry, numbered from 0 without gaps.
        values: its value, numbered so too.
        people: how many of the class have it, at least one.
    """
    total = int(people.sum())
    if not total:
        return ClassAttack(
            people=0, homogeneous=0, by_chance=0, majority=0, dealt=Estimate(0.0), held_out=0, frequent=0
        )
    sizes = np.bincount(classes, weights=people).astype(np.int64)
    shares = np.bincount(values, weights=people).astype(np.float64)
    first = np.zeros(len(sizes), np.int64)
    np.maximum.at(first, classes, people)
    leading = people == first[classes]
    leaders = np.bincount(classes[leading], minlength=len(sizes))
    # What stands against a leader once one of its people is taken away, and how many values are that many.
    second = np.zeros(len(sizes), np.int64)
    np.maximum.at(second, classes[~leading], people[~leading])
    rivals = np.bincount(classes[~leading & (people == second[classes])], minlength=len(sizes))
    left = first - 1
    ahead, level = left > second, (left == second) & (left > 0)
    alone = leaders == 1
    right = np.where(ahead, 1.0, np.where(level, 1.0 / (1 + rivals), 0.0)) * first
    held_out = float(right[alone & (sizes > 1)].sum())
    held_out += _guessed_from_all(shares, np.bincount(values, weights=sizes[classes] == 1).astype(np.float64))
    return ClassAttack(
        people=total,
        homogeneous=float(sizes[first == sizes].sum()) / total,
        by_chance=_homogeneous_by_chance(sizes, shares / total) / total,
        majority=float(first.sum()) / total,
        dealt=_majority_by_chance(sizes, shares.astype(np.int64)),
        held_out=held_out / total,
        frequent=float(shares.max()) / total,
    )


def _guessed_from_all(shares: Floats, alone: Floats) -> float:
    """Return how many who are alone in a class have the most frequent value of all others.

    Args:
        shares: people by value.
        alone: of them, those who are alone.
    """
    top = int(shares.argmax())  # nobody else's value is that of most others
    others = np.delete(shares, top)
    best, left = others.max(initial=0.0), shares[top] - 1
    if left < best or left == 0:
        return 0.0
    return float(alone[top]) / (1 + int((others == left).sum()))


def _homogeneous_by_chance(sizes: Ints, shares: Floats) -> float:
    """Return how many would stand in a class of one value if values fell on people at random."""
    size, classes = np.unique(sizes, return_counts=True)
    share, values = np.unique(shares, return_counts=True)
    agreeing = [float((values * share**n).sum()) for n in size.tolist()]
    return float((size * classes) @ agreeing)


def _majority_by_chance(sizes: Ints, people: Ints) -> Estimate:
    """Return how many would have the most frequent value of their class if values fell on people at random.

    Drawn from a fixed seed, by the sizes of classes and of values in their order, so that it is the same
    however either are numbered. The values of a class are drawn without replacement from those of all.

    Args:
        sizes: people by class.
        people: by value.
    """
    size, classes = np.unique(sizes, return_counts=True)
    people, total = np.sort(people)[::-1], int(people.sum())
    draws = min(_DEALS, max(2, _MOST_DRAWS // (len(size) * len(people))))
    draw = np.random.Generator(np.random.PCG64(0))
    first = np.stack(
        [
            draw.multivariate_hypergeometric(people, n, size=draws, method="marginals").max(axis=1)
            for n in size.tolist()
        ]
    )
    z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
    # Of one deal to all classes, and of the mean of the deals that were drawn.
    error = z * float(np.sqrt((classes + classes**2 / draws) @ first.var(axis=1, ddof=1))) / total
    return Estimate(float(classes @ first.mean(axis=1)) / total, error)
