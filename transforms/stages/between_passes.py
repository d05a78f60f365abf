"""What stands between pass 1 and pass 3: steps that read records once more and take something from them.

Pass 1 fits the criteria column by column. What depends on several values of a record, or on several records
of a person, is decided here, before classes are counted. A step is one `BetweenPasses` and one line in
`BETWEEN_PASSES`; what it decides is a `Removal`, which both later passes apply.
"""

from __future__ import annotations

from typing import Protocol

import apache_beam as beam
from apache_beam.pvalue import PCollection

from tokumei.schemas.splits import Split
from tokumei.transforms.decisions.fitted import Fits
from tokumei.transforms.engine.run_key import RunKey
from tokumei.transforms.planning.plan import Plan
from tokumei.transforms.stages.combinations import RemoveCombinations
from tokumei.transforms.stages.earlier import HoldBack
from tokumei.transforms.stages.joined import JoinTables
from tokumei.transforms.stages.totals import BoundTotals


class BetweenPasses(Protocol):
    """Makes the step of a run: a PTransform `Split` → `Fits` (exactly one), labelled with its name.

    The fits that it yields are those that it was given, with one removal more for every table that it decides
    about, and with the values that its blanks add to the domains of their columns. It sees records as the
    removals before its own leave them. For tables that ask nothing of it, it reads nothing; without any such
    table it yields the fits that it was given, and adds no step to the graph.

    Under retry it must decide the same: equal splits, key and fits give equal removals.
    """

    def __call__(self, plan: Plan, key: PCollection[RunKey], fits: PCollection[Fits], /) -> beam.PTransform:
        """Return the step of a run that has this key and these fits."""


# No total grows when lines go, but combinations become rare when people go: so totals are bounded first.
BETWEEN_PASSES: tuple[BetweenPasses, ...] = (BoundTotals, RemoveCombinations, JoinTables, HoldBack)


def settle(
    splits: PCollection[Split], plan: Plan, key: PCollection[RunKey], fits: PCollection[Fits]
) -> PCollection[Fits]:
    """`Split`, and one `RunKey` and `Fits` → `Fits` (exactly one), through all steps in their order."""
    for step in BETWEEN_PASSES:
        fits = splits | step(plan, key, fits)
    return fits
