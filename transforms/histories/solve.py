"""One declaration of facts, solved: what becomes of the tables, and what is told of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tokumei.schemas.errors import RequirementError
from tokumei.schemas.histories import Fact
from tokumei.transforms.decisions.decision import Decision
from tokumei.transforms.decisions.history import HistoryTreatment
from tokumei.transforms.engine.run_key import RunKey
from tokumei.transforms.histories.applied import applied
from tokumei.transforms.histories.kept import kept
from tokumei.transforms.histories.measures import Unicity, unicity
from tokumei.transforms.histories.pose import Posed, Reading, pose
from tokumei.transforms.histories.posed import PosedGroup
from tokumei.transforms.histories.problem import Buckets, TooManyFactsError
from tokumei.transforms.histories.protect import Price, Protection, UnprotectableError, protect
from tokumei.transforms.histories.removal import LineRemoval, LinesLost, WindowsLost, windows_lost
from tokumei.transforms.histories.taken import Cause, TakenFacts
from tokumei.transforms.planning.histories import HistoryPlan
from tokumei.transforms.planning.plan import TablePlan


@dataclass(frozen=True, kw_only=True)
class GroupAccount:
    """What became of a group of columns.

    Attributes:
        table, columns: which.
        levels: what each level of its tree means for each column, in Japanese, finest first.
        released: occurrences released at each level; deleted: blanked; with_lines: gone with deleted lines.
    """

    table: str
    columns: tuple[str, ...]
    levels: tuple[tuple[str, ...], ...]
    released: tuple[int, ...]
    deleted: int
    with_lines: int


@dataclass(frozen=True, kw_only=True)
class HistoryAccount:
    """What report and verification know about one declaration of facts.

    Attributes:
        plan: the declaration.
        total: what was lost, over all groups.
        groups: the same by group.
        before, after: whom facts single out, without the treatment and with it.
        windows: by table with measures, what was left out before, for these.
        lines: by table of which lines may be deleted, what was.
    """

    plan: HistoryPlan
    total: TakenFacts
    groups: tuple[GroupAccount, ...]
    before: Unicity
    after: Unicity
    windows: Mapping[str, WindowsLost]
    lines: Mapping[str, LinesLost]


def solve(
    history: HistoryPlan,
    plans: Mapping[str, TablePlan],
    decisions: Mapping[str, Decision],
    reading: Reading,
    key: RunKey,
) -> tuple[HistoryAccount, dict[str, HistoryTreatment], dict[str, LineRemoval]]:
    """Decide how coarse values become, which cells are blanked and which lines are deleted.

    Args:
        history: the declaration.
        plans: of all tables.
        decisions: about them, after the search.
        reading: yields the lines of its people, bucket by bucket; the same whenever it is called.
        key: of the run.

    Returns:
        What is told of it, and by table what pass 3 does to cells, and to lines.

    Raises:
        InputError: values are not in their hierarchy.
        RequirementError: the facts cannot be met within what may be lost, or are too many to count.
    """
    posed = pose(history, plans, decisions, reading, key.derive(f"histories {history.people}"))
    with kept(posed.buckets) as buckets:
        protection = protected(posed, buckets)
        before = unicity(posed.problem, buckets, None)
        after = unicity(posed.problem, buckets, protection)
    treatments, removals = applied(posed, protection)
    lines = {name: removal.lost for name, removal in removals.items()}
    account = HistoryAccount(
        plan=history,
        total=protection.taken,
        groups=_groups(posed, protection.taken, lines),
        before=before,
        after=after,
        windows={
            name: lost for name in history.windows if (lost := windows_lost(decisions[name])) is not None
        },
        lines=lines,
    )
    return account, treatments, removals


def protected(posed: Posed, buckets: Buckets) -> Protection:
    """Solve what is posed, whose lines the buckets hold; raises RequirementError as `solve` does."""
    history = posed.history
    try:
        return protect(posed.problem, buckets)
    except TooManyFactsError as error:
        raise RequirementError(
            "requirement.facts",
            where=where_history(history),
            what=f"people have {error.facts:,} different facts, more than the {error.bound:,} of which sets"
            f" of {error.size} are counted exactly",
            fix="coarsen columns with fixed methods first, let fewer facts be known, or name fewer kinds",
        ) from None
    except UnprotectableError as error:
        raise _infeasible(history, error) from None


def _groups(posed: Posed, account: TakenFacts, lost: Mapping[str, LinesLost]) -> tuple[GroupAccount, ...]:
    groups = [
        (table.name, group, lost[table.name].cells[i] if table.name in lost else 0)
        for table in posed.tables
        for i, group in enumerate(table.groups)
    ]
    return tuple(
        GroupAccount(
            table=name,
            columns=group.columns,
            levels=_levels(group),
            released=released,
            deleted=deleted - with_lines,
            with_lines=with_lines,
        )
        for (name, group, with_lines), released, deleted in zip(
            groups, account.by_level, account.deleted, strict=True
        )
    )


def _levels(group: PosedGroup) -> tuple[tuple[str, ...], ...]:
    if group.tree is None:
        return (("そのまま",),)
    titles = group.tree.titles
    return tuple(tuple(of[level] for of, level in zip(titles, at, strict=True)) for at in group.tree.levels)


def _infeasible(history: HistoryPlan, error: UnprotectableError) -> RequirementError:
    watched = history.history.at_most
    if error.cause == "fixed":
        sets = f"classes{' or measures' if history.windows else ''}"
        what = f"some sets of {sets}, which nothing blanks, are shared by fewer than {history.k} people"
        fix = "generalize the quasi-identifiers further, or leave out facts with quasi_identifiers"
        if watched is not None:
            column = f"{watched.table}.{watched.column}"
            what += f", or more than {watched.share:.1%} of these hold one value of {column}"
            fix += ", or raise at_most.share"
    else:
        what = (
            f"{history.k} people for every {history.known} facts would cost {error.reached:.1%} of the"
            f" {error.cause}, more than the {error.allowed:.1%} of lost_at_most"
        )
        fix = (
            f"raise lost_at_most.{error.cause}, lower known or k, coarsen columns by fixed methods"
            " first, or leave out a fact"
        )
    if watched is not None:
        fix += ", or raise at_most.share"
    prices = "; ".join(
        f"{tell_fact(history.history.facts[price.kind])}: {_price(price, error.cause)}"
        for price in error.prices
    )
    return RequirementError(
        "requirement.histories",
        where=where_history(history),
        what=f"{what}. Each kind of fact alone would cost: {prices}" if prices else what,
        fix=fix,
    )


def _price(price: Price, cause: Cause) -> str:
    """Say what a fact costs, in what is exceeded."""
    if not price.shares:
        return "more than all, as nothing in it may be blanked"
    of: Cause = "occurrences" if cause == "fixed" else cause
    return f"{price.shares[of]:.1%} of the {of}"


def tell_fact(fact: Fact) -> str:
    """Return a kind of fact in a few words."""
    if fact.measure is not None:
        return f"{fact.table} ({' '.join((fact.measure, *fact.reads[:-1]))} per {fact.per})"
    names = [*fact.columns, *(["class"] if fact.quasi_identifiers else [])]
    return f"{fact.table} ({' × '.join(names)})"


def where_history(history: HistoryPlan) -> str:
    """Return where a declaration stands, in messages."""
    return f"histories, people of {history.people}"
