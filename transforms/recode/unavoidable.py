"""A loss below which no release can be, whatever the way of recoding: how far from the best a result may be.

Proof. Let every class hold k records at least (models that ask for k people ask for that, and others only ask
for more), and let S be Σ w·v over the columns, v a column's loss: the mean over the records of Σ w·share of
their labels, 1 a column for the suppressed.

1. A record's labels are those of all records of its class. All of these are covered by them, so k records of
   the file are, and its Σ w·share is at least what `cheapest` finds, hence S ≥ B, the mean of that.
   Where a text stands at several levels, records at all of them make up a class. So a label is priced as the
   cheapest finer one of the same text (and as no dearer than coarser ones), and no bound is told if somebody
   with such a text is called otherwise at the coarser level, for then no label covers the class.
2. The loss is Π(1 + v)^w − 1. Is the best release's as low as G, that of the release found, then v ≤ u =
   (1 + G)^(1/w) − 1 for every column, since no v is negative; and v ≤ 1. The logarithm is concave, so
   ln(1 + v) ≥ v · ln(1 + u) / u for 0 ≤ v ≤ u. With c the least ln(1 + u) / u of all columns,
   ln(1 + loss) = Σ w · ln(1 + v) ≥ c · S ≥ c · B.

So no release loses less than exp(c · B) − 1, or G is the best already. The bound knows that everybody needs
company, but not that company is needed by several at once: it is far from tight.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from tokumei.transforms.counting.histogram import Ints
from tokumei.transforms.hierarchies.ladders import Ladder
from tokumei.transforms.recode.boxes import Boxes
from tokumei.transforms.recode.cheapest import cheapest
from tokumei.transforms.recode.lattice import Lattice
from tokumei.transforms.recode.objectives.base import Objective
from tokumei.transforms.recode.prices import label_prices, price_unit

_ROUNDED = 1e6  # told to so many parts, rounded down: more than prices and logarithms lose by rounding


def unavoidable_loss(lattice: Lattice, objective: Objective, found: float) -> float | None:
    """Return what any release that keeps the models loses at least.

    Args:
        lattice: ladders, histogram and models.
        objective: the loss, over the same ladders and histogram.
        found: what some release loses.

    Returns:
        At most ``found``; None where nothing can be told: no model asks for people, or texts are ambiguous.
    """
    if max((model.least_people for model in lattice.models), default=0) < 2:
        return None
    prices = []
    for ladder, by_level in zip(lattice.ladders, label_prices(objective), strict=True):
        if not _covering(ladder):
            return None
        prices.append(_cheapest_of_text(ladder, by_level))
    boxes = Boxes(lattice, prices, np.ones(len(lattice.histogram), dtype=bool))
    total = int(cheapest(boxes) @ lattice.histogram.records)
    mean = total / price_unit(objective) / max(objective.records, 1.0)
    slope = min(_slope(found, weight) for weight in objective.weights.tolist() if weight)
    return min(found, math.floor(math.expm1(slope * mean) * _ROUNDED) / _ROUNDED)


def _slope(found: float, weight: float) -> float:
    """Return ln(1 + u) / u for the most that a column can lose where all together lose that."""
    exponent = math.log1p(found) / weight
    most = 1.0 if exponent >= math.log(2) else math.expm1(exponent)
    return math.log1p(most) / most if most > 0 else 1.0


def _cheapest_of_text(ladder: Ladder, prices: Sequence[Ints]) -> list[Ints]:
    """Return the price of every label, or of a finer one with the same text that costs less."""
    least = dict[str | None, int]()
    found = []
    for labels, price in zip(ladder.labels, prices, strict=True):
        for text, costs in zip(labels, price.tolist(), strict=True):
            least[text] = min(least.get(text, costs), costs)
        found.append(np.array([least[text] for text in labels], dtype=np.int64))
    for low in reversed(range(ladder.levels - 1)):  # coarser labels cost no less, as the walk expects
        found[low] = np.minimum(found[low], found[low + 1][ladder.upward(low, low + 1)])
    return found


def _covering(ladder: Ladder) -> bool:
    """Whether everybody who bears a text bears it at all coarser levels where anybody does."""
    for low, labels in enumerate(ladder.labels):
        for high in range(low + 1, ladder.levels):
            at = {text: code for code, text in enumerate(ladder.labels[high])}
            upward = ladder.upward(low, high).tolist()
            if any(text in at and at[text] != upward[code] for code, text in enumerate(labels)):
                return False
    return True
