"""H(k, m) made to hold: the granularity chosen first, then deletion until an exact recount finds nothing."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tokumei.schemas.histories import LostAtMost
from tokumei.transforms.histories.count import Blanks, Histories, count, present_in
from tokumei.transforms.histories.deletion import Deletion, Ground, Manner, StuckError
from tokumei.transforms.histories.least import least_loss
from tokumei.transforms.histories.loss import finest
from tokumei.transforms.histories.problem import Bucket, Buckets, Problem, TooManyFactsError
from tokumei.transforms.histories.search import CutSearch, Eagerness
from tokumei.transforms.histories.taken import Cause, TakenFacts, exceeded, taken_of
from tokumei.transforms.histories.vocabulary import Levels, Vocabulary, nested

_MANNERS: tuple[Manner, ...] = ("local", "global")
_EAGERNESS = ((16, 1), (8, 1), (4, 1), (2, 1), (1, 1), (1, 2))
_MOST_LEVELS = 256
_POLISHING = 5_000_000  # lines read to carry out cuts near the best
_MOST_TRIES = 200
_TRIPLE = 10  # how much more a line costs where three facts are known
_NEAR = 200


@dataclass(frozen=True)
class Protection:
    """The treatment: a level for every leaf of each group, cells blanked by bucket and table, its taken."""

    levels: Levels
    blanks: tuple[tuple[Blanks, ...], ...]
    taken: TakenFacts


@dataclass(frozen=True)
class Price:
    """The shares that one kind of facts costs if it alone is declared; none where none can be deleted."""

    kind: int
    shares: Mapping[Cause, float]


class UnprotectableError(ValueError):
    """No treatment found stays within what may be lost.

    Attributes:
        cause: what is exceeded; "fixed": facts that cannot be deleted single people out.
        reached: the share lost by the treatment nearest to what may be lost; for "fixed", people concerned.
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
        With one level for all, the levels whose loss, with the deletions that they need, is least of all that
        can be counted; with a cut, the best of these and of the cuts found. The result does not depend on the
        order of lines and people, nor on how people are dealt to buckets.

    Raises:
        UnprotectableError: no treatment found stays within `lost_at_most`.
        TooManyFactsError: more facts are common than can be counted, at the coarsest levels.
    """
    try:
        best = _best(problem, buckets)
    except StuckError as stuck:
        raise UnprotectableError("fixed", stuck.people, 0, _prices(problem, buckets)) from None
    above = exceeded(problem.lost_at_most, best.taken)
    if above is not None:
        raise UnprotectableError(*above, _prices(problem, buckets))
    return best


def _ground(problem: Problem, buckets: Buckets) -> tuple[Ground, list[int]]:
    """Return what candidates start from, and by group the finest level at which facts can be counted."""
    vocabulary = Vocabulary(problem, buckets)
    histories = Histories(problem, buckets, vocabulary)
    finest = tuple(np.zeros(group.leaves, np.int8) for group in problem.groups)
    floor = [0] * len(problem.groups)
    while True:
        try:
            counted = count(histories, vocabulary.from_levels(floor), None)
        except TooManyFactsError:
            higher = [i for i, group in enumerate(problem.groups) if floor[i] + 1 < group.levels]
            if not higher:
                raise
            most = max(higher, key=lambda i: len(np.unique(problem.groups[i].chain[floor[i]])))
            floor[most] += 1
            continue
        ground = Ground(
            histories=histories,
            counted=counted,
            present=present_in(histories, vocabulary.at(finest), None),
            exact=nested(problem),
        )
        return ground, floor


class _Contest:
    """The best treatment so far: within what may be lost, or nearest to it, and then with the least loss."""

    def __init__(self, ground: Ground) -> None:
        self._ground, self._allowed = ground, ground.problem.lost_at_most
        self._tried: set[bytes] = set()
        self.best: tuple[Deletion, TakenFacts] | None = None
        self.stuck: StuckError | None = None

    def enter(self, levels: Levels) -> bool:
        """Try a cut with every way of deletion; return whether it is the best now."""
        if self._ground.problem.granularity == "cut":
            levels = finest(self._ground.problem, levels)
        name = b"".join(level.tobytes() for level in levels)
        if name in self._tried:
            return False
        self._tried.add(name)
        better = False
        for manner in _MANNERS:
            if least_loss(self._ground, levels) > self._stop():
                break
            one = Deletion(self._ground, levels, manner)
            try:
                done = one.run(self._stop())
            except StuckError as error:
                self.stuck = error
                continue
            if done:
                taken = taken_of(one, self._ground)
                if self.best is None or self._key(taken) < self._key(self.best[1]):
                    self.best, better = (one, taken), True
        return better

    def _stop(self) -> float:
        if self.best is None or exceeded(self._allowed, self.best[1]) is not None:
            return math.inf
        return self.best[1].loss

    def _key(self, taken: TakenFacts) -> tuple[float, float]:
        beyond = [share - getattr(self._allowed, cause) for cause, share in taken.shares().items()]
        return max(0.0, *beyond), taken.loss


def _best(problem: Problem, buckets: Buckets) -> Protection:
    ground, floor = _ground(problem, buckets)
    contest = _Contest(ground)
    levels = _levels(ground, floor)
    if problem.granularity == "cut" and any(group.levels > 1 for group in problem.groups):
        search = CutSearch(ground, floor)
        cut = tuple(np.full(group.leaves, group.levels - 1, np.int8) for group in problem.groups)
        best = _EAGERNESS[0]
        for eagerness in _EAGERNESS:
            cut = search.cut(cut, eagerness)
            if contest.enter(cut):
                best = eagerness
        for one in levels:
            contest.enter(one)
        _polish(ground, search, contest, best)
    else:
        for one in levels:
            contest.enter(one)
    if contest.best is None:
        raise contest.stuck or AssertionError("every cut can be treated")
    done, taken = contest.best
    while not done.verify():
        done.run(math.inf)
        taken = taken_of(done, ground)
    return Protection(done.levels, tuple(done.blanked or ()), taken)


def _polish(ground: Ground, search: CutSearch, contest: _Contest, eagerness: Eagerness) -> None:
    """Move from the best cut to better ones, each carried out and counted, while work is left to spend."""
    work = ground.present.lines * (_TRIPLE if ground.problem.known == 3 else 1)
    left = min(_MOST_TRIES, _POLISHING // max(1, work))
    better = contest.best is not None
    while better and contest.best is not None and left > 0:
        better = False
        for levels in search.around(contest.best[0].levels, eagerness, min(left, _NEAR)):
            left -= 1
            if contest.enter(levels):
                better = True
                break


def _levels(ground: Ground, floor: Sequence[int]) -> list[Levels]:
    """Return one level for all of each group, in all combinations, the most promising first."""
    problem = ground.problem
    choices = [range(low, group.levels) for low, group in zip(floor, problem.groups, strict=True)]
    if math.prod(len(choice) for choice in choices) > _MOST_LEVELS:
        choices = [
            range(low, group.levels, max(1, group.levels - 1 - low))
            for low, group in zip(floor, problem.groups, strict=True)
        ]
    levels = [
        tuple(np.full(group.leaves, level, np.int8) for level, group in zip(one, problem.groups, strict=True))
        for one in itertools.product(*choices)
    ]
    return sorted(levels, key=lambda one: least_loss(ground, one))


def _prices(problem: Problem, buckets: Buckets) -> tuple[Price, ...]:
    """Return what each kind of facts costs when it alone is declared, whatever may be lost."""
    prices = []
    for kind, facts in enumerate(problem.kinds):
        alone = replace(problem, kinds=(facts,), lost_at_most=LostAtMost(people=1.0))
        try:
            taken = _best(alone, lambda kind=kind: _only(buckets, kind)).taken  # type: ignore[misc]
        except StuckError:
            prices.append(Price(kind, {}))
            continue
        prices.append(Price(kind, taken.shares()))
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
