"""What specialising one region by one column gains, in the policy's metric."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tokumei.transforms.counting.histogram import Ints
from tokumei.transforms.recode.objectives import AverageClassSize, Discernibility, Entropy, Loss, Objective

Floats = npt.NDArray[np.float64]


class Gains:
    """Gains that can be compared between the columns of one region.

    Metrics made of columns price each record by its label: loss by the share of the domain under it
    (from 0 to 1; the geometric mean over columns is replaced by the weighted sum), precision by its height,
    entropy by the records of the file that carry it. Metrics of classes count the classes' sizes.

    Args:
        objective: the metric, over the ladders and records of the whole file.
    """

    def __init__(self, objective: Objective) -> None:
        self._objective, self._ladders = objective, objective.ladders
        self._prices = [
            [self._price(i, level) * weight for level in range(ladder.levels)]
            for i, (ladder, weight) in enumerate(zip(objective.ladders, objective.weights, strict=True))
        ]

    def _price(self, column: int, level: int) -> Floats:
        ladder = self._ladders[column]
        if isinstance(self._objective, Loss):
            return (ladder.leaves[level] - 1) / max(ladder.domain_size - 1, 1)
        if isinstance(self._objective, Entropy):
            return np.log2(np.maximum(self._objective.by_level[column][level], 1))
        return np.full(len(ladder.labels[level]), level / max(ladder.levels - 1, 1))

    def at_most(self, column: int, level: int, value: int, sizes: Floats) -> float:
        """Bound the gain of specialising a region from above: that of a split which holds nothing back.

        Args:
            column: by which the region is specialised.
            level: at which the region stands.
            value: the code of any of its values.
            sizes: records of each label of the next finer level, by code.
        """
        labels = np.flatnonzero(sizes)
        before = self._prices[column][level][self._ladders[column].codes[level][value]]
        return self._gain(before - self._prices[column][level - 1][labels], sizes[labels])

    def of(self, column: int, level: int, *, values: Ints, sizes: Floats, held_back: bool) -> float:
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
        return self._gain(saved, sizes)

    def _gain(self, saved: Floats, sizes: Floats) -> float:
        if isinstance(self._objective, Discernibility):
            return float(sizes.sum() ** 2 - (sizes**2).sum())
        if isinstance(self._objective, AverageClassSize):
            return len(sizes) - 1.0
        return float(saved @ sizes)
