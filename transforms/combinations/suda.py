"""SUDA: how much a record stands out by the small combinations in which it is alone.

Scores as Elliot, Manning, Mayes, Gurd, Bane: SUDA: A Program for Detecting Special Uniques (UNECE 2005);
per-record risk as Elliot and Manning: Using DIS to Modify the Classification of Special Uniques (UNECE 2003),
with the constants of its known implementation (sdcMicro `suda2`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tokumei.transforms.combinations.kernel import CombinedTuples, rare_combinations
from tokumei.transforms.values.steady import power

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Suda:
    """SUDA scores.

    Attributes:
        scores: shape (u,), the score of each tuple; 0 unless its record is a sample unique.
        contributions: shape (columns,), share of the total score from combinations that hold the column;
            a combination counts whole for each of its columns, so the shares may add up to more than 1.
    """

    scores: Floats
    contributions: Floats


def suda(tuples: CombinedTuples, size: int) -> Suda:
    """Score every tuple by its minimal sample uniques: Π_{i=s}^{size} (columns − i) for one of s values.

    Args:
        tuples: the distinct tuples of the file.
        size: largest minimal sample unique that is looked for (the factor 0 of i = columns is left out).
    """
    columns, n = tuples.codes.shape
    scores, contributions = np.zeros(n), np.zeros(columns)
    for rare in rare_combinations(tuples, range(columns), size, 2):
        score = math.prod(columns - i for i in range(len(rare.columns), min(size, columns - 1) + 1))
        scores[rare.tuples] += score
        contributions[list(rare.columns)] += score * len(rare.tuples)
    total = scores.sum()
    return Suda(scores, contributions / total if total else contributions)


def dis_suda(scores: Floats, records: npt.NDArray[np.int64], columns: int, fraction: float) -> Floats:
    """Spread the file's DIS risk (that a unique match is a correct one) over its records by their scores.

    DIS = U·f / (U·f + P·(1 − f)) with U records that are unique and P records in pairs.

    Args:
        scores: shape (u,), the SUDA score of each tuple.
        records: shape (u,), records a tuple.
        columns: number of columns in a tuple.
        fraction: share of the population that the file holds, 0 < fraction < 1.

    Returns:
        Shape (u,), a probability for each tuple; 0 where the score is 0.
    """
    risk = np.zeros(len(scores))
    scored = scores > 0
    unique, paired = int((records == 1).sum()), 2 * int((records == 2).sum())
    if not scored.any():
        return risk
    dis = unique * fraction / (unique * fraction + paired * (1 - fraction))
    grown = power(scores[scored], 1 + (8 - columns) / 20)
    risk[scored] = 1 / (1 + (unique / dis - unique) / (grown * (1 / grown).sum()))
    return risk
