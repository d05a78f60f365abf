"""Intersection (複数の公表の突合): two releases of the same people, each of classes of k, leave smaller ones.

Whoever is in a class of either release is among the people of both classes alone (Ganta, Kasiviswanathan,
Smith, KDD 2008). And of the values that they may have, those are left that both classes hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from scipy import sparse

Ints = npt.NDArray[np.int64]
_PAIRS = 1 << 16  # joint classes whose values are compared at once


@dataclass(frozen=True)
class JointClasses:
    """What two releases together tell.

    Attributes:
        people: in both releases.
        few: of them, who share both classes with fewer than k people, themselves included.
        alone: of them, who share both with nobody.
        told: of all, of whose sensitive values one is left that both classes hold; 0 where none is looked at.
    """

    people: int
    few: int
    alone: int
    told: int


@dataclass(frozen=True)
class HeldValues:
    """Which class holds which value, in one release: a row a pair, numbered from 0."""

    classes: Ints
    values: Ints


def join_classes(
    one: Ints, other: Ints, people: Ints, k: int, held: tuple[HeldValues, HeldValues] | None
) -> JointClasses:
    """Join the classes of two releases.

    Args:
        one: shape (n,), class in the first release, of those in both.
        other: class in the second, of the same; each pair once.
        people: how many share both.
        k: fewer than this are few.
        held: values of the classes of each release, where one is looked at.
    """
    told = 0
    if held is not None and len(one):
        size = 1 + max(int(h.values.max(initial=0)) for h in held)
        first, second = (
            _matrix(h, 1 + int(pairs.max()), size) for h, pairs in zip(held, (one, other), strict=True)
        )
        for start in range(0, len(one), _PAIRS):
            some = slice(start, start + _PAIRS)
            common = np.asarray(first[one[some]].multiply(second[other[some]]).sum(axis=1)).ravel()
            told += int(people[some][common == 1].sum())
    return JointClasses(
        int(people.sum()), int(people[people < k].sum()), int(people[people == 1].sum()), told
    )


def _matrix(held: HeldValues, classes: int, values: int) -> sparse.csr_matrix:
    from scipy import sparse  # of few runs, and it takes a quarter of the time in which one starts

    inside = held.classes < classes
    ones = np.ones(int(inside.sum()), np.int64)
    places = held.classes[inside], held.values[inside]
    return sparse.csr_matrix((ones, places), shape=(classes, values))
