"""What a recoding costs: the metrics that the report gives, and of which the policy chooses one to minimize.

A node's cost is computed from a `NodeCount`, a few sums over its classes that add up over shards. Besides the
value, every metric gives what the search prunes with: a floor for each node of the lattice, and bounds that
one counted node implies for all more specific nodes (what it suppresses they suppress too, as far as the
models are monotone) and for all more general ones.

A new metric is one class in `by_column` or `by_class` and its name in `OBJECTIVES`.
"""

from __future__ import annotations

from tokumei.transforms.recode.objectives.base import Objective
from tokumei.transforms.recode.objectives.by_class import AverageClassSize, Discernibility
from tokumei.transforms.recode.objectives.by_column import Entropy, Loss, NormalizedEntropy, Precision

OBJECTIVES: dict[str, type[Objective]] = {
    kind.name: kind
    for kind in (Loss, Precision, Entropy, NormalizedEntropy, Discernibility, AverageClassSize)
}
