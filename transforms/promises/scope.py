"""What has to be settled of a table after the search, and whether anything can have changed since pass 1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tokumei.schemas.combinations import Combination
from tokumei.schemas.treatment_base import ColumnType
from tokumei.transforms.counting.histogram import Ints
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.recode.chosen import Account


@dataclass(frozen=True)
class Scope:
    """What is counted over the records that are released.

    Attributes:
        refitted: columns that are decided once more.
        recounted: columns whose labels are counted.
        upheld: combinations of which none may be rare in the release, with their numbers.
        bound: the columns of these, in the order of the policy; their labels are counted as tuples.
    """

    refitted: tuple[str, ...]
    recounted: tuple[str, ...]
    upheld: tuple[tuple[int, Combination], ...]
    bound: tuple[str, ...]


def scope_of(plan: TablePlan) -> Scope:
    """Return what a table may have to settle.

    A label of a quasi-identifier is borne by k people anyway, unless a blank may stand for any value.
    """
    strict = {name for name, chain in plan.chains.items() if chain.column.may_fall_below is None}
    refitted = tuple(name for name, chain in plan.chains.items() if chain.refits and name in strict)
    upheld = tuple((i, c) for i, c in enumerate(plan.table.combinations) if c.may_fall_below is None)
    bound = tuple(name for name in plan.combined if any(name in c.columns for _, c in upheld))
    held = 0 if plan.requirements.nulls == "wildcard" else plan.k
    recounted = tuple(
        name
        for name in plan.promised
        if name in strict
        and name not in {*refitted, *bound}
        and (name not in plan.quasi_identifiers or plan.chains[name].shared > held)
    )
    return Scope(refitted, recounted, upheld, bound)


def settles(plan: TablePlan) -> bool:
    """Whether something that is promised of the release may have to be settled after the search."""
    scope = scope_of(plan)
    return bool(plan.promised or scope.refitted or scope.bound)


def settle_types(plan: TablePlan) -> dict[str, ColumnType]:
    """Return the columns read to settle what is promised of the release."""
    scope = scope_of(plan)
    person = plan.table.person if plan.by_person or plan.known else None
    settled = (*scope.refitted, *scope.recounted, *plan.known, *plan.measured)
    units = plan.table.unit_columns if plan.known or plan.window else ()
    names = (*plan.quasi_identifiers, *plan.combined, *plan.dropping, *settled, *plan.table.totalled)
    return plan.types(*names, *units, person)


def kept_labels(account: Account) -> Sequence[Mapping[int, Ints]]:
    """Return, per quasi-identifier and level, the released records of each label; nothing if not known."""
    return () if account.recoded is None else account.recoded.count.kept_labels or ()


def told_of(plan: TablePlan, account: Account) -> tuple[str, ...]:
    """Return the columns whose labels the search has counted: quasi-identifiers, where rows are people."""
    if plan.counts_people or not kept_labels(account):
        return ()
    return tuple(name for name in scope_of(plan).recounted if name in plan.quasi_identifiers)


def unsettled(plan: TablePlan, account: Account) -> bool:
    """Whether records must be read to know who bears a label, or shares a combination, of the release.

    Nobody has counted labels that the policy fixes. The others were counted in pass 1, combinations after
    it: they are as they were if nobody was left out since, and all are generalized alike.
    """
    scope, recoded = scope_of(plan), account.recoded
    recounted = [name for name in scope.recounted if name not in told_of(plan, account)]
    counted = {*recounted, *scope.bound}
    if any(plan.chains[name].shared_anyhow for name in counted) or counted & set(plan.known):
        return True
    removals = account.fitted.removals
    if removals and any(plan.chains[name].shared for name in plan.combined if name in counted):
        return True
    lost: float = np.inf if plan.dropping else sum(sum(r.expected(plan).dropped) for r in removals)
    if recoded is not None:
        lost += recoded.count.suppressed_records
        mixed = bool(recoded.rounds or recoded.regions)
        if mixed and (scope.bound or counted & set(plan.quasi_identifiers)):
            return True
    if scope.bound and lost:
        return True
    return any(
        plan.chains[name].spare(account.fitted.columns[name]) < lost for name in (*scope.refitted, *recounted)
    )
