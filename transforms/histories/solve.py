"""One declaration of facts, solved: what becomes of the tables, and what is told of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from tokumei.schemas.errors import RequirementError
from tokumei.schemas.histories import Fact
from tokumei.transforms.decisions.decision import Decision
from tokumei.transforms.decisions.history import HistoryTreatment
from tokumei.transforms.engine.run_key import RunKey
from tokumei.transforms.histories.measures import Unicity, unicity
from tokumei.transforms.histories.pose import Posed, Reading, pose
from tokumei.transforms.histories.posed import PosedGroup
from tokumei.transforms.histories.problem import TooManyFactsError
from tokumei.transforms.histories.protect import UnprotectableError, protect
from tokumei.transforms.histories.taken import TakenFacts
from tokumei.transforms.planning.histories import HistoryPlan
from tokumei.transforms.planning.plan import TablePlan


@dataclass(frozen=True, kw_only=True)
class GroupAccount:
    """What became of a group of columns.

    Attributes:
        table, columns: which.
        levels: what each level of its tree means for each column, in Japanese, finest first.
        released: occurrences released at each level; deleted: blanked.
    """

    table: str
    columns: tuple[str, ...]
    levels: tuple[tuple[str, ...], ...]
    released: tuple[int, ...]
    deleted: int


@dataclass(frozen=True, kw_only=True)
class HistoryAccount:
    """What report and verification know about one declaration of facts.

    Attributes:
        plan: the declaration.
        total: what was lost, over all groups.
        groups: the same by group.
        before, after: whom facts single out, without the treatment and with it.
    """

    plan: HistoryPlan
    total: TakenFacts
    groups: tuple[GroupAccount, ...]
    before: Unicity
    after: Unicity


def solve(
    history: HistoryPlan,
    plans: Mapping[str, TablePlan],
    decisions: Mapping[str, Decision],
    reading: Reading,
    key: RunKey,
) -> tuple[HistoryAccount, dict[str, HistoryTreatment]]:
    """Decide how coarse values become and which cells are blanked.

    Args:
        history: the declaration.
        plans: of all tables.
        decisions: about them, after the search.
        reading: yields the lines of its people, bucket by bucket; the same whenever it is called.
        key: of the run.

    Returns:
        What is told of it, and by table what pass 3 does.

    Raises:
        InputError: values are not in their hierarchy.
        RequirementError: the facts cannot be met within what may be lost, or are too many to count.
    """
    posed = pose(history, plans, decisions, reading, key.derive(f"histories {history.people}"))
    try:
        protection = protect(posed.problem, posed.buckets)
    except TooManyFactsError as error:
        raise RequirementError(
            "requirement.facts",
            where=_where(history),
            what=f"people have {error.facts:,} different facts, more than the {error.bound:,} of which sets"
            f" of {error.size} are counted exactly",
            fix="coarsen columns with fixed methods first, let fewer facts be known, or name fewer kinds",
        ) from None
    except UnprotectableError as error:
        raise _infeasible(history, error) from None
    account = HistoryAccount(
        plan=history,
        total=protection.taken,
        groups=_groups(posed, protection.taken),
        before=unicity(posed.problem, posed.buckets, None),
        after=unicity(posed.problem, posed.buckets, protection),
    )
    return account, posed.treatments(protection)


def _groups(posed: Posed, account: TakenFacts) -> tuple[GroupAccount, ...]:
    groups = [(table.name, group) for table in posed.tables for group in table.groups]
    return tuple(
        GroupAccount(
            table=name,
            columns=group.columns,
            levels=_levels(group),
            released=released,
            deleted=deleted,
        )
        for (name, group), released, deleted in zip(groups, account.by_level, account.deleted, strict=True)
    )


def _levels(group: PosedGroup) -> tuple[tuple[str, ...], ...]:
    if group.tree is None:
        return (("そのまま",),)
    titles = group.tree.titles
    return tuple(tuple(of[level] for of, level in zip(titles, at, strict=True)) for at in group.tree.levels)


def _infeasible(history: HistoryPlan, error: UnprotectableError) -> RequirementError:
    if error.cause == "fixed":
        what = f"some sets of classes, which nothing blanks, are shared by fewer than {history.k} people"
        fix = "generalize the quasi-identifiers further, or leave out facts with quasi_identifiers"
        if history.history.at_most is not None:
            what += f", or more than {history.history.at_most.share:.1%} of those who share them hold one value"
            fix += ", or raise at_most.share"
    else:
        what = (
            f"{history.k} people for every {history.known} facts would cost {error.reached:.1%} of the"
            f" {error.cause}, more than the {error.allowed:.1%} of lost_at_most"
        )
        fix = (
            f"raise lost_at_most.{error.cause}, lower known or k, coarsen columns first, or leave out a fact"
        )
    prices = "; ".join(
        f"{tell_fact(history.history.facts[price.kind])}: "
        + (f"{price.occurrences:.1%} of the occurrences" if price.loss < math.inf else "nothing meets it")
        for price in error.prices
    )
    return RequirementError(
        "requirement.histories",
        where=_where(history),
        what=f"{what}. Each kind of fact alone would cost: {prices}" if prices else what,
        fix=fix,
    )


def tell_fact(fact: Fact) -> str:
    """Return a kind of fact in a few words."""
    names = [*fact.columns, *(["class"] if fact.quasi_identifiers else [])]
    return f"{fact.table} ({' × '.join(names)})"


def _where(history: HistoryPlan) -> str:
    return f"histories, people of {history.people}"
