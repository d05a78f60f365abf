"""The limit on values that no method understood: a column that turns blank stops the run."""

from __future__ import annotations

from tokumei.schemas.errors import RequirementError
from tokumei.schemas.policy import NotUnderstood
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.release.tally import Tally
from tokumei.transforms.values.patterns import PATTERNS_TOLD, tell_patterns


def refuse_blanks(allowed: NotUnderstood, table: TablePlan, tally: Tally) -> None:
    """Check that no column has lost too many of its values because they were not understood.

    Raises:
        RequirementError: requirement.not_understood, naming columns, counts and patterns, never a value.
    """
    told, first = [], ""
    for name, chain in table.chains.items():
        for i, step in enumerate(chain.steps):
            if name not in tally.blanked or not step.spec.reads:
                continue
            blank, values = tally.blanked[name][i], tally.changed[name][i]
            if allowed.stops(blank, values):
                patterns = tell_patterns(tally.unread.get(name, {}))
                told.append(f"{name}: {blank:,} of {values:,} values, written like {patterns}")
                first = first or f"tables.{table.name}.columns.{name}.treat[{i}]"
    if told:
        raise RequirementError(
            "requirement.not_understood",
            where=first,
            what="too many values were not understood and would be blank:"
            f" {'; '.join(told)} ({PATTERNS_TOLD})",
            fix="correct the column, its type or its method; if the release may lose them, say so with"
            " not_understood: {limit: <share of a column's values, 0 to 1>} at the top of the policy",
        )
