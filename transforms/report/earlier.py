"""From a comparison with earlier releases to what the report says of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from tokumei.schemas.earlier import Frozen
from tokumei.schemas.report_earlier import EarlierReport, JointAll, JointRelease
from tokumei.transforms.earlier.compare import Compared
from tokumei.transforms.earlier.held import HeldBack
from tokumei.transforms.planning.plan import Plan, TablePlan
from tokumei.transforms.recode.chosen import Account, Chosen


def explain_earlier(plan: Plan, chosen: Chosen, compared: Sequence[Compared]) -> tuple[EarlierReport, ...]:
    """Return a row for each table, or join, that is compared, and each table whose levels are frozen.

    Args:
        plan: the run.
        chosen: what was decided.
        compared: one a table and a join, where the policy asks for comparison; else one a table with
            earlier releases.
    """
    recoding, found = plan.policy.requirements.recoding, {c.table: c for c in compared}
    frozen = recoding.frozen if isinstance(recoding, Frozen) else None
    of_tables = [
        _explain(table, chosen.accounts[name], frozen, found.get(name))
        for name, table in plan.tables.items()
        if (frozen and table.quasi_identifiers) or name in found
    ]
    titles = {name: table.table.title or name for name, table in plan.tables.items()}
    joined = [
        _compared(c, c.table, "と".join(titles[name] for name in c.tables))
        for c in compared
        if len(c.tables) > 1
    ]
    return *of_tables, *joined


def _explain(
    table: TablePlan, account: Account, frozen: str | None, compared: Compared | None
) -> EarlierReport:
    held = account.fitted.removal(HeldBack)
    told = {
        "frozen": frozen,
        "suppressed": 0 if account.recoded is None else account.recoded.count.suppressed_people,
        "held_back": 0 if held is None else len(held.pairs),
        "waiting": 0 if held is None else held.waiting,
    }
    return _compared(compared, table.name, table.table.title or table.name).model_copy(update=told)


def _compared(compared: Compared | None, name: str, title: str) -> EarlierReport:
    changes = None if compared is None else compared.changes
    together = None if compared is None else compared.together
    return EarlierReport(
        table=name,
        title=title,
        people=None if compared is None else compared.people,
        asked=compared is None or compared.asked,
        classed=compared is None or compared.classed,
        releases=0 if compared is None else compared.releases,
        by_counts=0 if compared is None else compared.by_counts,
        frozen=None,
        suppressed=0,
        held_back=0,
        waiting=0,
        stayed=None if changes is None else changes.stayed,
        altered=None if changes is None else changes.altered,
        came=None if changes is None else changes.came,
        left=None if changes is None else changes.left,
        classes=0 if compared is None else compared.classes,
        joint=tuple(
            JointRelease(release=name, people=j.people, few=j.few, alone=j.alone, told=j.told)
            for name, j in (() if compared is None else compared.joint.items())
        ),
        together=None if together is None else JointAll(**dataclasses.asdict(together)),
    )
