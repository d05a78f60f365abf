"""What a record costs by its label, as whole numbers, in the policy's metric."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from tokumei.transforms.counting.histogram import Ints
from tokumei.transforms.recode.objectives.base import Floats, Objective
from tokumei.transforms.recode.objectives.by_column import Entropy, Precision
from tokumei.transforms.values.steady import log2_of_counts

_BITS = 61  # a file's records at the highest price stay below 2 to this power
_FEWEST = 1024  # records that are counted with at least, so that one record's price is below 2^53


def label_prices(objective: Objective, lost: Sequence[float] | None = None) -> list[list[Ints]]:
    """Return, per column and level, what a record costs by its label: whole numbers in one unit.

    Loss is the share of the domain under the label (the geometric mean over columns is replaced by the
    weighted sum), precision its height, entropy the information of the records that carry it. Metrics of
    classes are priced as loss: finer labels part more classes. Sums over the records of the file are exact,
    and the same on every processor.

    Args:
        objective: the metric, over the ladders and records of the whole file.
        lost: per column, the loss around which the geometric mean is to be replaced; None: nothing is lost.
    """
    shares = _weighed(objective, lost)
    unit = _unit(objective, shares)
    return [[np.rint(share * unit).astype(np.int64) for share in levels] for levels in shares]


def price_unit(objective: Objective) -> float:
    """Return the price of one in the metric, as `label_prices` returns it where nothing is lost."""
    return _unit(objective, _weighed(objective, None))


def _weighed(objective: Objective, lost: Sequence[float] | None) -> list[list[Floats]]:
    weights = objective.weights.tolist()
    if lost is not None:
        weights = [weight / (1 + loss) for weight, loss in zip(weights, lost, strict=True)]
    return [
        [_share(objective, i, level) * weight for level in range(ladder.levels)]
        for i, (ladder, weight) in enumerate(zip(objective.ladders, weights, strict=True))
    ]


def _unit(objective: Objective, shares: Sequence[Sequence[Floats]]) -> float:
    most = math.fsum(max(float(share.max()) for share in levels) for levels in shares)
    return math.ldexp(1.0, _BITS - math.frexp(max(most * max(objective.records, _FEWEST), 1.0))[1])


def _share(objective: Objective, column: int, level: int) -> Floats:
    ladder = objective.ladders[column]
    if isinstance(objective, Entropy):
        return log2_of_counts(objective.by_level[column][level])
    if isinstance(objective, Precision):
        return np.full(len(ladder.labels[level]), level / max(ladder.levels - 1, 1))
    shares: Floats = (ladder.leaves[level] - 1) / max(ladder.domain_size - 1, 1)
    return shares
