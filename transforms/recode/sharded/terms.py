"""What the search over shards goes by: the sums over all shards, and the terms that follow from them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from tokumei.transforms.counting.histogram import Histogram, Ints
from tokumei.transforms.decisions.fitted import Fits
from tokumei.transforms.hierarchies.ladders import Ladder
from tokumei.transforms.joined.removal import GivenNode, given_of
from tokumei.transforms.planning.plan import Plan, TablePlan
from tokumei.transforms.recode.choose import ladders_of, nobody_left, objectives_of, population_holds
from tokumei.transforms.recode.count import Histograms
from tokumei.transforms.recode.models import PrivacyModel
from tokumei.transforms.recode.objectives.base import Objective
from tokumei.transforms.recode.requirements import histogram_of, models_of
from tokumei.transforms.recode.sharded.limits import refuse_unsupported
from tokumei.transforms.recode.sharded.parts import join, whole


@dataclass(frozen=True)
class Summary:
    """What all shards together tell of one table: number of tuples, one class of everybody, and marginals."""

    tuples: int
    everybody: Histogram
    marginals: tuple[Ints, ...]


Summaries = dict[str, Summary]


def summarize(plan: Plan, fits: Fits, shard: Histograms) -> Summaries:
    """Sum up one shard."""
    found = {}
    for name, ladders, histogram in histograms_of(plan, fits, shard):
        found[name] = Summary(len(histogram), whole(ladders, histogram), tuple(histogram.marginals()))
    return found


def add_summaries(parts: Sequence[Summaries]) -> Summaries:
    """Add up shards."""
    total: Summaries = {}
    for name in sorted({name for part in parts for name in part}):
        mine = [part[name] for part in parts if name in part]
        everybody = join([s.everybody for s in mine])
        everybody = replace(everybody, total_people=int(everybody.records.sum()))
        marginals = tuple(np.sum(column, axis=0) for column in zip(*(s.marginals for s in mine), strict=True))
        total[name] = Summary(sum(s.tuples for s in mine), everybody, marginals)
    return total


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What the search of one table goes by; one worker holds ``held`` tuples or classes.

    ``given``: its levels, where they were chosen over all tables that it is joined with.
    """

    table: TablePlan
    ladders: Sequence[Ladder]
    models: tuple[PrivacyModel, ...]
    summary: Summary
    held: int
    given: GivenNode | None

    @cached_property
    def objectives(self) -> dict[str, Objective]:
        """Every metric, by name."""
        return objectives_of(self.table, self.ladders, self.summary.marginals)

    @property
    def allowed(self) -> int:
        """People who may lose a record."""
        limit = float(self.table.requirements.suppression_limit)
        return math.floor(limit * self.summary.everybody.total_people + 1e-9)


AllTerms = dict[str, Terms]


def terms_of(plan: Plan, fits: Fits, summaries: Summaries) -> AllTerms:
    """Return the terms of every table with quasi-identifiers whose tuples pass 1 has not counted.

    Raises:
        RequirementError: nobody is left, or see `refuse_unsupported`.
    """
    found = {}
    for name, table in plan.tables.items():
        if not table.quasi_identifiers or fits[name].counted:
            continue
        if name not in summaries:
            raise nobody_left(table)
        ladders, summary = ladders_of(table, fits[name]), summaries[name]
        models = models_of(table, fits[name], summary.everybody)
        terms = Terms(
            table=table,
            ladders=ladders,
            models=models,
            summary=summary,
            held=plan.tuples_a_worker,
            given=given_of(fits[name]),
        )
        population_holds(table.requirements.population_size, summary.everybody.total_people)
        refuse_unsupported(plan, table, ladders, models, summary.tuples)
        found[name] = terms
    return found


def histograms_of(
    plan: Plan, fits: Fits, shard: Histograms
) -> Iterator[tuple[str, Sequence[Ladder], Histogram]]:
    """Yield, by table, the ladders and the histogram of the tuples that a shard holds."""
    for name, table in plan.tables.items():
        if name in shard:
            ladders = ladders_of(table, fits[name])
            yield name, ladders, histogram_of(table, fits[name], ladders, shard[name], None)
