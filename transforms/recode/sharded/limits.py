"""What is not done over shards, or is too large even for them: refused before a worker tries to hold it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tokumei.schemas.errors import RequirementError
from tokumei.transforms.hierarchies.ladders import Ladder
from tokumei.transforms.planning.plan import Plan, TablePlan
from tokumei.transforms.recode.models import PrivacyModel, collective_models
from tokumei.transforms.recode.search import MAX_NODES


def refuse_unsupported(
    plan: Plan, table: TablePlan, ladders: Sequence[Ladder], models: Sequence[PrivacyModel], tuples: int
) -> None:
    """Refuse what is only counted on one worker, and more tuples than shards that one worker holds each.

    Raises:
        RequirementError: the policy asks for it, or there are so many.
    """
    needed = table.requirements
    nodes = math.prod(ladder.levels for ladder in ladders)
    reasons = {
        "recoding other than full_domain": needed.recoding != "full_domain",
        "deterministic_cut: false": not needed.deterministic_cut,
        "metric.queries": bool(needed.queries),
        "nulls: wildcard": needed.nulls == "wildcard",
        " and ".join(collective_models()): any(model.collective for model in models),
        "a population table": table.name in plan.populations,
        "rows_per_person: several": table.counts_people,
        f"more than {MAX_NODES:,} combinations of levels ({nodes:,})": nodes > MAX_NODES,
    }
    if asked := [reason for reason, holds in reasons.items() if holds]:
        raise RequirementError(
            "requirement.shards",
            where=f"tables.{table.name}",
            what=f"{tuples:,} distinct combinations of quasi-identifiers are more than one"
            f" worker holds ({plan.tuples_a_worker:,}); spread over workers, this is not supported:"
            f" {', '.join(asked)}",
            fix="do without it, or coarsen quasi-identifiers with fixed methods first",
        )
    _refuse_more(table, "distinct combinations", tuples, plan.shards * plan.tuples_a_worker)


def refuse_larger(table: TablePlan, held: int, suppressed: int, classes: int) -> None:
    """Refuse a recoding that is not small: every worker gets the suppressed tuples, one recounts all classes.

    Args:
        table: the table.
        held: how many of either one worker holds.
        suppressed: packed tuples.
        classes: released ones.

    Raises:
        RequirementError: either are more.
    """
    _refuse_more(table, "suppressed combinations", suppressed, held)
    _refuse_more(table, "released classes", classes, held)


def _refuse_more(table: TablePlan, what: str, found: int, most: int) -> None:
    if found > most:
        raise RequirementError(
            "requirement.shards",
            where=f"tables.{table.name}",
            what=f"{found:,} {what} of quasi-identifiers are more than are handled ({most:,})",
            fix="coarsen quasi-identifiers with fixed methods first, or ask for a larger k",
        )
