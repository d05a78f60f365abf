"""Which label covers both a value and a label, and what it costs: worked out when first asked."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tokumei.transforms.counting.histogram import Codes, Ints
from tokumei.transforms.hierarchies.ladders import Ladder

_KEPT = 1 << 24  # labels covered that are kept at most


class Joins:
    """The joins of one column. Labels are numbered level by level.

    Args:
        ladder: the hierarchy over the column's values.
        prices: by level, what a record costs by its label.
    """

    def __init__(self, ladder: Ladder, prices: Sequence[Ints]) -> None:
        self.starts = np.cumsum([0, *(len(labels) for labels in ladder.labels)])
        self.prices = np.concatenate(prices)
        self.of_value = np.array(ladder.codes) + self.starts[:-1, None]
        self._above = np.full((ladder.levels, len(self.prices)), -1, dtype=np.int64)
        for level, at in enumerate(self.of_value):
            for finer in self.of_value[: level + 1]:
                self._above[level, finer] = at
        self._any = len(self.prices) - 1
        self._rows = dict[int, tuple[list[int], Ints]]()

    def covering(self, value: int) -> tuple[list[int], Ints]:
        """Return, by label, the finest one at or above it that covers a value too, and what that costs."""
        found = self._rows.get(value)
        if found is None:
            path = self.of_value[:, value, None]
            labels = path[np.argmax(self._above == path, axis=0), 0]
            if (len(self._rows) + 1) * len(labels) > _KEPT:
                self._rows.clear()
            found = self._rows[value] = labels.tolist(), self.prices[labels]
        return found

    def tightest(self, label: int, values: Codes) -> int:
        """Return the finest label at or below one that covers all of some values, which it covers."""
        if label < self.starts[1]:
            return label
        values_left = values.tolist()
        label = self.of_value.item(0, values_left[0])
        for value in values_left[1:]:
            label = self.covering(value)[0][label]
            if label == self._any:
                break
        return label
