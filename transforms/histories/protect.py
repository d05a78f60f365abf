"""H(k, m) made to hold: the granularity chosen first, then deletion until an exact recount finds nothing."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from tokumei.transforms.histories.count import Blanks, count, standing
from tokumei.transforms.histories.problem import Bucket, Buckets, LostAtMost, Problem, TooManyFactsError
from tokumei.transforms.histories.search import Search
from tokumei.transforms.histories.treatment import Ground, Method, StuckError, Treatment
from tokumei.transforms.histories.vocabulary import Levels, Vocabulary, nested

Cause = Literal["fixed", "occurrences", "lines", "people"]

_METHODS: tuple[Method, ...] = ("local", "global")
_EAGERNESS = ((4, 1), (2, 1), (1, 1), (1, 2))
_MOST_LEVELS = 256


@dataclass(frozen=True, kw_only=True)
class Account:
    """What the treatment took.

    Attributes:
        occurrences: cells of the source that are not blank, one a distinct line of a person and group.
        by_level: per group, occurrences released at each level.
        deleted: per group, occurrences deleted.
        lines: lines with an occurrence. lines_lost: those left with none.
        people: people with an occurrence. people_lost: those left with none.
        loss: mean over occurrences of the share of the tree's leaves below what is released; deleted counts 1.
        facts: distinct facts that are left.
        method: how was deleted, "nothing" where nothing was.
        rounds: rounds of deletion.
    """

    occurrences: int
    by_level: tuple[tuple[int, ...], ...]
    deleted: tuple[int, ...]
    lines: int
    lines_lost: int
    people: int
    people_lost: int
    loss: float
    facts: int
    method: str
    rounds: int

    def shares(self) -> dict[Cause, float]:
        """Return the shares lost."""
        return {
            "occurrences": sum(self.deleted) / max(1, self.occurrences),
            "lines": self.lines_lost / max(1, self.lines),
            "people": self.people_lost / max(1, self.people),
        }


@dataclass(frozen=True)
class Protection:
    """The treatment: a level for every leaf of each group, cells blanked by bucket and table, and its account."""

    levels: Levels
    blanks: tuple[tuple[Blanks, ...], ...]
    account: Account


@dataclass(frozen=True)
class Price:
    """What one kind of facts costs when it alone is declared; infinite where its facts cannot be deleted."""

    kind: int
    loss: float
    occurrences: float
    people: float


class InfeasibleError(ValueError):
    """No treatment found stays within what may be lost.

    Attributes:
        cause: what is exceeded; "fixed": facts that cannot be deleted single people out.
        reached: the share lost by the best treatment found; for "fixed", people concerned.
        allowed: the share that may be lost; for "fixed", 0.
        prices: what each kind of facts costs alone.
    """

    def __init__(self, cause: Cause, reached: float, allowed: float, prices: tuple[Price, ...]) -> None:
        self.cause, self.reached, self.allowed, self.prices = cause, reached, allowed, prices
        super().__init__(f"{cause}: {reached} above {allowed}")


def protect(problem: Problem, buckets: Buckets) -> Protection:
    """Return the treatment with the least loss found that makes H(k, m) hold.

    Args:
        problem: what is to hold.
        buckets: called many times; yields the same buckets with the same lines in the same order each time.

    Returns:
        With one level for all, the levels whose loss, with the deletions that they need, is least of all that can be
        counted; with a cut, the best of these and of the cuts found. The result does not depend on the order of lines
        and people, nor on how people are dealt to buckets.

    Raises:
        InfeasibleError: no treatment found stays within `lost_at_most`.
        TooManyFactsError: more facts are common than can be counted, at the coarsest levels.
    """
    try:
        best = _best(problem, buckets)
    except StuckError as stuck:
        raise InfeasibleError("fixed", stuck.people, 0, _prices(problem, buckets)) from None
    exceeded = _exceeded(problem.lost_at_most, best.account)
    if exceeded is not None:
        raise InfeasibleError(*exceeded, _prices(problem, buckets))
    return best


def _exceeded(allowed: LostAtMost, account: Account) -> tuple[Cause, float, float] | None:
    for cause, share in account.shares().items():
        most: float = getattr(allowed, cause)
        if share > most:
            return cause, share, most
    return None


def _ground(problem: Problem, buckets: Buckets) -> tuple[Ground, list[int]]:
    """Return what candidates start from, and by group the finest level at which facts can be counted."""
    vocabulary = Vocabulary(problem, buckets)
    floor = [0] * len(problem.groups)
    while True:
        try:
            counted = count(problem, vocabulary, buckets, vocabulary.from_levels(floor), None)
        except TooManyFactsError:
            higher = [i for i, group in enumerate(problem.groups) if floor[i] + 1 < group.levels]
            if not higher:
                raise
            most = max(higher, key=lambda i: len(np.unique(problem.groups[i].chain[floor[i]])))
            floor[most] += 1
            continue
        ground = Ground(
            problem=problem,
            buckets=buckets,
            vocabulary=vocabulary,
            counted=counted,
            standing=standing(problem, buckets, None),
            exact=nested(problem),
        )
        return ground, floor


def _best(problem: Problem, buckets: Buckets) -> Protection:
    ground, floor = _ground(problem, buckets)
    best: Treatment | None = None
    best_account: Account | None = None
    stuck: StuckError | None = None
    tried: set[bytes] = set()
    for levels in _candidates(ground, floor):
        name = b"".join(level.tobytes() for level in levels)
        if name in tried:
            continue
        tried.add(name)
        for method in _METHODS:
            kept_within = best_account is not None and _exceeded(problem.lost_at_most, best_account) is None
            stop = best_account.loss if kept_within and best_account is not None else math.inf
            one = Treatment(ground, levels, method)
            try:
                if not one.run(stop):
                    continue
                while not one.verify():
                    if not one.run(stop):
                        break
                else:
                    account = _account(one, ground)
                    if best_account is None or _better(problem.lost_at_most, account, best_account):
                        best, best_account = one, account
            except StuckError as error:
                stuck = error
    if best is None or best_account is None:
        raise stuck or AssertionError("every cut can be treated")
    return Protection(best.levels, tuple(best.blanked or ()), best_account)


def _better(allowed: LostAtMost, one: Account, other: Account) -> bool:
    keys = [(_exceeded(allowed, account) is not None, account.loss) for account in (one, other)]
    return keys[0] < keys[1]


def _candidates(ground: Ground, floor: Sequence[int]) -> Iterator[Levels]:
    """Yield what is to be tried: cuts first, as good ones spare the work of others."""
    problem = ground.problem
    choices = [range(low, group.levels) for low, group in zip(floor, problem.groups, strict=True)]
    if math.prod(len(choice) for choice in choices) > _MOST_LEVELS:
        choices = [[low, group.levels - 1] for low, group in zip(floor, problem.groups, strict=True)]
    levels = [
        tuple(np.full(group.leaves, level, np.int8) for level, group in zip(one, problem.groups, strict=True))
        for one in itertools.product(*choices)
    ]
    levels.sort(key=lambda one: _generalized(ground, one))
    if problem.granularity == "cut" and any(group.levels > 1 for group in problem.groups):
        search = Search(ground, floor)
        for eagerness in _EAGERNESS:
            for start in (levels[-1], levels[len(levels) // 2]):
                yield search.cut(start, eagerness)
    yield from levels


def _generalized(ground: Ground, levels: Levels) -> float:
    return math.fsum(
        int((leaves * group.weights()[group.chain[level, np.arange(group.leaves)]]).sum()) / group.domain
        for group, level, leaves in zip(ground.problem.groups, levels, ground.standing.leaves, strict=True)
    )


def _account(done: Treatment, ground: Ground) -> Account:
    problem, before = ground.problem, ground.standing
    after = standing(problem, ground.buckets, done.blanked)
    by_level = tuple(
        tuple(int(n) for n in np.bincount(level, leaves, minlength=group.levels))
        for group, level, leaves in zip(problem.groups, done.levels, after.leaves, strict=True)
    )
    deleted = tuple(
        int(old.sum() - new.sum()) for old, new in zip(before.leaves, after.leaves, strict=True)
    )
    return Account(
        occurrences=sum(int(leaves.sum()) for leaves in before.leaves),
        by_level=by_level,
        deleted=deleted,
        lines=before.lines,
        lines_lost=before.lines - after.lines,
        people=before.people,
        people_lost=before.people - after.people,
        loss=done.loss(),
        facts=done.facts_left(),
        method=done.method if any(deleted) else "nothing",
        rounds=done.rounds,
    )


def _prices(problem: Problem, buckets: Buckets) -> tuple[Price, ...]:
    """Return what each kind of facts costs when it alone is declared, whatever may be lost."""
    prices = []
    for kind, facts in enumerate(problem.kinds):
        alone = replace(problem, kinds=(facts,), lost_at_most=LostAtMost())
        try:
            account = _best(alone, lambda kind=kind: _only(buckets, kind)).account  # type: ignore[misc]
        except StuckError:
            prices.append(Price(kind, math.inf, math.inf, math.inf))
            continue
        shares = account.shares()
        prices.append(Price(kind, account.loss, shares["occurrences"], shares["people"]))
    return tuple(prices)


def _only(buckets: Buckets, kind: int) -> Iterator[Bucket]:
    for bucket in buckets():
        yield replace(
            bucket,
            lines=tuple(
                replace(lines, fixed={0: lines.fixed[kind]} if kind in lines.fixed else {})
                for lines in bucket.lines
            ),
        )

