"""What stands between pass 1 and pass 3: steps that read records once more and take something from them.

Pass 1 fits the criteria column by column. What depends on several values of a record, or on several records
of a person, is decided here, before classes are counted. A step is one `BetweenPasses` and its turn in
`between_passes`; what it decides is a `Removal`, which both later passes apply.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import apache_beam as beam
from apache_beam.pvalue import PCollection

from tokumei.schemas.splits import Split
from tokumei.transforms.decisions.fitted import Fits
from tokumei.transforms.engine.run_key import RunKey
from tokumei.transforms.joined.layout import joined_groups
from tokumei.transforms.planning.plan import Plan


class BetweenPasses(Protocol):
    """Makes the step of a run: a PTransform `Split` → `Fits` (exactly one), labelled with its name.

    The fits that it yields are those that it was given, with one removal more for every table that it decides
    about, and with the values that its blanks add to the domains of their columns. It sees records as the
    removals before its own leave them. For tables that ask nothing of it, it reads nothing; a run without any
    table that asks has no such step.

    Under retry it must decide the same: equal splits, key and fits give equal removals.
    """

    def __call__(self, plan: Plan, key: PCollection[RunKey], fits: PCollection[Fits], /) -> beam.PTransform:
        """Return the step of a run that has this key and these fits."""


def between_passes(plan: Plan) -> Iterator[BetweenPasses]:
    """Yield the steps of a run in their order; what it does not ask for is not imported either.

    No total grows when lines go, but combinations become rare when people go: so totals are bounded first.
    """
    tables = plan.tables.values()
    if any(table.table.totals for table in tables):
        from tokumei.transforms.stages.totals import BoundTotals

        yield BoundTotals
    if any(table.combined for table in tables):
        from tokumei.transforms.stages.combinations import RemoveCombinations

        yield RemoveCombinations
    if any(joined_groups(plan.tables)):
        from tokumei.transforms.stages.joined import JoinTables

        yield JoinTables
    if plan.policy.requirements.hold_back:
        from tokumei.transforms.stages.earlier import HoldBack

        yield HoldBack


def settle(
    splits: PCollection[Split], plan: Plan, key: PCollection[RunKey], fits: PCollection[Fits]
) -> PCollection[Fits]:
    """`Split`, and one `RunKey` and `Fits` → `Fits` (exactly one), through all steps in their order."""
    for step in between_passes(plan):
        fits = splits | step(plan, key, fits)
    return fits
