"""What specialising one region by one column gains, in the policy's metric."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tokumei.transforms.counting.histogram import Ints
from tokumei.transforms.hierarchies.ladders import Ladder
from tokumei.transforms.recode.objectives.base import Objective
from tokumei.transforms.recode.objectives.by_class import AverageClassSize, Discernibility
from tokumei.transforms.recode.objectives.by_column import Entropy, Loss
from tokumei.transforms.values.steady import dot, log2_of_counts, significant, squares

Floats = npt.NDArray[np.float64]


class Gains:
    """Gains that can be compared between the columns of one region.

    Metrics made of columns price each record by its label: loss by the share of the domain under it
    (from 0 to 1; the geometric mean over columns is replaced by the weighted sum), precision by its height,
    entropy by the records of the file that carry it. Metrics of classes count the classes' sizes.

    Gains that are equal compare equal: shares and heights are whole numbers over one denominator a column and
    are added up as such, and what comes of the division, or of logarithms, is rounded to 12 digits.

    Args:
        objective: the metric, over the ladders and records of the whole file.
    """

    def __init__(self, objective: Objective) -> None:
        self._objective, self._ladders = objective, objective.ladders
        self._prices = [
            [self._price(i, level) for level in range(ladder.levels)]
            for i, ladder in enumerate(objective.ladders)
        ]
        self._units = [
            weight / self._denominator(ladder)
            for ladder, weight in zip(objective.ladders, objective.weights.tolist(), strict=True)
        ]

    def _price(self, column: int, level: int) -> Floats | Ints:
        """Return what a record costs by its label, times the column's denominator."""
        ladder = self._ladders[column]
        if isinstance(self._objective, Loss):
            return ladder.leaves[level] - 1
        if isinstance(self._objective, Entropy):
            return log2_of_counts(self._objective.by_level[column][level])
        return np.full(len(ladder.labels[level]), level)

    def _denominator(self, ladder: Ladder) -> int:
        if isinstance(self._objective, Loss):
            return max(ladder.domain_size - 1, 1)
        return 1 if isinstance(self._objective, Entropy) else max(ladder.levels - 1, 1)

    def at_most(self, column: int, level: int, value: int, sizes: Ints) -> float:
        """Bound the gain of specialising a region from above: that of a split which holds nothing back.

        Args:
            column: by which the region is specialised.
            level: at which the region stands.
            value: the code of any of its values.
            sizes: records of each label of the next finer level, by code.
        """
        labels = np.flatnonzero(sizes)
        before = self._prices[column][level][self._ladders[column].codes[level][value]]
        return self._gain(column, before - self._prices[column][level - 1][labels], sizes[labels])

    def of(self, column: int, level: int, *, values: Ints, sizes: Ints, held_back: bool) -> float:
        """Return the gain of a split.

        Args:
            column: by which the region is specialised.
            level: at which the region stands.
            values: per part, the code of any of its values.
            sizes: per part, its records.
            held_back: whether part 0 stays at ``level``.
        """
        coarse, fine = (self._ladders[column].codes[at][values] for at in (level, level - 1))
        saved = self._prices[column][level][coarse] - self._prices[column][level - 1][fine]
        saved[:held_back] = 0
        return self._gain(column, saved, sizes)

    def _gain(self, column: int, saved: Floats | Ints, sizes: Ints) -> float:
        if isinstance(self._objective, Discernibility):
            return int(sizes.sum()) ** 2 - squares(sizes)
        if isinstance(self._objective, AverageClassSize):
            return len(sizes) - 1.0
        total = dot(saved, sizes) if isinstance(self._objective, Entropy) else int(saved @ sizes)
        return significant(total * self._units[column])
